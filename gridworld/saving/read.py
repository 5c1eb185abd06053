"""Reads runs back from a file, and checks every field."""

import json
import re
from collections.abc import Callable
from reprlib import repr as shortened
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import ALGORITHMS
from gridworld.learning.config import EXPLORATIONS, LearningConfig
from gridworld.learning.model import PlanningConfig
from gridworld.runs.changes import MAX_CHANGES
from gridworld.runs.history import MAX_EVALUATIONS, MAX_KEYFRAMES
from gridworld.runs.run import Run
from gridworld.runs.spec import RunSpec, parameters_of
from gridworld.runs.stages import n_outcomes_of, stages_of
from gridworld.runs.status import Status
from gridworld.saving import checks, npz, version_1
from gridworld.saving.checks import NO_RUN, LoadError, require
from gridworld.saving.npz import Archive, Source
from gridworld.saving.schema import (
    CHANGE,
    ENVIRONMENT,
    FIELDS,
    FORMAT,
    VERSION,
    RunState,
    SavedRun,
    array_shapes,
    changes_from_array,
)
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env_config import EnvConfig
from gridworld.worlds.levels import LEVELS

#: Settings of a world that versions before 4 do not have.
_LATER_OF_WORLD = ("moves", "gust", "later_layout", "change_after")
#: Most hexadecimal digits of a seed.
_MAX_SEED_DIGITS = 100_000

Config = TypeVar("Config", GridWorldConfig, LearningConfig)


def load(source: Source, config: EnvConfig | None = None) -> SavedRun:
    """Reads a file.

    Args:
        source: The file.
        config: The environment of a run that is in one which is no level.

    Raises:
        LoadError: If it is not a saved run, is broken, or is in another environment.
        OSError: If it cannot be opened.
    """
    with npz.opened(source) as opened:
        return _read(opened, config)


def check_status(status: Status, run: Run) -> None:
    """Raises LoadError if a run with so many steps and episodes cannot have that status."""
    if status is Status.IDLE:
        require(not run.total_steps, f"status must not be IDLE after {run.total_steps} steps")
    if status is Status.FINISHED:
        require(run.ended, f"status must not be FINISHED after {run.episode} episodes")


def _read(opened: Archive, config: EnvConfig | None) -> SavedRun:
    header = _header(opened)
    is_old = header["version"] == version_1.VERSION
    if is_old:
        header = version_1.header_of(header)
    if header["version"] < VERSION:
        header = _with_later_settings(header)
    checks.names(header, FIELDS, "header")
    status = checks.one_of("status", header["status"], Status)
    name = header["environment"]
    of_levels = [key for key, level in LEVELS.items() if level.env is not None]
    known = [ENVIRONMENT] if config is None else [ENVIRONMENT, config.name_of_env]
    require(
        name in (*known, *of_levels),
        f"environment must be {' or '.join(known)}, got {shortened(name)}: a run in another one "
        "is loaded together with it",
    )
    exploration = checks.one_of("exploration", header["exploration"], EXPLORATIONS)
    algorithm = ALGORITHMS[checks.one_of("algorithm", header["algorithm"], ALGORITHMS)]
    world: Any
    if name == ENVIRONMENT:
        world = _config("world", GridWorldConfig, header["world"])
    elif config is not None and name == config.name_of_env:
        world = _config_of_env(header["world"], lambda given: EnvConfig(config.env, **given))
    else:
        world = _config_of_env(header["world"], lambda given: GridWorldConfig(level=name, **given))
    learning = _config("learning", algorithm.config, header["learning"], exploration=exploration)
    counts = _counts(header["counts"], learning.num_episodes)
    n_scheduled = counts.pop("scheduled")
    try:
        stages = stages_of(world, algorithm.plans)
    except ValueError as error:
        raise LoadError(f"environment: {error}") from None
    n_states, n_actions = stages[0].n_states, stages[0].n_actions
    n_outcomes = n_outcomes_of(stages) or _room_for_outcomes(header["numbers"], n_states)
    memory = algorithm.memory(learning, n_states, n_actions, int(world.max_steps), n_outcomes)
    shapes = array_shapes(counts, memory) | {"scheduled": (CHANGE, (n_scheduled,))}
    if is_old:
        old = _arrays(opened, version_1.shapes_of(shapes))
        arrays = version_1.arrays_of(old, header["numbers"], learning)
    else:
        arrays = _arrays(opened, shapes)
    try:
        scheduled = changes_from_array(arrays.pop("scheduled"))
    except ValueError as error:
        raise LoadError(f"scheduled: {error}") from None
    origin = RunSpec(
        parameters_of(world),
        algorithm.key,
        parameters_of(learning),
        _seed(header["seed"]),
        scheduled,
    )
    return SavedRun(origin, Status(status), RunState(counts, header["numbers"], arrays))


