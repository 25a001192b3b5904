"""The house: rooms import only rooms above them, and nothing heavy is loaded before it is used."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import needlewise

SOURCE = Path(needlewise.__file__).parent
ROOMS = [
    "errors", "distributions", "topic", "evidence", "synthesis", "person", "outlook", "choice",
    "plan", "followup", "report", "cases", "interop", "scale", "web", "cli",
]  # fmt: skip
MAY_SHOW = {"report", "cases", "web", "cli"}  # who may import the report
LATE = {"scipy", "pandas", "requests", "rich"}  # never at the top of a module


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Full dotted names of everything imported anywhere in a module."""
    package = ("needlewise", *path.relative_to(SOURCE).parts[:-1])
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else ()
                stem = ".".join([*base, *([module] if module else [])])
                yield stem
                yield from (f"{stem}.{name.name}" for name in names)
            case ast.Call(func=ast.Name(id="import_module" | "__import__"), args=[first, *_]):
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def faults(text: str, path: Path) -> list[str]:
    """What a module imports that its room may not."""
    own, wrong = room(path), []
    for name in imported(ast.parse(text), path):
        parts = name.split(".")
        if parts[0] != "needlewise" or len(parts) < 2 or parts[1] not in ROOMS:
            continue
        other = parts[1]
        if other != own and (own not in ROOMS or ROOMS.index(other) > ROOMS.index(own)):
            wrong.append(f"{own} imports {name}")
        if other == "report" and own not in MAY_SHOW:
            wrong.append(f"{own} imports {name}, which only shows")
    return wrong


def loaded_at_once(tree: ast.Module) -> set[str]:
    """Packages imported when the module is, so not those inside functions or for types alone."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        waiting += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    if path != SOURCE / "__init__.py":
        assert room(path) in ROOMS, "a room that is not in the plan"
        assert faults(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_heavy_packages_wait_until_they_are_used(path: Path) -> None:
    assert not loaded_at_once(ast.parse(path.read_text(encoding="utf-8"))) & LATE


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("topic/pack.py", "from needlewise.evidence import Network"),
        ("topic/pack.py", "import needlewise.cli"),
        ("evidence/network.py", "from needlewise import synthesis"),
        ("synthesis/base.py", "def f():\n    from needlewise.outlook.course import x"),
        ("person/ask.py", "if TYPE_CHECKING:\n    from needlewise.choice import Values"),
        ("person/ask.py", "import_module('needlewise.choice')"),
        ("choice/fit.py", "from ..report import numbers"),
        ("followup/update.py", "import needlewise.report.words"),
        ("interop/fhir.py", "from needlewise.report import as_json"),
        ("somewhere/new.py", "from needlewise.topic import Topic"),
    ],
)
def test_the_direction_test_sees_a_wrong_import(where: str, text: str) -> None:
    assert faults(text, SOURCE / where)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("evidence/network.py", "from needlewise.topic.pack import listed\nimport numpy"),
        ("evidence/network.py", "from . import scales\nfrom .scales import Scale"),
        ("report/view.py", "from needlewise.choice import Comparison"),
        ("cli.py", "from needlewise.report import text"),
    ],
)
def test_the_direction_test_lets_a_right_import_pass(where: str, text: str) -> None:
    assert faults(text, SOURCE / where) == []


def test_the_package_loads_nothing_by_itself() -> None:
    """The front door imports no room, at any level of nesting."""
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    assert not [n for n in imported(tree, SOURCE / "__init__.py") if n.startswith("needlewise.")]
    code = (
        "import sys, needlewise;"
        "print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'numpy', 'scipy', 'pandas', 'rich', 'pydantic', 'typer', 'typst'}),"
        "*[m for m in sys.modules if m.startswith('needlewise.')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize("name", needlewise.__all__)
def test_every_name_at_the_front_door_leads_somewhere(name: str) -> None:
    assert getattr(needlewise, name) is not None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="needlewise has no nonsense"):
        _ = needlewise.nonsense
