"""Runs saved to a file and loaded again, exact to the last bit.

The file is a compressed NPZ archive without pickles: a ``header`` of JSON with the format's
version, the configs, the seed and the generators' states, and the arrays that
`state.layout_of` tells. ``numpy.load`` opens it, too; the last one of the frames, such as
``q_values[-1]``, is the run as it was saved.
"""

import json
import os
import re
from reprlib import repr as shortened
from typing import Any, NamedTuple, TypeVar

from numpy.typing import NDArray

from gridworld import archive, checks
from gridworld.algorithms.q_learning import QLearningConfig
from gridworld.archive import Archive, Source
from gridworld.checks import LoadError, require
from gridworld.files import replacing
from gridworld.runs.changes import MAX_CHANGES
from gridworld.runs.run import MAX_EVALUATIONS, MAX_KEYFRAMES, Run
from gridworld.runs.snapshot import Status
from gridworld.runs.spec import Origin, parameters_of
from gridworld.state import CHANGE, State, changes_from_array, changes_to_array, layout_of
from gridworld.worlds.config import GridWorldConfig

FORMAT, VERSION = "gridworld run", 1
#: Most hexadecimal digits of a seed.
_MAX_SEED_DIGITS = 100_000
_FIELDS = (
    "format",
    "version",
    "status",
    "world",
    "learner",
    "learning",
    "seed",
    "counts",
    "numbers",
)

Config = TypeVar("Config", GridWorldConfig, QLearningConfig)


class Saved(NamedTuple):
    """What a file tells.

    Attributes:
        origin: What the run was made from.
        status: Its status.
        state: How far it got.
    """

    origin: Origin
    status: Status
    state: State


def save(saved: Saved, path: str | os.PathLike[str]) -> None:
    """Writes a file; until it is whole, the one that was there stays.

    Raises:
        OSError: If it cannot be written.
    """
    origin, state = saved.origin, saved.state
    header = {
        "format": FORMAT,
        "version": VERSION,
        "status": str(saved.status),
        "world": origin.world,
        "learner": QLearningConfig.__name__,
        "learning": origin.learning,
        "seed": hex(origin.seed),
        "counts": state.counts | {"planned": len(origin.planned)},
        "numbers": state.numbers,
    }
    with replacing(path) as file:
        text = {"header": json.dumps(header, allow_nan=False)}
        arrays = state.arrays | {"planned": changes_to_array(origin.planned)}
        archive.write(file, text, arrays)


def load(source: Source) -> Saved:
    """Reads a file.

    Raises:
        LoadError: If it is no saved run, or a broken one.
        OSError: If it cannot be opened.
    """
    with archive.opened(source) as opened:
        return _read(opened)


def check_status(status: Status, run: Run) -> None:
    """Raises LoadError if a run that has got so far cannot have that status."""
    if status is Status.IDLE:
        require(not run.total_steps, f"status must not be IDLE after {run.total_steps} steps")
    if status is Status.FINISHED:
        require(run.ended, f"status must not be FINISHED after {run.episode} episodes")


def _read(opened: Archive) -> Saved:
    header = _header(opened)
    status = header["status"]
    require(
        status in list(Status),
        f"status must be one of {', '.join(Status)}, got {shortened(status)}",
    )
    learner = header["learner"]
    require(
        learner == QLearningConfig.__name__,
        f"learner must be {QLearningConfig.__name__}, got {shortened(learner)}",
    )
    world = _config("world", GridWorldConfig, header["world"])
    learning = _config("learning", QLearningConfig, header["learning"])
    counts = _counts(header["counts"], learning.num_episodes)
    n_planned = counts.pop("planned")
    layout = layout_of(counts, world.n_rows * world.n_cols, 4)
    layout["planned"] = (CHANGE, (n_planned,))
    expected = sorted(f"{name}.npy" for name in (*layout, "header"))
    require(opened.names == expected, f"file must hold {expected}, got {opened.names[:50]}")
    arrays: dict[str, NDArray] = {
        name: opened.array(name, dtype, shape) for name, (dtype, shape) in layout.items()
    }
    try:
        planned = changes_from_array(arrays.pop("planned"))
    except ValueError as error:
        raise LoadError(f"planned: {error}") from None
    origin = Origin(parameters_of(world), parameters_of(learning), _seed(header["seed"]), planned)
    return Saved(origin, Status(status), State(counts, header["numbers"], arrays))


def _header(opened: Archive) -> dict[str, Any]:
    try:
        header = json.loads(opened.text("header"), parse_constant=_refuse)
    except LoadError:
        raise
    except (ValueError, RecursionError) as error:
        raise LoadError(f"header must be JSON: {error}") from None
    kind = header.get("format") if isinstance(header, dict) else None
    require(kind == FORMAT, f"format must be {FORMAT!r}, got {shortened(kind)}")
    version = checks.whole("version", header.get("version"), 1, 2**31)
    require(
        version <= VERSION,
        f"version must be at most {VERSION}, got {version}: a newer gridworld wrote the file",
    )
    return checks.names(header, _FIELDS, "header")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not allowed")


def _counts(fields: Any, num_episodes: int) -> dict[str, int]:
    most = {
        "episodes": num_episodes,
        "frames": MAX_KEYFRAMES + 1,
        "evaluations": MAX_EVALUATIONS,
        "changes": MAX_CHANGES,
        "planned": MAX_CHANGES,
    }
    least = {"frames": 2, "evaluations": 1}
    fields = checks.names(fields, most, "counts")
    return {
        name: checks.whole(f"counts: {name}", fields[name], least.get(name, 0), high)
        for name, high in most.items()
    }


def _config(name: str, kind: type[Config], fields: Any) -> Config:
    expected = [parameter for parameter in kind.param if parameter != "name"]
    try:
        return kind(**checks.names(fields, expected, name))
    except LoadError:
        raise
    except (ValueError, TypeError) as error:
        raise LoadError(f"{name}: {error}") from None


def _seed(text: Any) -> int:
    fits = isinstance(text, str) and len(text) <= _MAX_SEED_DIGITS
    require(
        fits and re.fullmatch("0x[0-9a-f]+", text), "seed must be a hexadecimal number from 0x0"
    )
    return int(text, 16)
