"""The house: a room imports only rooms above it, inside a room no circles, and deciding rooms touch nothing."""

from __future__ import annotations

import ast
from keyword import iskeyword
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "amqctl"

# In the order of DESIGN: each may import those before it.
ROOMS = [
    ("errors", "events", "interrupt", "wait", "beside"),
    ("topology",),
    ("activemq",),
    ("plan",),
    ("provision",),
    ("runtimes",),
    ("cluster",),
    ("drills",),
    ("report",),
    ("cli",),
]
RANK = {name: rank for rank, names in enumerate(ROOMS) for name in names}

# Deciding modules: no clock, no socket, no process, no thread, no file but what they are handed.
PURE = (
    "topology", "activemq", "plan", "report", "drills/model.py", "drills/actions.py", "drills/target.py",
    "drills/results.py", "drills/checkers", "drills/catalogue",
)  # fmt: skip
EFFECTS = {"socket", "subprocess", "threading", "time", "os", "docker", "psutil", "requests", "shutil", "tempfile"}
READS_FILES = {"topology/load.py", "plan/render.py", "activemq/xmlschema.py"}  # templates, schema, the file itself

# The only places that may sleep: the one way to wait, and the supervisor, which stands alone.
MAY_SLEEP = {"wait.py"}
WRITES_TERMINAL = {"cli/console.py", "cli/__init__.py"}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py"))


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return found


def room(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    if room(path) in ("__init__", "__main__"):
        assert not [i for i in imports(path) if i.startswith("amqctl.") and not i.startswith("amqctl.cli")]
        return
    for name in imports(path):
        if name.startswith("amqctl."):
            other = name.split(".")[1]
            assert RANK[other] <= RANK[room(path)], f"{relative(path)} imports {name}, a room below it"


def test_modules_do_not_import_in_circles() -> None:
    known = {
        "amqctl." + relative(p).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): p for p in modules()
    }
    graph = {
        name: {i for i in imports(path) if i in known and i != name and not _is_package_of(i, name)}
        for name, path in known.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "circle: " + " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def _is_package_of(package: str, module: str) -> bool:
    """`from amqctl.cli import console` names the package, which every module of it has loaded already."""
    return module.startswith(package + ".")


@pytest.mark.parametrize("path", [p for p in modules() if relative(p).startswith(PURE)], ids=relative)
def test_deciding_modules_have_no_effects(path: Path) -> None:
    touched = {i.split(".")[0] for i in imports(path)} & EFFECTS
    assert not touched, f"{relative(path)} decides, yet imports {sorted(touched)}"
    if relative(path) not in READS_FILES:
        calls = {
            n.func.id
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert "open" not in calls


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_one_way_to_wait_and_one_that_writes(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
            owner = ast.unparse(node.func.value)
            assert owner != "time" or relative(path) in MAY_SLEEP, f"{relative(path)} sleeps"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            raise AssertionError(f"{relative(path)} prints; only {sorted(WRITES_TERMINAL)} write")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit":
            assert relative(path) == "cli/__init__.py", f"{relative(path)} exits"


def test_every_verb_has_its_module() -> None:
    from amqctl.cli import VERBS, module_of

    for verb in VERBS:
        assert (PACKAGE / "cli" / f"{module_of(verb)}.py").is_file(), verb
        assert not iskeyword(module_of(verb)), verb
