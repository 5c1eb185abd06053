import ast
import inspect
from pathlib import Path

import pytest

import gridworld
from gridworld import ALGORITHMS

ROOT = Path(gridworld.__file__).parents[1]
#: The file that has the decorators counts among the sources of every function.
ALWAYS = {ROOT / "gridworld" / "compiled.py"}


class Module:
    """What a module of the package defines, and what it imports from the package."""

    def __init__(self, path):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.imported = {
            alias.asname or alias.name: _file_of(node.module, alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "gridworld"
            for alias in node.names
        }
        self.defined = {name: node for node in tree.body for name in _bound(node)}

    def compiled(self):
        """Compiled functions, with the files named in their decorator."""
        for function in self.defined.values():
            for decorator in getattr(function, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "compiled":
                    yield function, self.named(decorator)

    def named(self, call):
        """The files of the functions that a call of `compiled` names."""
        parts = (part for argument in call.args for part in ast.walk(argument))
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        return {self.imported[name] for name in names & self.imported.keys()}

    def used(self, node, seen=frozenset()):
        """Files of the package from which the code has names, by whatever it calls."""
        body = node.body if isinstance(node, ast.FunctionDef) else [node]
        parts = (part for statement in body for part in ast.walk(statement))
        names = {part.id for part in parts if isinstance(part, ast.Name)} - seen
        files = {self.imported[name] for name in names & self.imported.keys()}
        for name in names & self.defined.keys():
            files |= self.used(self.defined[name], seen | names)
        return files


def _file_of(module, name):
    path = Path(ROOT, *module.split("."))
    inner = path / f"{name}.py"
    return inner if inner.exists() else path.with_suffix(".py")


def _bound(node):
    """Names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def test_every_file_that_code_is_compiled_from_is_named():
    found = []
    for path in (ROOT / "gridworld").rglob("*.py"):
        module = Module(path)
        for function, named in module.compiled():
            used = module.used(function)
            for file in named:  # whatever these import may be called
                used |= set(Module(file).imported.values())
            assert used - ALWAYS <= named, f"@compiled of {path.name}, {function.name}"
            found.append(function.name)
    assert {"_follow", "_look_ahead", "_stays_within"} <= set(found)


def _call_of_a_factory(path):
    """The call that makes the loop of an algorithm, in its file."""
    (made,) = (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_loop")
    )
    return made


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
def test_every_file_that_the_loop_is_compiled_from_is_named(algorithm):
    own = Path(inspect.getsourcefile(algorithm.config))
    its = Module(own)
    made = _call_of_a_factory(own)
    path = its.imported[made.func.id]
    module = Module(path)
    factory = module.defined[made.func.id]
    calls = [node for node in ast.walk(factory) if isinstance(node, ast.Call)]
    (call,) = (node for node in calls if ast.unparse(node.func) == "compiled")
    named = module.named(call) | its.named(made) | {path, own}
    used = module.used(factory)
    for each in made.args[1:]:
        where = its if each.id in its.defined else Module(its.imported[each.id])
        used |= where.used(where.defined[each.id])
    for file in module.named(call):
        used |= set(Module(file).imported.values())
    assert used - ALWAYS <= named
