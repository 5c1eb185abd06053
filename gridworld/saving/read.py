"""Reads runs back from a file, and checks every field."""

import json
import re
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms import ALGORITHMS
from gridworld.learning.config import EXPLORATIONS, LearningConfig
from gridworld.runs.changes import MAX_CHANGES
from gridworld.runs.history import MAX_EVALUATIONS, MAX_KEYFRAMES
from gridworld.runs.run import Run
from gridworld.runs.spec import RunSpec, parameters_of
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
from gridworld.worlds.world import World

#: Most hexadecimal digits of a seed.
_MAX_SEED_DIGITS = 100_000

Config = TypeVar("Config", GridWorldConfig, LearningConfig)


def load(source: Source) -> SavedRun:
    """Reads a file.

    Raises:
        LoadError: If it is not a saved run, or is broken.
        OSError: If it cannot be opened.
    """
    with npz.opened(source) as opened:
        return _read(opened)


def check_status(status: Status, run: Run) -> None:
    """Raises LoadError if a run with so many steps and episodes cannot have that status."""
    if status is Status.IDLE:
        require(not run.total_steps, f"status must not be IDLE after {run.total_steps} steps")
    if status is Status.FINISHED:
        require(run.ended, f"status must not be FINISHED after {run.episode} episodes")


def _read(opened: Archive) -> SavedRun:
    header = _header(opened)
    is_old = header["version"] == version_1.VERSION
    if is_old:
        header = version_1.header_of(header)
    if header["version"] < VERSION:
        header = _with_later_settings(header)
    checks.names(header, FIELDS, "header")
    status = checks.one_of("status", header["status"], Status)
    checks.one_of("environment", header["environment"], [ENVIRONMENT])
    exploration = checks.one_of("exploration", header["exploration"], EXPLORATIONS)
    algorithm = ALGORITHMS[checks.one_of("algorithm", header["algorithm"], ALGORITHMS)]
    world = _config("world", GridWorldConfig, header["world"])
    learning = _config("learning", algorithm.config, header["learning"], exploration=exploration)
    counts = _counts(header["counts"], learning.num_episodes)
    n_scheduled = counts.pop("scheduled")
    n_states, n_actions, n_outcomes = World.from_config(world).next_state.shape
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


def _with_later_settings(header: dict[str, Any]) -> dict[str, Any]:
    """The header of an earlier version with the defaults of settings that came later."""
    learning = header.get("learning")
    if not isinstance(learning, dict):
        return header  # it is refused for that
    of_exploring = {name for each in EXPLORATIONS.values() for name in each.parameters}
    later = {name: LearningConfig.param[name].default for name in of_exploring}
    return header | {"learning": later | learning}


def _seed(text: Any) -> int:
    fits = isinstance(text, str) and len(text) <= _MAX_SEED_DIGITS
    require(
        fits and re.fullmatch("0x[0-9a-f]+", text), "seed must be a hexadecimal number from 0x0"
    )
    return int(text, 16)
