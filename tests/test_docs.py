"""Pages with generated output are current, and what the README names exists."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import engine_docs  # noqa: E402 - the scripts stand outside the package
from make_docs import PAGES  # noqa: E402

OLD = "run: python scripts/make_docs.py"
WRITTEN = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_current(name) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), OLD


@pytest.mark.parametrize("name", engine_docs.names())
def test_examples_print_what_the_page_says(name) -> None:
    made = engine_docs.made(name)
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made.text, OLD
    for file, drawn in made.pictures.items():
        assert (engine_docs.PICTURES / file).read_text(encoding="utf-8") == drawn, OLD


def test_every_picture_of_the_engine_is_shown_and_made() -> None:
    shown = set()
    for name in engine_docs.names():
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        shown |= set(re.findall(r"pictures/engine/([a-z-]+\.svg)", text))
    assert shown == {path.name for path in engine_docs.PICTURES.iterdir()}


def test_an_example_that_fails_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(engine_docs, "DOCS", tmp_path)
    for code, told in (("```python\n1 / 0\n```\n", "ZeroDivisionError"),
                       ("```sh\nneedlewise nma nowhere.csv\n```\n", "nowhere.csv"),
                       ("```sh\nrm -r x\n```\n", "only commands")):  # fmt: skip
        (tmp_path / f"{told[:4]}.md").write_text(code)
        with pytest.raises(RuntimeError, match=told):
            engine_docs.made(f"{told[:4]}.md")


def test_the_entrance_leads_to_every_page_and_back() -> None:
    entrance = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs" / "engine").glob("*.md"):
        assert f"](engine/{path.name})" in entrance, path.name
        assert "](../network.md)" in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("page", ["README.md", *WRITTEN])
def test_links_to_files_lead_somewhere(page) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("compare", "test"):
        assert f"    make {command}" in readme
        assert f"\n{command}:" in makefile
