import csv
import sys

import pytest
from pyarrow import parquet

from gridworld import (
    episodes_to_csv,
    episodes_to_parquet,
    q_table_to_csv,
    q_table_to_parquet,
)
from tests.gridworld.runs.test_run import make


@pytest.fixture
def trainer():
    trainer = make()
    trainer.advance(10**9, until_episode=30)
    return trainer


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_episodes_are_written_to_the_last_bit(trainer, tmp_path):
    episodes_to_csv(trainer, tmp_path / "episodes.csv")
    rows = rows_of(tmp_path / "episodes.csv")
    snapshot = trainer.snapshot
    assert list(rows[0]) == ["episode", "return", "length", "success"]
    assert [int(row["episode"]) for row in rows] == list(range(1, 31))
    assert [float(row["return"]) for row in rows] == snapshot.episode_returns.tolist()
    assert [int(row["length"]) for row in rows] == snapshot.episode_lengths.tolist()
    assert [row["success"] == "true" for row in rows] == snapshot.episode_successes.tolist()
    assert {row["success"] for row in rows} == {"true", "false"}


def test_the_q_table_is_written_to_the_last_bit(trainer, tmp_path):
    q_table_to_csv(trainer.snapshot, tmp_path / "q.csv")
    rows = rows_of(tmp_path / "q.csv")
    snapshot = trainer.snapshot
    assert list(rows[0]) == ["row", "col", "state", "action", "q", "visits", "best"]
    assert [float(row["q"]) for row in rows] == snapshot.q_values.ravel().tolist()
    assert [int(row["visits"]) for row in rows] == snapshot.visits.ravel().tolist()
    assert [row["action"] for row in rows[:4]] == ["UP", "RIGHT", "DOWN", "LEFT"]
    for row in rows:
        state = int(row["state"])
        assert trainer.world.position(state) == (int(row["row"]), int(row["col"]))
        best = float(row["q"]) == snapshot.q_values[state].max()
        assert row["best"] == ("true" if best else "false")


def test_a_run_without_episodes_has_the_columns_only(tmp_path):
    episodes_to_csv(make(), tmp_path / "episodes.csv")
    assert (tmp_path / "episodes.csv").read_text() == "episode,return,length,success\n"


@pytest.mark.parametrize(
    ("to_csv", "to_parquet"),
    [(episodes_to_csv, episodes_to_parquet), (q_table_to_csv, q_table_to_parquet)],
)
def test_parquet_holds_what_the_csv_holds(to_csv, to_parquet, trainer, tmp_path):
    to_csv(trainer, tmp_path / "table.csv")
    to_parquet(trainer, str(tmp_path / "table.parquet"))
    table = parquet.read_table(tmp_path / "table.parquet").to_pylist()
    rows = rows_of(tmp_path / "table.csv")
    shown = [
        {name: str(value).lower() if value is True or value is False else str(value)}
        for row in table
        for name, value in row.items()
    ]
    assert shown == [{name: value} for row in rows for name, value in row.items()]


def test_without_pyarrow_the_error_says_how_to_get_it(trainer, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"gridworld-dashboard\[parquet\]"):
        episodes_to_parquet(trainer, tmp_path / "episodes.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_written_leaves_the_old_file(trainer, tmp_path):
    path = tmp_path / "episodes.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="No such file"):
        episodes_to_csv(trainer, tmp_path / "missing" / "episodes.csv")
    assert path.read_text() == "old"
    episodes_to_csv(trainer, path)
    assert path.read_text().startswith("episode,")
