"""The command line: exit codes, one sentence for bad input, nothing half written."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from needlewise import cli
from needlewise.person.ask import questions

EXAMPLES = Path(__file__).parents[1] / "examples"
OFFICE, ACUTE = EXAMPLES / "office_worker.toml", EXAMPLES / "acute_lifter.toml"
EMERGENCY = EXAMPLES / "emergency.toml"
GOOD, FAULT, BAD, STOP = 0, 1, 2, 3
WEB, PAPER = "needlewise.report.as_html", "needlewise.report.as_pdf"
needs_web = pytest.mark.skipif(
    importlib.util.find_spec(WEB) is None, reason="the web page is not built in this version"
)
needs_paper = pytest.mark.skipif(
    importlib.util.find_spec(PAPER) is None, reason="the PDF is not built in this version"
)


@pytest.fixture
def run(monkeypatch, capsysbinary):
    """Run the entry point in this process: exit code, what it printed, what it said of errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["needlewise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsysbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return call


def refused(result, *words):
    """Bad input: exit code 2, nothing printed, one sentence on the error stream."""
    code, out, err = result
    assert code == BAD, err
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("needlewise: ")
    assert err.count("\n") == 1, err
    assert err.rstrip().endswith((".", "?")), err
    for word in words:
        assert word in err
    return err


def test_a_comparison_is_0_and_a_stop_is_3(run):
    code, out, err = run("compare", OFFICE)
    assert (code, err) == (GOOD, "")
    assert "The answer in words" in out
    code, out, err = run("compare", EMERGENCY)
    assert (code, err) == (STOP, "")
    assert out.strip().startswith("Please stop here first")
    assert "acupuncture" not in out.lower()


def test_a_stop_as_json_hides_everything(run):
    code, out, _ = run("compare", EMERGENCY, "--json", "--rank", "pain")
    data = json.loads(out)
    assert code == STOP
    assert data["outlook"] == data["harms"] == []
    assert data["comparison"] is None


def test_a_fault_of_ours_is_1_and_one_sentence(run, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("needlewise.report.text", broken)
    code, out, err = run("compare", OFFICE)
    assert (code, out) == (FAULT, "")
    assert err.count("\n") == 1
    assert "ZeroDivisionError" in err
    monkeypatch.setenv("NEEDLEWISE_DEBUG", "1")
    monkeypatch.setattr(sys, "argv", ["needlewise", "compare", str(OFFICE)])
    with pytest.raises(ZeroDivisionError):
        cli.main()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("compare", OFFICE, "--nonsense"), "--nonsense"),
        (("compere", OFFICE), "compere"),
        (("compare", OFFICE, "--rank", "beauty"), "beauty"),
        (("compare", OFFICE, "--rank", "pain,,visits"), "not a criterion"),
        (("compare", OFFICE, "--rank", "pain,pain"), "twice"),
        (("compare",), "file with a person's answers"),
        (("compare", OFFICE, OFFICE), "argument"),
        (("compare", OFFICE, "--topic", "knees"), "knees"),
        (("compare", "/nowhere/me.toml"), "/nowhere/me.toml"),
        (("compare", EXAMPLES), "examples"),
        (("explain", "effect.pain.13.acupunture", OFFICE), "effect.pain.13.acupuncture"),
        (("explain", "effect.pain.13.acupuncture", EMERGENCY), "safety check"),
        (("explain",), "number"),
        (("evidence", "list", "--outcome", "beauty"), "beauty"),
        (("evidence", "effects", "--outcome", "sleep"), "sleep"),
        (("evidence", "lost"), "lost"),
        (("ask",), "--output"),
        (("topic", "check", "/nowhere"), "/nowhere"),
        (("cases", "run", "/nowhere.json"), "/nowhere.json"),
    ],
    ids=lambda a: " ".join(map(str, a))[-40:] if isinstance(a, tuple) else a[:20],
)
def test_what_cannot_be_used_is_2_and_one_sentence(run, arguments, word):
    assert word in refused(run(*arguments))


