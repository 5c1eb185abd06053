"""Tables of a run, as CSV and Parquet: its episodes and its Q-table."""

import csv
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.atomic import replacing
from gridworld.planning.evaluation import best_actions
from gridworld.runs.snapshot import HasSnapshot, Snapshot, snapshot_of
from gridworld.worlds.moves import action_names

Path = str | os.PathLike[str]
#: Rows of CSV that are converted at a time.
_ROWS_AT_ONCE = 10_000


def episodes_to_csv(run: HasSnapshot | Snapshot, path: Path) -> None:
    """Writes the completed episodes as CSV, one episode a line.

    Columns: ``episode`` from 1, ``return`` undiscounted, ``length`` in steps, ``success``
    as true or false. Reading the numbers back gives the same bits.

    Args:
        run: The run.
        path: The file; an existing one is replaced.
    """
    _to_csv(_episodes(snapshot_of(run)), path)


def q_table_to_csv(run: HasSnapshot | Snapshot, path: Path) -> None:
    """Writes the Q-table as CSV, one state and action a line, walls included.

    Columns: ``row`` and ``col`` from 0 at the top left, ``state``, ``action`` by name, ``q``,
    ``visits``, and ``best``, whether the action is a best one there.

    Args:
        run: The run.
        path: The file; an existing one is replaced.
    """
    _to_csv(_q_table(snapshot_of(run)), path)


def episodes_to_parquet(run: HasSnapshot | Snapshot, path: Path) -> None:
    """Writes the table of `episodes_to_csv` as Parquet.

    Raises:
        ImportError: If pyarrow is not installed.
    """
    _to_parquet(_episodes(snapshot_of(run)), path)


def q_table_to_parquet(run: HasSnapshot | Snapshot, path: Path) -> None:
    """Writes the table of `q_table_to_csv` as Parquet.

    Raises:
        ImportError: If pyarrow is not installed.
    """
    _to_parquet(_q_table(snapshot_of(run)), path)


def _episodes(snapshot: Snapshot) -> dict[str, NDArray]:
    return {
        "episode": np.arange(1, snapshot.episode + 1),
        "return": snapshot.episode_returns,
        "length": snapshot.episode_lengths,
        "success": snapshot.episode_successes,
    }


def _q_table(snapshot: Snapshot) -> dict[str, NDArray]:
    n_states, n_actions = snapshot.q_values.shape
    n_cols = len(snapshot.layout.split()[0]) if snapshot.layout else n_states
    states = np.repeat(np.arange(n_states), n_actions)
    return {
        "row": states // n_cols,
        "col": states % n_cols,
        "state": states,
        "action": np.tile(action_names(snapshot.moves, n_actions), n_states),
        "q": snapshot.q_values.ravel(),
        "visits": snapshot.visits.ravel(),
        "best": best_actions(snapshot.q_values).ravel(),
    }


def _to_csv(columns: dict[str, NDArray], path: Path) -> None:
    n_rows = len(next(iter(columns.values())))
    with replacing(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for begin in range(0, n_rows, _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            writer.writerows(zip(*(_plain(c[rows]) for c in columns.values()), strict=True))


def _plain(column: NDArray) -> list[Any]:
    if column.dtype == np.bool_:
        return np.where(column, "true", "false").tolist()
    return list(column.tolist())


def _to_parquet(columns: dict[str, NDArray], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ImportError(
            'Parquet needs pyarrow: python -m pip install "gridworld-dashboard[parquet]"'
        ) from None
    table = pyarrow.table({name: pyarrow.array(column) for name, column in columns.items()})
    with replacing(path) as file:
        parquet.write_table(table, file)
