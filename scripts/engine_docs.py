"""The pages of the engine: every example in them is run, and what it prints is put under it.

The pages stand in docs/ and are written there; only outputs and pictures are made. Blocks of a page
run in order, with the names of those before, in a folder of their own that sees `tests` and `src`:

    ```python   runs; a ```text block under it becomes what it printed
    ```sh       commands of needlewise, run; a ```text block under one becomes what it printed
    ```r        belongs to other software; left as it is

SVG files that a page saves become docs/pictures/engine/.
"""

import contextlib
import io
import re
import shlex
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures" / "engine"
BLOCK = re.compile(r"```(python|sh)\n(.*?)\n```\n(\n```text\n.*?\n```\n)?", re.DOTALL)
SEEN = ("tests", "src")  # folders of the repository that examples may read


@dataclass(frozen=True)
class Made:
    """A page with what its examples print now, and the pictures that they save, by file name."""

    text: str
    pictures: dict[str, str]


def names() -> list[str]:
    """The pages whose examples are run, as paths under docs/."""
    return ["network.md", "coming-from.md", *sorted(f"engine/{p.name}" for p in _pages())]


def _pages() -> list[Path]:
    return list((DOCS / "engine").glob("*.md"))


@cache
def made(name: str) -> Made:
    """Run a page. Raises RuntimeError naming the page and the example that failed."""
    known: dict[str, object] = {}

    def again(block: re.Match[str]) -> str:
        kind, code, shown = block.groups()
        try:
            told = _python(code, known) if kind == "python" else _commands(code)
        except Exception as error:
            raise RuntimeError(f"docs/{name}: {error!r} in\n{code}") from error
        wanted = shown is not None or (kind == "python" and told)
        output = f"\n```text\n{told}\n```\n" if wanted else ""
        return f"```{kind}\n{code}\n```\n{output}"

    with tempfile.TemporaryDirectory() as folder:
        for seen in SEEN:
            (Path(folder) / seen).symlink_to(ROOT / seen)
        with contextlib.chdir(folder):
            text = BLOCK.sub(again, (DOCS / name).read_text(encoding="utf-8"))
            pictures = {p.name: p.read_text(encoding="utf-8") for p in Path().glob("*.svg")}
    return Made(text, pictures)


def _python(code: str, known: dict[str, object]) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(code, known)
    return _trimmed(told.getvalue())


def _commands(code: str) -> str:
    """Each command run as the program runs it. Raises RuntimeError where one does not end well."""
    from typer.testing import CliRunner

    from needlewise.cli import app

    told = []
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] != "needlewise":
            raise RuntimeError(f"only commands of needlewise are run, not {words[0]}")
        done = CliRunner().invoke(app, words[1:])
        if done.exit_code:
            raise RuntimeError(f"'{line}' ended with {done.exit_code}: {done.exception!r}")
        told.append(done.stdout)
    return _trimmed("".join(told))


def _trimmed(told: str) -> str:
    """Without spaces at the ends of lines and blank lines at either end."""
    return "\n".join(line.rstrip() for line in told.splitlines()).strip("\n")


def write() -> None:
    """Write every page and picture, and take away pictures that no page makes any more."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    kept = set()
    for name in names():
        page = made(name)
        (DOCS / name).write_text(page.text, encoding="utf-8")
        for file, drawn in page.pictures.items():
            (PICTURES / file).write_text(drawn, encoding="utf-8")
            kept.add(file)
    for path in PICTURES.glob("*.svg"):
        if path.name not in kept:
            path.unlink()
