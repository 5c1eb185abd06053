"""The shape of the code: what may import what, and what no module does."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import gridworld

ROOT = Path(__file__).parents[1]
PACKAGES = ("gridworld", "dashboard")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))

#: What each folder may import, or module of a package's top level, besides itself.
ALLOWED = {
    "gridworld.version": "",
    "gridworld.parameters": "",
    "gridworld.atomic": "",
    "gridworld.compiled": "atomic",
    "gridworld.worlds": "parameters",
    "gridworld.learning": "compiled parameters",
    "gridworld.algorithms": "learning parameters",
    "gridworld.planning": "compiled parameters worlds",
    "gridworld.runs": "algorithms learning parameters planning worlds",
    "gridworld.saving": "algorithms atomic learning parameters planning runs worlds",
    "gridworld.trainer": "algorithms learning parameters planning runs saving worlds",
    "gridworld": "algorithms atomic learning parameters planning runs saving trainer version "
    "worlds",
    "gridworld.cli": "algorithms parameters planning saving trainer worlds",
    "gridworld.__main__": "cli",
    "dashboard.compat": "",
    "dashboard.rooms": "",
    "dashboard.session": "compat rooms",
    "dashboard.widgets": "session",
    "dashboard.views": "rooms session widgets",
    "dashboard.elements": "views",
    "dashboard.export": "views widgets",
    "dashboard.editor": "rooms session widgets",
    "dashboard.controls": "compat export rooms session widgets",
    "dashboard.page_body": "controls editor rooms session views widgets",
    "dashboard.page": "compat controls editor page_body rooms session views widgets",
    "dashboard.app": "page",
    "dashboard": "page session",
    "dashboard.server": "compat page rooms",
}


def name_of(file: Path) -> str:
    """The name of a module."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """The folder of a module, or itself if it stands at the top of its package."""
    return ".".join(module.split(".")[:2])


NAMES = {name_of(file) for file in MODULES}


def imports(file: Path) -> Iterator[tuple[str, ast.stmt, bool]]:
    """Modules of the project that a module imports, where, and whether only when asked for."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    late = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: relative import"
            base = node.module or ""
            package = name_of(file).split(".")[0]
            named = [_imported(package, base, alias.name) for alias in node.names]
        else:
            continue
        yield from ((name, node, node in late) for name in named if name.split(".")[0] in PACKAGES)


def _imported(package: str, base: str, name: str) -> str:
    """The module that is imported in a package by ``from base import name``."""
    is_public = package == "dashboard" and base == "gridworld" and name in gridworld.__all__
    longer = f"{base}.{name}"
    return longer if longer in NAMES and not is_public else base


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_module_imports_only_what_lies_below_it(file):
    room = room_of(name_of(file))
    package = room.split(".")[0]
    allowed = {room, *(f"{package}.{name}" for name in ALLOWED[room].split())}
    if package == "dashboard":
        allowed |= {"gridworld"}
    for name, node, late in imports(file):
        if package == "gridworld" and name.startswith("dashboard"):
            assert room == "gridworld.cli", f"line {node.lineno}: {name}"
            assert late, f"line {node.lineno}: {name} is imported before it is asked for"
        else:
            assert room_of(name) in allowed, f"line {node.lineno}: {name}"
        if package == "dashboard" and name == "gridworld" and isinstance(node, ast.ImportFrom):
            public = {*gridworld.__all__}
            assert {alias.name for alias in node.names} <= public, f"line {node.lineno}"


def test_there_is_no_circle():
    graph = {name_of(file): {name for name, _, _ in imports(file)} for file in MODULES}
    # The package's own names are made from modules that need nothing of it.
    for name, imported in graph.items():
        if name.startswith("gridworld."):
            imported.discard("gridworld")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_rooms_know_no_panel():
    for file in (ROOT / "dashboard" / "rooms").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
                assert not any(name.split(".")[0] in ("panel", "bokeh") for name in named)


def test_no_name_in_the_folder_that_is_served_hides_another_module():
    # ``panel serve dashboard/app.py`` puts that folder first on the path.
    names = {path.stem for path in (ROOT / "dashboard").iterdir() if path.suffix in ("", ".py")}
    others = {*sys.stdlib_module_names, *packages_distributions()} - {"__init__", "__pycache__"}
    assert not names & others
