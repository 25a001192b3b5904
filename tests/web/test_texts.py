"""The site's own sentences: plain, and every one of them ready for another language."""

import re
from pathlib import Path

import pytest

import needlewise
from needlewise.report.reading import count

WEB = Path(needlewise.__file__).parent / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SENTENCES = re.compile(r"""\b(?:translate|_)\s*\(?\s*"((?:[^"\\]|\\.)+)\"""")


def without_code(text: str) -> str:
    """What stands on the page as it is: no tags of the template, no tags of HTML."""
    text = re.sub(r"(?s)\{% block body_class %\}.*?\{% endblock %\}", " ", text)
    text = re.sub(r"(?s)\{%\s*blocktranslate.*?endblocktranslate\s*%\}", " ", text)
    text = re.sub(r"(?s)\{[%#{].*?[%#}]\}", " ", text)
    return re.sub(r"(?s)<[^>]*>", " ", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_text_can_be_translated(path):
    bare = re.findall(r"[A-Za-z]{3,}", without_code(path.read_text("utf-8")))
    assert set(bare) <= {"needlewise"}, bare


def test_the_sentences_are_plain(topic):
    files = [*TEMPLATES, *WEB.rglob("*.py")]
    sentences = {s for f in files for s in SENTENCES.findall(f.read_text("utf-8"))}
    assert len(sentences) > 60
    assert count(topic, sorted(sentences)).grade <= 8
