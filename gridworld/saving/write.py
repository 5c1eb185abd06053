"""Runs saved to a file, exact to the last bit.

The file is a compressed NPZ archive without pickles. It has a ``header`` of JSON with the
format's version, the configs, the seed and the generators' states, and the arrays of
`schema.array_shapes`. ``numpy.load`` can open it, too; the last frame, such as
``q_values[-1]``, is the run at the time of saving.
"""

import json
import os

from gridworld.atomic import replacing
from gridworld.saving import npz
from gridworld.saving.schema import (
    ENVIRONMENT,
    FORMAT,
    VERSION,
    SavedRun,
    changes_to_array,
    world_of,
)


def save(saved: SavedRun, path: str | os.PathLike[str]) -> None:
    """Writes a file; an existing one stays until the new one is whole.

    Raises:
        OSError: If it cannot be written.
    """
    origin, state = saved.origin, saved.state
    header = {
        "format": FORMAT,
        "version": VERSION,
        "status": str(saved.status),
        "environment": ENVIRONMENT if origin.env is None else origin.level,
        "world": world_of(origin, state),
        "algorithm": origin.algorithm,
        "exploration": origin.learning["exploration"],
        "learning": {k: value for k, value in origin.learning.items() if k != "exploration"},
        "seed": hex(origin.seed),
        "counts": state.counts | {"scheduled": len(origin.scheduled)},
        "numbers": state.numbers,
    }
    with replacing(path) as file:
        text = {"header": json.dumps(header, allow_nan=False)}
        arrays = state.arrays | {"scheduled": changes_to_array(origin.scheduled)}
        npz.write(file, text, arrays)
