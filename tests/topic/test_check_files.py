"""Files that are broken as files: one finding that names the file and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from needlewise.errors import InputError
from needlewise.topic.check import Finding, check_topic

News = Callable[[], list[Finding]]


def only(news: News) -> Finding:
    found = news()
    print(*found, sep="\n")
    assert len(found) == 1
    assert found[0].severity == "error"
    assert found[0].wrong
    assert found[0].do.endswith(".")
    return found[0]


def edit(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def test_a_missing_table(copy: Path, news: News) -> None:
    (copy / "claims.csv").unlink()
    found = only(news)
    assert (found.file, found.line, found.check) == ("claims.csv", 0, "missing-table")


def test_an_unknown_table_with_the_name_meant(copy: Path, news: News) -> None:
    (copy / "claim.csv").write_text("claim,option\nx,y\n", encoding="utf-8")
    found = only(news)
    assert found.file == "claim.csv"
    assert "perhaps claims" in found.wrong


def test_a_missing_column(copy: Path, news: News) -> None:
    path = copy / "recurrence.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(",notes")
    path.write_text("source_id,citation,population\na,b,c\n", encoding="utf-8")
    columns = {f.column for f in news()}
    assert columns == {"months", "event", "percent", "ci_low", "ci_high", "source_url", "notes"}


def test_a_misspelt_column_is_missing_and_unknown(copy: Path, news: News) -> None:
    edit(copy / "benchmarks.csv", b"against,", b"againts,")
    found = news()
    assert [(f.line, f.column, f.check) for f in found] == [
        (1, "against", "missing-column"),
        (1, "againts", "unknown-column"),
    ]
    assert "perhaps againts is meant" in found[0].wrong


def test_an_extra_column(copy: Path, news: News) -> None:
    (copy / "benchmarks.csv").write_bytes(
        b"\n".join(
            line + (b",extra" if i == 0 else b",x")
            for i, line in enumerate((copy / "benchmarks.csv").read_bytes().splitlines())
        )
        + b"\n"
    )
    found = only(news)
    assert (found.file, found.line, found.column) == ("benchmarks.csv", 1, "extra")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "header"),
        (b"adjunct;source;source_url\na;b;c\n", 1, "header"),
        (b"adjunct\tsource\na\tb\n", 1, "header"),
        (b"adjunct,adjunct\na,b\n", 1, "header"),
        (b"adjunct,source\na,b\nc,d,e\n", 3, "3 cells where the header has 2"),
        (b"adjunct,source\nM\xfcller,b\n", 2, "not UTF-8"),
        ("adjunct,source\na,b\n".encode("utf-16"), 1, "not UTF-8"),
        (b'adjunct,source\na,"b\n', 2, "cannot be read"),
        (b'adjunct,source\na,"b" c\n', 2, "cannot be read"),
        (b"adjunct,source\na," + b"x" * 200_000 + b"\n", 2, "cannot be read"),
    ],
    ids=[
        "empty",
        "semicolons",
        "tabs",
        "column twice",
        "ragged",
        "Latin-1",
        "UTF-16",
        "open quote",
        "stray quote",
        "giant cell",
    ],
)
def test_a_file_that_is_no_table(
    content: bytes, line: int, says: str, copy: Path, news: News
) -> None:
    (copy / "adjuncts.csv").write_bytes(content)
    found = only(news)
    assert (found.file, found.line) == ("adjuncts.csv", line)
    assert says in found.wrong


def test_a_file_cut_off(copy: Path, news: News) -> None:
    path = copy / "claims.csv"
    path.write_bytes(path.read_bytes()[:-1])
    assert "cut off" in only(news).wrong


def test_an_unreadable_table_does_not_blame_the_others(copy: Path, news: News) -> None:
    """Without arms.csv nobody can say that an arm is unknown."""
    (copy / "arms.csv").write_bytes(b"study_id,arm_id\n\xff,x\n")
    assert only(news).file == "arms.csv"


def test_a_directory_in_place_of_a_table(copy: Path, news: News) -> None:
    (copy / "claims.csv").unlink()
    (copy / "claims.csv").mkdir()
    assert only(news).check == "missing-table"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("cases.json", b'{"a": [1,\n 2', 2),
        ("cases.json", b"[" * 200_000, 0),
        ("cases.json", b"1" * 5000, 0),
        ("topic.toml", b'id = "a"\nid = "b"\n', 2),
        ("topic.toml", b"n = " + b"1" * 5000 + b"\n", 0),
        ("SCHEMA.md", b"\xff\xfe", 1),
    ],
    ids=["cut JSON", "deep JSON", "long number in JSON", "TOML twice", "long number", "Latin-1"],
)
def test_other_files(name: str, content: bytes, line: int, copy: Path, news: News) -> None:
    (copy / name).write_bytes(content)
    found = only(news)
    assert (found.file, found.line) == (name, line)


def test_no_topic_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a topic folder"):
        check_topic(tmp_path)
    with pytest.raises(InputError, match="no folder"):
        check_topic(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no folder"):
        check_topic("knee-pain")