def _arrays(
    opened: Archive, shapes: dict[str, tuple[np.dtype, tuple[int, ...]]]
) -> dict[str, NDArray]:
    expected = sorted(f"{name}.npy" for name in (*shapes, "header"))
    require(opened.names == expected, f"file must hold {expected}, got {opened.names[:50]}")
    return {name: opened.array(name, dtype, shape) for name, (dtype, shape) in shapes.items()}


def _header(opened: Archive) -> dict[str, Any]:
    require("header.npy" in opened.names, NO_RUN)
    try:
        header = json.loads(opened.text("header"), parse_constant=_refuse)
    except LoadError:
        raise
    except (ValueError, RecursionError) as error:
        raise LoadError(f"header must be JSON: {error}") from None
    kind = header.get("format") if isinstance(header, dict) else None
    require(kind == FORMAT, NO_RUN)
    version = checks.whole("version", header.get("version"), 1, 2**31)
    require(
        version <= VERSION,
        f"version must be at most {VERSION}, got {version}: a newer gridworld wrote the file",
    )
    return header  # type: ignore[no-any-return]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not allowed")


def _counts(fields: Any, num_episodes: int) -> dict[str, int]:
    most = {
        "episodes": num_episodes,
        "frames": MAX_KEYFRAMES + 1,
        "evaluations": MAX_EVALUATIONS,
        "changes": MAX_CHANGES,
        "scheduled": MAX_CHANGES,
    }
    least = {"frames": 2, "evaluations": 1}
    fields = checks.names(fields, most, "counts")
    return {
        name: checks.whole(f"counts: {name}", fields[name], least.get(name, 0), high)
        for name, high in most.items()
    }


def _config(name: str, kind: type[Config], fields: Any, **others: Any) -> Config:
    """The config of a field, and of parameters that stand elsewhere."""
    expected = [parameter for parameter in kind.param if parameter not in {"name", *others}]
    try:
        return kind(**{**checks.names(fields, expected, name), **others})
    except LoadError:
        raise
    except (ValueError, TypeError) as error:
        raise LoadError(f"{name}: {error}") from None


def _room_for_outcomes(numbers: Any, n_states: int) -> int:
    """The outcomes of each action for which a model has room, where it is not the world's."""
    require(isinstance(numbers, dict), f"numbers must be named fields, got {shortened(numbers)}")
    # Room is doubled, so that there may be twice as much as can be used.
    return checks.whole("n_outcomes", numbers.get("n_outcomes"), 0, 4 * n_states)


def _config_of_env(fields: Any, make: Callable[[dict[str, Any]], Any]) -> Any:
    """The config of an environment, as a file tells it.

    Raises:
        LoadError: If the environment is another one.
    """
    fields = checks.names(fields, ("max_steps", "n_states", "n_actions"), "world")
    try:
        made = make({"max_steps": fields["max_steps"]})
    except ValueError as error:
        raise LoadError(f"world: {error}") from None
    (stage,) = stages_of(made, plans=False)
    for name, expected in (("n_states", stage.n_states), ("n_actions", stage.n_actions)):
        checks.whole(f"world: {name}", fields[name], expected, expected)
    return made


def _with_later_settings(header: dict[str, Any]) -> dict[str, Any]:
    """The header of an earlier version with the defaults of settings that came later."""
    world, learning = header.get("world"), header.get("learning")
    if not (isinstance(world, dict) and isinstance(learning, dict)):
        return header  # it is refused for that
    later = {name: GridWorldConfig.param[name].default for name in _LATER_OF_WORLD}
    of_exploring = {name for each in EXPLORATIONS.values() for name in each.parameters}
    brought = {name: LearningConfig.param[name].default for name in of_exploring}
    algorithm = ALGORITHMS.get(str(header.get("algorithm")))
    if algorithm is not None and issubclass(algorithm.config, PlanningConfig):
        brought["model"] = PlanningConfig.param.model.default
    numbers = header.get("numbers")
    if isinstance(numbers, dict):
        header = header | {"numbers": {"n_outcomes": 0} | numbers}
    return header | {"world": later | world, "learning": brought | learning}


def _seed(text: Any) -> int:
    fits = isinstance(text, str) and len(text) <= _MAX_SEED_DIGITS
    require(
        fits and re.fullmatch("0x[0-9a-f]+", text), "seed must be a hexadecimal number from 0x0"
    )
    return int(text, 16)
