"""Reading a topic folder: what is wrong with it is one sentence, and its hash is its content."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.topic import Row, Table, Topic, load_topic, pack

SETTINGS = 'id = "toy"\nversion = "1"\ntechniques = ["a", "b"]\n'
TABLE = 'name,value\none,1\n"two, or\nmore",2\n\nthree,\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A topic that can be read: settings and one table."""
    (tmp_path / "topic.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "things.csv").write_text(TABLE, encoding="utf-8", newline="")
    (tmp_path / "NOTES.md").write_text("notes", encoding="utf-8")
    return tmp_path


def sentence(error: pytest.ExceptionInfo[InputError]) -> str:
    """The message, which must be one line that ends as a sentence does."""
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_a_folder_is_read(folder: Path) -> None:
    topic = load_topic(folder)
    assert (topic.id, topic.version) == ("toy", "1")
    assert topic.content == {"version": "1", "hash": topic.hash}
    assert topic["things"].columns == ("name", "value")
    places = [(row["name"], row.place, row.number("value")) for row in topic["things"]]
    assert places == [
        ("one", "things.csv:2", 1.0),
        ("two, or\nmore", "things.csv:3", 2.0),
        ("three", "things.csv:6", None),
    ]


def test_a_mark_at_the_start_and_windows_lines_change_nothing(folder: Path) -> None:
    before = [dict(row) for row in load_topic(folder)["things"]]
    text = TABLE.replace("\n", "\r\n")
    (folder / "things.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    after = [
        {c: v.replace("\r\n", "\n") for c, v in r.items()} for r in load_topic(folder)["things"]
    ]
    assert after == before


BAD_TABLES = {
    "empty": (b"", ["things.csv:1", "header"]),
    "one column": (b"name\none\n", ["things.csv:1", "delimiter"]),
    "semicolons": (TABLE.replace(",", ";").encode(), ["things.csv:1", "delimiter"]),
    "tabs": (b"name\tvalue\none\t1\n", ["things.csv:1", "delimiter"]),
    "duplicate column": (b"name,name\none,1\n", ["things.csv:1", "distinct"]),
    "nameless column": (b"name,\none,1\n", ["things.csv:1", "distinct"]),
    "short row": (b"name,value\none,1\ntwo\n", ["things.csv:3", "1 cells", "2"]),
    "long row": (b'name,value\n"a\nb",1\none,1,2\n', ["things.csv:4", "3 cells"]),
    "truncated in quotes": (b'name,value\none,1\n"two, o', ["things.csv:3", "quotes"]),
    "truncated in a row": (b"name,value\none,1\ntw", ["things.csv:3", "1 cells"]),
    "stray quote": (b'name,value\n"one"x,1\n', ["things.csv:2", "quotes"]),
    "latin-1": ("name,value\none,1\nzwölf,2\n".encode("latin-1"), ["things.csv:3", "UTF-8"]),
    "utf-16": ("name,value\none,1\n".encode("utf-16"), ["things.csv:1", "UTF-8"]),
    "a huge cell": (b"name,value\none," + b"x" * 200_000, ["things.csv:2", "limit"]),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_named_with_its_line(folder: Path, name: str) -> None:
    content, parts = BAD_TABLES[name]
    (folder / "things.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        load_topic(folder)
    text = sentence(error)
    assert all(part in text for part in parts), text


BAD_SETTINGS = {
    "empty": (b"", "topic.toml does not say the topic's id"),
    "no version": (b'id = "x"', "topic.toml does not say the topic's version"),
    "truncated": (b'id = "lo', "topic.toml is not valid TOML.*end of document"),
    "twice": (b"id = 1\nid = 2\n", "topic.toml is not valid TOML.*line 2"),
    "not UTF-8": (b'id = "\xff"', "topic.toml:1 is not UTF-8"),
    "nested without end": (b"a = " + b"[" * 5000, "topic.toml is not valid TOML"),
    "a number without end": (b"a = " + b"1" * 5000, "topic.toml is not valid TOML"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_bad_settings_are_named(folder: Path, name: str) -> None:
    content, pattern = BAD_SETTINGS[name]
    (folder / "topic.toml").write_bytes(content)
    with pytest.raises(InputError, match=pattern) as error:
        load_topic(folder)
    sentence(error)


@pytest.mark.parametrize("name", ["nowhere", "../nowhere", "x" * 5000, "a\0b", "", "/dev/null"])
def test_what_is_no_folder_is_refused(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        load_topic(name)
    sentence(error)


def test_a_file_and_a_folder_without_settings_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="no topic"):
        load_topic(folder / "topic.toml")
    (folder / "topic.toml").unlink()
    with pytest.raises(InputError, match=r"it has no topic\.toml"):
        load_topic(folder)


def test_a_huge_file_is_refused_before_it_is_read(folder: Path, monkeypatch) -> None:
    size = (folder / "things.csv").stat().st_size
    monkeypatch.setattr(pack, "LARGEST_FILE", size - 1)
    (folder / "topic.toml").write_text('id="t"\nversion="1"')
    monkeypatch.setattr(Path, "read_bytes", _unless_table(Path.read_bytes))
    with pytest.raises(InputError, match=r"things\.csv is larger than") as error:
        load_topic(folder)
    sentence(error)
    monkeypatch.undo()
    monkeypatch.setattr(pack, "LARGEST_FILE", size)
    assert load_topic(folder).id == "t"


def _unless_table(read):
    def guarded(path: Path) -> bytes:
        assert path.suffix != ".csv", "a file above the limit was read"
        return read(path)

    return guarded


def test_a_file_that_cannot_be_read_is_named(folder: Path, monkeypatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"NOTES\.md cannot be read \(Permission denied\)"):
        load_topic(folder)


@pytest.mark.parametrize("cell", ["nan", "inf", "-inf", "1_000", "1,5", "abc", "1e999", "--1"])
def test_what_is_not_a_number_is_refused_with_its_place(cell: str) -> None:
    with pytest.raises(InputError, match=r"t\.csv:7, column mean") as error:
        Row({"mean": cell}, "t.csv", 7).number("mean")
    sentence(error)


@pytest.mark.parametrize(
    ("cell", "value"), [("", None), ("  ", None), (" -1.50", -1.5), ("1e2", 100)]
)
def test_numbers(cell: str, value: float | None) -> None:
    assert Row({"mean": cell}, "t.csv", 7).number("mean") == value


def test_a_missing_column_or_table_is_named(folder: Path) -> None:
    topic = load_topic(folder)
    with pytest.raises(InputError, match=r"things\.csv has no column sd"):
        topic["things"].rows[0].number("sd")
    with pytest.raises(InputError, match=r"no table others\.csv"):
        _ = topic["others"]


def test_hash_is_stable_and_of_content_alone(folder: Path, tmp_path_factory) -> None:
    first = load_topic(folder).hash
    os.utime(folder / "things.csv", (1, 1))
    assert load_topic(folder).hash == first
    copy = tmp_path_factory.mktemp("copy") / "elsewhere"
    shutil.copytree(folder, copy)
    (copy / "picture.png").write_bytes(b"not content")
    (copy / "sub").mkdir()
    assert load_topic(copy).hash == first


def test_any_byte_and_any_name_changes_the_hash(folder: Path) -> None:
    seen = {load_topic(folder).hash}
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        for place in range(len(content)):
            if content[place : place + 1].isalpha() and path.suffix != ".toml":
                path.write_bytes(content[:place] + b"Q" + content[place + 1 :])
                seen.add(load_topic(folder).hash)
        path.write_bytes(content + b"\n")
        seen.add(load_topic(folder).hash)
        path.write_bytes(content)
    letters = sum(c.isascii() and c.isalpha() for c in TABLE + "notes")
    (folder / "NOTES.md").rename(folder / "OTHER.md")
    seen.add(load_topic(folder).hash)
    assert len(seen) == 1 + letters + 3 + 1


def test_bytes_cannot_move_between_files(folder: Path) -> None:
    (folder / "a.md").write_bytes(b"xy")
    (folder / "b.md").write_bytes(b"z")
    one = load_topic(folder).hash
    (folder / "a.md").write_bytes(b"x")
    (folder / "b.md").write_bytes(b"yz")
    assert load_topic(folder).hash != one
    (folder / "a.md").write_bytes(b"xb.mdyz")
    (folder / "b.md").unlink()
    swallowed = load_topic(folder).hash
    (folder / "a.md").write_bytes(b"x")
    (folder / "b.md").write_bytes(b"yz")
    assert load_topic(folder).hash != swallowed


def attempt(read, name: str, content: bytes):
    """What was read, or the message of the refusal."""
    try:
        return read(Path(name), content)
    except InputError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(
    content=st.one_of(st.binary(max_size=60), st.text('a,"\n\r; é\0', max_size=40).map(str.encode))
)
def test_no_table_raises_anything_but_an_input_error(content: bytes) -> None:
    outcome = attempt(pack.read_table, "t.csv", content)
    if isinstance(outcome, Table):
        assert all(set(row) == set(outcome.columns) for row in outcome)
    else:
        assert outcome.startswith("t.csv:")


TOML_BITS = st.lists(st.sampled_from(["a", "=", '"', "[", "]", "1", ".", "\n", "{", "é", "'"]))


@settings(max_examples=150, deadline=None)
@given(content=st.one_of(st.binary(max_size=60), TOML_BITS.map("".join).map(str.encode)))
def test_no_settings_raise_anything_but_an_input_error(content: bytes) -> None:
    outcome = attempt(pack.read_toml, "t.toml", content)
    assert isinstance(outcome, dict) or outcome.startswith("t.toml")


def test_the_shipped_topic_by_name_is_the_shipped_folder(topic: Topic) -> None:
    assert load_topic("low-back-pain").hash == topic.hash == load_topic(topic.folder).hash


def test_options_and_words(topic: Topic) -> None:
    assert topic.option("both").components == ("acupuncture + dry-needling",)
    assert topic.option("both").parts == ("dry-needling", "acupuncture")
    assert topic.option("no-needling").components == ()
    assert topic.techniques("both") == ("dry-needling", "acupuncture", "electroacupuncture")
    assert (topic.techniques("acupuncture"), topic.techniques("")) == (("acupuncture",), ())
    assert topic.assumption("pain_sd") == 20.0
    assert topic["studies"].by("study_id")["kong-2020"]["label"] == "Kong 2020"