BAD_FILES = {
    "empty.toml": b"",
    "empty.json": b"",
    "truncated.toml": b'age = 46\nsex = "fem',
    "truncated.json": b'{"age": 46, "sex": "fem',
    "utf16.toml": OFFICE.read_text().encode("utf-16"),
    "latin1.toml": 'name = "Jos\u00e9"\n'.encode("latin-1"),
    "binary.json": bytes(range(256)),
    "list.json": b"[1, 2]",
    "text.json": b'"pain"',
    "null.json": b"null",
    "csv.toml": b"age,sex\n46,female\n",
    "typo.toml": b"pain_nsr = 6\n",
    "text_in_number.toml": b'age = "old"\n',
    "nan.toml": b"age = nan\n",
    "inf.toml": b"pain_weeks = inf\n",
    "nan.json": b'{"age": NaN}',
    "infinity.json": b'{"age": 1e999}',
    "negative.toml": b"pain_nrs = -1\n",
    "above.toml": b"pain_nrs = 11\n",
    "twice.toml": b"age = 40\nage = 41\n",
    "twice.json": b'{"age": 40, "age": 41}',
    "table.toml": b"[age]\nyears = 46\n",
    "word.toml": b'[red_flags]\nfever = "perhaps"\n',
    "weights.toml": b"[weights]\nbeauty = 1\n",
    "weight.toml": b"[weights]\npain = -1\n",
    "zero.toml": b"[weights]\npain = 0\n",
    "deep.json": b'{"goals": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "control.toml": b'name = "a\x00b"\n',
    "long.toml": b'name = "' + b"a" * 10_001 + b'"\n',
    "huge.toml": b"# " + b"a" * 3_000_000 + b"\nage = 46\n",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_sentence_and_nothing_is_written(run, tmp_path, name):
    """Every entrance refuses in one line. An empty file is no answer at all: that asks first."""
    path = tmp_path / name
    path.write_bytes(BAD_FILES[name])
    before = sorted(tmp_path.iterdir())
    web, paper = tmp_path / "out.html", tmp_path / "out.pdf"
    code, out, err = run("compare", path, "--html", web, "--pdf", paper)
    if code == STOP and name in {"empty.toml", "control.toml", "huge.toml"}:
        assert web.exists()
        return
    refused((code, out, err), name)
    assert sorted(tmp_path.iterdir()) == before


def test_an_error_moves_no_terminal(run, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("study,treatment,events,n\n1,A,1,9\n1,B,\x1b[31m\u202ex,9\n", "utf-8")
    code, out, err = run("nma", path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()


def test_a_bad_ranking_writes_nothing(run, tmp_path):
    web = tmp_path / "out.html"
    refused(run("compare", OFFICE, "--rank", "beauty", "--html", web))
    assert list(tmp_path.iterdir()) == []


@needs_web
def test_files_are_never_written_over_without_force(run, tmp_path):
    web = tmp_path / "out.html"
    web.write_text("mine")
    refused(run("compare", OFFICE, "--html", web), "--force")
    assert web.read_text() == "mine"
    code, _, _ = run("compare", OFFICE, "--html", web, "--force")
    assert code == GOOD
    assert web.read_text().startswith("<!")
    assert stat.S_IMODE(web.stat().st_mode) == 0o644


@pytest.mark.parametrize("option", ["--html", "--pdf"])
def test_a_folder_or_a_missing_folder_is_said_before_any_work(run, tmp_path, option):
    refused(run("compare", OFFICE, option, tmp_path), "folder")
    refused(run("compare", OFFICE, option, tmp_path / "no" / "x"), "no folder")
    assert list(tmp_path.iterdir()) == []


def test_one_name_for_two_files_is_refused(run, tmp_path):
    same = tmp_path / "out"
    refused(run("compare", OFFICE, "--html", same, "--pdf", tmp_path / "." / "out"), "two names")
    assert list(tmp_path.iterdir()) == []


@needs_web
def test_a_web_page_is_whole_or_not_at_all(run, tmp_path, monkeypatch):
    """The disk fails while the file is put in place: no half file, no leftover beside it."""
    web = tmp_path / "out.html"
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    refused(run("compare", OFFICE, "--html", web), "cannot be written")
    assert list(tmp_path.iterdir()) == []


@needs_web
@needs_paper
def test_both_files_in_one_go(run, tmp_path):
    web, paper = tmp_path / "out.html", tmp_path / "out.pdf"
    code, out, _ = run("compare", ACUTE, "--html", web, "--pdf", paper)
    assert code == GOOD
    assert web.read_text().rstrip().endswith("</html>")
    assert paper.read_bytes().startswith(b"%PDF-")
    assert paper.read_bytes().rstrip().endswith(b"%%EOF")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.html", "out.pdf"]
    assert "Dry needling" in out


TYPED = {"age": "46", "pain_nrs": "6", "pain_weeks": "156", "leg_pain": "none"}


def test_ask_writes_a_private_file_that_compare_reads(run, topic, tmp_path, monkeypatch):
    """Some questions answered, the others skipped with Enter."""
    fields = {q.text: q.field for q in questions(topic)}
    shown = []

    def written(text, show=cli.out):
        shown.append(text)
        show(text)

    def typed(prompt):
        asked = next((f for text, f in fields.items() if text in "".join(shown)), "")
        shown.clear()
        return TYPED.get(asked, "")

    monkeypatch.setattr(cli, "out", written)
    monkeypatch.setattr(cli, "_read", typed)
    target = tmp_path / "me.toml"
    code, out, err = run("ask", "-o", target)
    assert (code, err) == (GOOD, "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert f"needlewise compare {target}" in out
    assert tomllib.loads(target.read_text())["age"] == 46
    assert run("compare", target)[0] == STOP  # so little known is asked first, never shown
    refused(run("ask", "-o", target), "--force")


def test_ask_that_ends_early_writes_nothing(run, tmp_path, monkeypatch):
    target = tmp_path / "me.toml"
    for line in ("", "46\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(line))
        code, _, err = run("ask", "-o", target)
        assert code == BAD
        assert "Traceback" not in err
        assert err.count("\n") == 1
        assert list(tmp_path.iterdir()) == []


def test_the_schema_printed_is_the_one_the_json_keeps(run):
    code, printed, _ = run("compare", "--json-schema")
    assert code == GOOD
    _, data, _ = run("compare", ACUTE, "--json")
    jsonschema.Draft202012Validator(json.loads(printed)).validate(json.loads(data))


def test_a_ranking_given_is_used(run):
    _, out, _ = run("compare", OFFICE, "--rank", "needles", "--json")
    assert json.loads(out)["comparison"]["fit"]["weights"] == {"needles": 1.0}


def test_no_command_at_all_is_the_help(run):
    code, out, err = run()
    assert (code, out) == (BAD, "")
    assert err.startswith("Usage: needlewise")
    assert err.count("\n") > 10


def test_ids_can_be_explained(run):
    _, out, _ = run("compare", OFFICE, "--ids")
    flat = re.sub(r"\s+", " ", out)
    assert "[effect.pain.13.acupuncture]" in flat
    code, out, _ = run("explain", "effect.pain.13.acupuncture", OFFICE)
    assert code == GOOD
    assert "arm_results.csv:" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evidence", "list", "--outcome", "pain"), "Not used:"),
        (("evidence", "list", "--all-conditions"), "trials of all conditions used"),
        (("evidence", "effects"), "heterogeneity tau"),
        (("person", "fields"), "pain_nrs (number; 0 to 10)"),
        (("--help",), "does not diagnose"),
    ],
)
def test_the_other_commands_print(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, err) == (GOOD, "")
    assert said in out


def test_topic_check_passes_the_shipped_pack(run):
    code, out, _ = run("topic", "check")
    assert code == GOOD
    assert out.strip()


def spawn(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "needlewise.cli", *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_skipping_every_question_asks_for_more(run, monkeypatch, tmp_path):
    path = tmp_path / "me.toml"
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n" * 300))
    assert run("ask", "-o", path)[0] == GOOD
    code, out, _ = run("compare", path)
    assert code == STOP
    assert "Not answered or not known" in out


def test_two_processes_print_the_same_bytes(tmp_path):
    """Whatever the hash seed and the working folder."""
    one = spawn("compare", OFFICE, "--json", PYTHONHASHSEED="1")
    two = spawn("compare", OFFICE, "--json", PYTHONHASHSEED="2")
    assert one.returncode == two.returncode == GOOD
    assert one.stdout == two.stdout
    assert len(one.stdout) > 10_000


def test_a_terminal_without_utf8_still_gets_utf8():
    result = spawn("compare", EMERGENCY, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert result.returncode == STOP
    assert "Please stop here first" in result.stdout.decode("utf-8")


def test_a_closed_pipe_is_no_fault():
    command = f"{sys.executable} -m needlewise.cli evidence list | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert done.stdout.startswith(b"pain: 16 trials")
    assert b"Traceback" not in done.stderr


def test_help_costs_no_heavy_import():
    """Importing the command line loads neither NumPy nor pydantic nor SciPy."""
    code = (
        "import sys, needlewise.cli; "
        "print([m for m in ('numpy', 'scipy', 'pandas', 'pydantic', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_compare_needs_neither_scipy_nor_pandas():
    code = (
        "import sys; sys.argv = ['needlewise', 'compare', sys.argv[1]]\n"
        "from needlewise import cli\n"
        "try:\n    cli.main()\n"
        "except SystemExit:\n"
        "    found = [m for m in ('scipy', 'pandas', 'rich', 'typst') if m in sys.modules]\n"
        "    print(found, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ACUTE)], capture_output=True, check=False
    )
    assert done.stderr.strip() == b"[]"
