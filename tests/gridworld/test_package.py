import inspect
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import gridworld

ROOT = Path(gridworld.__file__).parents[1]


def run(code, *options):
    """A fresh interpreter's output, errors included, for a piece of code."""
    done = subprocess.run(
        [sys.executable, *options, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "module", ["panel", "bokeh", "holoviews", "panel_material_ui", "scipy.sparse", "tqdm", "pandas"]
)
def test_importing_the_core_does_not_load(module):
    assert run(f"import gridworld, sys; print({module!r} in sys.modules)").strip() == "False"


def test_training_loads_no_user_interface():
    loaded = run(
        "import sys; from gridworld import Trainer; Trainer().step_episode();"
        "print(*{'panel', 'bokeh', 'holoviews'} & set(sys.modules))"
    )
    assert loaded.strip() == ""


def test_importing_prints_and_warns_of_nothing():
    assert run("import gridworld", "-W", "error") == ""


def test_importing_leaves_numpys_global_generator_alone():
    code = (
        "import numpy as np; np.random.seed(0); import gridworld;"
        "gridworld.Trainer().step_episode(); print(np.random.random())"
    )
    assert run(code) == run("import numpy as np; np.random.seed(0); print(np.random.random())")


def test_the_exported_names_are_sorted_and_complete():
    public = {
        name
        for name, value in vars(gridworld).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    modules = {name for name in gridworld.__all__ if inspect.ismodule(getattr(gridworld, name))}
    assert set(gridworld.__all__) == public | modules | {"__version__"}
    of_algorithms = gridworld.algorithms.__all__
    own = gridworld.__all__[: -len(of_algorithms)]
    assert gridworld.__all__ == [*own, *of_algorithms]
    for names in (own, of_algorithms):
        # Constants, classes, functions, as Ruff sorts them.
        ranks = [(not name.isupper(), not name[0].isupper(), name) for name in names]
        assert ranks == sorted(ranks)
    assert len(gridworld.__all__) == len(set(gridworld.__all__))


def test_every_exported_name_is_documented():
    undocumented = [
        name
        for name in gridworld.__all__
        if callable(getattr(gridworld, name)) and not inspect.getdoc(getattr(gridworld, name))
    ]
    assert undocumented == []


def test_importing_registers_the_environment():
    assert gymnasium.spec("GridWorld-v0").entry_point == "gridworld.worlds.env:GridWorldEnv"
