"""A file that is brought along is taken, or told in words what is wrong with it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.web.hostile import FILES, SLOW, SLOW_TOML, TOMLS
from tests.web.visitor import refused, visible
from tests.web.watched import Watched

from needlewise.person.reading import LARGEST_FILE

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_used_is_told_in_words_and_changes_nothing(answered, what):
    content, word = FILES[what]
    _not_used(answered, "your-answers.json", content, word)


@pytest.mark.parametrize("what", TOMLS)
def test_a_toml_that_cannot_be_used_is_told_in_words(answered, what):
    content, word = TOMLS[what]
    _not_used(answered, "answers.toml", content, word)


def _not_used(visitor, name, content, word):
    before, key = visitor.answers(), visitor.key
    page = visitor.upload("/resume/", "answers", name, content)
    refused(page, 400)
    problem = page.text.partition('class="callout warning"')[2].partition("</div>")[0]
    assert "<script" not in problem
    said = visible("<p " + problem)
    assert "Your file could not be used" in said
    assert word in said
    assert len(said) < 1000
    assert said.endswith((".", "?"))
    assert "needlewise person fields" not in said, "a visitor has no terminal"
    assert (visitor.answers(), visitor.key) == (before, key)


def test_no_file_and_a_file_under_another_name_are_told(answered):
    before = answered.answers()
    assert "Choose the file" in refused(answered.post("/resume/", {"answers": "{}"}), 400)
    refused(answered.upload("/resume/", "other", "a.json", b"{}"), 400)
    refused(answered.upload("/resume/", "answers", "", b"{}"), 400)
    assert answered.answers() == before


@pytest.mark.parametrize("size", [1_000_001, 1_400_000, 5_000_000])
def test_a_file_that_is_too_large_is_told_to_be(answered, size):
    before = answered.answers()
    page = answered.upload("/resume/", "answers", "a.json", b'{"free_text": "' + b"x" * size)
    assert "larger than 1 MB" in refused(page, 400, 413)
    assert answered.answers() == before


def test_a_comparison_is_told_from_answers(answered):
    comparison = answered.get("/sheet/comparison.json").body
    page = answered.upload("/resume/", "answers", "comparison.json", comparison)
    assert "holds a comparison, not answers" in refused(page, 400)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a.json\\\r\nX: y", "<script>alert(1)</script>.json", "\x00.json",
     "😀.json", "a" * 240 + ".json", "CON", ".json", "C:\\x\\a.json", "a.exe", "=1+1.csv"],
)  # fmt: skip
def test_the_name_of_a_file_does_not_matter(sqlite_site, name):
    visitor = Watched(sqlite_site.url)
    page = visitor.upload("/resume/", "answers", name.replace("\r\n", " "), b'{"age": 46}')
    assert page.status == 200
    assert page.path == "/stop/"
    assert visitor.answers() == {"age": 46}
    bad = visitor.upload("/resume/", "answers", name.replace("\r\n", " "), b"{")
    assert "alert(1)" not in bad.text
    assert "passwd" not in bad.text


def test_toml_and_a_mark_at_the_start_can_be_read(sqlite_site):
    visitor = Watched(sqlite_site.url)
    visitor.upload("/resume/", "answers", "answers.toml", b'\xef\xbb\xbfage = 46\nsex = "male"\n')
    assert visitor.answers() == {"age": 46, "sex": "male"}
    visitor.upload("/resume/", "answers", "answers.JSON", b'\xef\xbb\xbf{"age": 47}')
    assert visitor.answers() == {"age": 47}
    visitor.upload("/resume/", "answers", "answers.json", b"{}")
    assert visitor.answers() == {}


# Reads a file as the site does, with far more time than reading needs and far less than minutes.
READ_ONE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
from pathlib import Path
from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.person.reading import answers_in
try:
    Person.from_mapping(answers_in(sys.stdin.buffer.read(), Path(sys.argv[1]), "x"))
except InputError as error:
    sys.exit(0 if len(str(error)) < 2000 else "a sentence without end")
sys.exit("taken")
"""


@pytest.mark.parametrize("what", [*SLOW, *SLOW_TOML])
def test_no_file_keeps_the_site_busy(what):
    """One file of less than 1 MB must not take minutes of everybody's time."""
    content = SLOW.get(what) or SLOW_TOML[what]
    assert len(content) < LARGEST_FILE
    name = "answers.json" if what in SLOW else "answers.toml"
    done = subprocess.run(
        [sys.executable, "-c", READ_ONE, name], input=content, capture_output=True
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-300:])
