"""The shape of the code: what may import what, and what no module does."""

import ast
import subprocess
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

#: Names with an underscore that are public: of named tuples, and what notebooks ask for.
PUBLIC = {"_asdict", "_fields", "_make", "_replace", "_repr_mimebundle_"}
#: Besides `compat`, the one module that reaches into Numba; without its cache Numba's own works.
REACHING = "gridworld.compiled"
#: Imports all modules but those that are programs, and prints what that changed outside.
IMPORT_ALL = """
import atexit, gc, importlib, logging, os, signal, sys, types, warnings
import bokeh.plotting, gymnasium, holoviews.plotting.bokeh, numba, numpy, pandas, panel, param
import panel.io.notebook, panel.theme.material, panel_material_ui, prometheus_client, pyviz_comms
import scipy.sparse.csgraph, tornado.websocket, typer.rich_utils, PIL.Image, bokeh.server.server
import panel.command.serve, panel.auth

def parts():
    for name, module in list(sys.modules.items()):
        is_ours = name.split(".")[0] in ("gridworld", "dashboard")
        if is_ours or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            yield (name, attribute), value
            if isinstance(value, type) and value.__module__ == name:
                yield from (((name, attribute, at), part) for at, part in list(vars(value).items()))

def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    loggers = [logging.getLogger(name) for name in ("", "asyncio", "bokeh", "panel", "tornado")]
    return {
        "environment": dict(os.environ),
        "warnings": list(warnings.filters),
        "collection": (gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()),
        "at exit": atexit._ncallbacks(),
        "signals": handlers,
        "loggers": [(log.level, list(log.filters), list(log.handlers)) for log in loggers],
    }

files = []
before, state_before = dict(parts()), state()
sys.addaudithook(lambda event, args: files.append(args[0]) if event == "open" and
                 isinstance(args[1], str) and set(args[1]) & set("wax+") else None)
for module in MODULES:
    importlib.import_module(module)
after, state_after = dict(parts()), state()
written = [file for file in files if isinstance(file, str) and ".pyc" not in file]
for name, value in before.items():
    if name in after and after[name] is not value and not isinstance(value, (int, float, str)):
        print(".".join(name), "is another object")
for name, value in state_before.items():
    if state_after[name] != value:
        print(name, "changed:", state_after[name])
for file in written:
    print(file, "was written")
"""

#: What each folder may import, or module of a package's top level, besides itself.
ALLOWED = {
    "gridworld.version": "",
    "gridworld.parameters": "",
    "gridworld.atomic": "",
    "gridworld.compiled": "atomic",
    "gridworld.spaces": "",
    "gridworld.worlds": "parameters spaces",
    "gridworld.learning": "compiled parameters spaces",
    "gridworld.algorithms": "compiled learning parameters worlds",
    "gridworld.planning": "compiled parameters worlds",
    "gridworld.runs": "algorithms learning parameters planning spaces worlds",
    "gridworld.saving": "algorithms atomic learning parameters planning runs worlds",
    "gridworld.trainer": "algorithms learning parameters planning runs saving worlds",
    "gridworld.preparation": "algorithms compiled trainer worlds",
    "gridworld": "algorithms atomic compiled learning parameters planning preparation runs saving "
    "trainer version worlds",
    "gridworld.cli": "algorithms atomic learning parameters planning preparation saving trainer "
    "version worlds",
    "gridworld.__main__": "cli",
    "dashboard.compat": "",
    "dashboard.rooms": "",
    "dashboard.words": "",
    "dashboard.session": "compat rooms",
    "dashboard.widgets": "session",
    "dashboard.views": "rooms session widgets words",
    "dashboard.elements": "views words",
    "dashboard.export": "views widgets words",
    "dashboard.editor": "rooms session views widgets",
    "dashboard.controls": "compat export rooms session views widgets words",
    "dashboard.page_body": "controls editor rooms session views widgets words",
    "dashboard.page": "compat controls editor page_body rooms session views widgets words",
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


@pytest.mark.parametrize("folder", ["rooms", "words"])
def test_rooms_and_words_know_no_panel(folder):
    for file in (ROOT / "dashboard" / folder).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
                assert not any(name.split(".")[0] in ("panel", "bokeh") for name in named)


def test_no_name_in_the_folder_that_is_served_hides_another_module():
    # ``panel serve dashboard/app.py`` puts that folder first on the path.
    names = {path.stem for path in (ROOT / "dashboard").iterdir() if path.suffix in ("", ".py")}
    others = {*sys.stdlib_module_names, *packages_distributions()} - {"__init__", "__pycache__"}
    assert not names & others


def _private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Private names of other people's objects and modules that a module uses, and where."""
    own = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node):
            own.add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            # What a library's class means to be overridden calls the one that it overrides.
            if not (_is_self(node) or node.attr in own | PUBLIC):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            if any(map(_is_private, parts)):
                yield node.lineno, ast.unparse(node)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_self(node: ast.Attribute) -> bool:
    value = node.value
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "super"
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_private_names_of_others_stand_in_one_folder(file):
    if room_of(name_of(file)) not in ("dashboard.compat", REACHING):
        assert list(_private_names(ast.parse(file.read_text(encoding="utf-8")))) == []


def test_importing_changes_nothing_outside():
    modules = [name for name in NAMES if not name.endswith(("__main__", "dashboard.app"))]
    code = f"MODULES = {sorted(modules)}\n{IMPORT_ALL}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
