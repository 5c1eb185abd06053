"""Saved and loaded, a run goes on to the same bits."""

import io
import json
import os
import pathlib
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    TUNABLE,
    Change,
    GridWorldConfig,
    LoadError,
    QLearningConfig,
    Status,
    Trainer,
)
from gridworld.algorithms.q_learning import Q_LEARNING
from gridworld.planning.analysis import Findings
from gridworld.saving.npz import MAX_FILE_BYTES
from tests.gridworld.grids import GRIDS
from tests.gridworld.other_loops import other_loop
from tests.gridworld.runs.test_run import all_of, bits_of, drive, make
from tests.gridworld.test_trainer import make_in

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def loaded(trainer, path):
    trainer.save(path)
    return Trainer.load(path)


def finished(trainer):
    if trainer.status is Status.PAUSED:
        trainer.resume()
    return drive(trainer, [10**9])


def kept(trainer):
    """What is there before anything is worked out or learned on."""
    return {
        "snapshot": {
            name: bits_of(value)
            for name, value in vars(trainer.snapshot).items()
            if name != "status" and name not in Findings._fields
        },
        "changes": trainer.changes,
        "keyframes": [
            [bits_of(value) for value in vars(frame).values()] for frame in trainer.keyframes
        ],
    }


#: What may be tuned where it is explored ε-greedily.
TUNED = [name for name in TUNABLE if name in QLearningConfig().in_effect]
CHANGES = st.builds(
    Change, st.integers(0, 4000), st.just(0), st.sampled_from(TUNED), st.floats(0.01, 1)
)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(0, 500), st.sampled_from(TUNED), st.floats(0.01, 1))),
    st.lists(CHANGES, max_size=4),
    st.sampled_from([0, 2]),
    st.booleans(),
    st.integers(0, 2**70),
)
def test_a_loaded_run_goes_on_to_the_same_bits(
    tmp_path_factory, n_steps, tuned, scheduled, optimal_evaluations, analyse, seed
):
    trainer = make(scheduled, optimal_evaluations=optimal_evaluations, seed=seed)
    trainer.advance(n_steps)
    for more, name, value in tuned:
        if trainer.status is Status.RUNNING:
            trainer.tune(**{name: value})
            trainer.advance(more)
    if analyse:
        trainer.analyse()
    other = loaded(trainer, tmp_path_factory.mktemp("saved") / "run.npz")
    assert kept(other) == kept(trainer)
    assert all_of(finished(other)) == all_of(finished(trainer))
    for run in (trainer, other):
        run.reset()
    assert all_of(finished(other)) == all_of(finished(trainer))


@pytest.mark.parametrize("level", [level for level in GRIDS if level != "custom"])
def test_every_level_can_be_saved(level, path):
    trainer = make(level=level, num_episodes=20)
    trainer.advance(500)
    other = loaded(trainer, path)
    before, after = trainer.world_config, other.world_config
    assert {**after.param.values(), "name": ""} == {**before.param.values(), "name": ""}
    assert all_of(finished(other)) == all_of(finished(trainer))


def test_a_large_run_can_be_saved(path):
    world = GridWorldConfig(level="random", n_rows=100, n_cols=100, slip=0.1, max_steps=5000)
    trainer = Trainer(world, QLearningConfig(num_episodes=10_000_000))
    trainer.advance(30_000)
    assert kept(loaded(trainer, path)) == kept(trainer)
    assert path.stat().st_size < MAX_FILE_BYTES


@pytest.mark.parametrize("status", Status)
def test_every_status_can_be_saved(status, path):
    trainer = make_in(status)
    before = kept(trainer)
    trainer.save(path)
    assert trainer.status is status
    assert kept(trainer) == before
    other = Trainer.load(path)
    assert kept(other) == before
    assert other.status is (Status.PAUSED if status is Status.RUNNING else status)


def test_a_running_trainer_is_saved_as_it_is(path):
    make_in(Status.RUNNING).save(path)
    with np.load(path) as file:
        header = json.loads(file["header"].tobytes())
        assert header["status"] == "RUNNING"
        assert file["q_values"].shape[1:] == (25, 4)


def test_the_file_tells_of_the_run_not_of_later_edits(path):
    trainer = make_in(Status.PAUSED)
    trainer.world_config.level = "hard"
    trainer.learning_config.num_episodes = 7
    trainer.seed = 99
    other = loaded(trainer, path)
    assert (other.world_config.level, other.learning_config.num_episodes, other.seed) == (
        "easy",
        20,
        0,
    )
    assert all_of(finished(other)) == all_of(finished(trainer))


def test_what_was_worked_out_about_evaluations_is_kept(path):
    trainer = finished(make())
    trainer.analyse()
    other = loaded(trainer, path)
    assert len(other.snapshot.evaluation_returns) > 10
    assert (other.snapshot.evaluation_returns == trainer.snapshot.evaluation_returns).all()
    assert (other.snapshot.plan, other.snapshot.gap) == (None, None)


def test_an_interrupted_run_can_be_saved_and_goes_on(path):
    trainer = make()

    def interrupted(*arguments):
        *others, n_steps, last_episode = arguments
        Q_LEARNING.loop(*others, min(n_steps, 50), last_episode)
        raise KeyboardInterrupt

    for _ in range(7):
        with other_loop(trainer, interrupted), pytest.raises(KeyboardInterrupt):
            trainer.train(show_progress=False)
        trainer = loaded(trainer, path)
    assert all_of(finished(trainer)) == all_of(finished(make()))


def test_a_run_goes_on_in_another_process(path):
    trainer = make(slip=0.3)
    trainer.advance(700)
    trainer.tune(epsilon=0.4)
    trainer.advance(33)
    trainer.save(path)
    code = (
        "import sys; from gridworld import Trainer; trainer = Trainer.load(sys.argv[1]);"
        "trainer.train(show_progress=False); trainer.save(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=True)
    assert all_of(Trainer.load(path)) == all_of(finished(trainer))


@pytest.mark.parametrize("wrap", [bytes, bytearray, io.BytesIO, memoryview])
def test_a_run_is_loaded_from_bytes_and_from_a_file(wrap, path):
    trainer = make_in(Status.PAUSED)
    trainer.save(str(path))
    assert kept(Trainer.load(wrap(path.read_bytes()))) == kept(trainer)
    with open(path, "rb") as file:
        assert kept(Trainer.load(file)) == kept(trainer)


def test_the_file_holds_no_pickles(path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a pickle")

    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "dump", refuse)
    trainer = make_in(Status.PAUSED)
    assert kept(loaded(trainer, path)) == kept(trainer)


def test_saving_replaces_the_file_a_link_points_to(tmp_path, path):
    link = tmp_path / "latest.npz"
    path.write_bytes(b"old")
    link.symlink_to(path)
    trainer = make_in(Status.PAUSED)
    trainer.save(link)
    assert link.is_symlink()
    assert kept(Trainer.load(path)) == kept(trainer)
    assert sorted(os.listdir(tmp_path)) == ["latest.npz", "run.npz"]


def test_a_failed_saving_leaves_the_old_file_and_no_other(path, monkeypatch):
    trainer = make_in(Status.PAUSED)
    trainer.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    trainer.step()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        trainer.save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["run.npz"]


@pytest.mark.parametrize("wrong", ["missing/run.npz", "."])
def test_a_place_that_cannot_be_written_is_an_os_error(wrong, tmp_path):
    with pytest.raises(OSError, match=r"No such file|is a folder"):
        make().save(tmp_path / wrong)
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_is_cleared_away_later(path):
    old, fresh, other = (
        path.with_name(name) for name in (".run.npz.1.tmp", ".run.npz.2.tmp", ".b.npz.1.tmp")
    )
    for left in (old, fresh, other):
        left.write_bytes(b"half")
    two_hours_ago = time.time() - 7200
    for left in (old, other):
        os.utime(left, (two_hours_ago, two_hours_ago))
    make().save(path)
    assert sorted(os.listdir(path.parent)) == [".b.npz.1.tmp", ".run.npz.2.tmp", "run.npz"]


# Each child saves one run after the other; it is killed in the middle of that.
KILLING = """
import os, random, signal, sys, time
from gridworld import GridWorldConfig, QLearningConfig, Trainer
from tests.gridworld.grids import GRIDS
world = GridWorldConfig(level="random", n_rows=30, n_cols=30, slip=0.1)
trainer = Trainer(world, QLearningConfig(num_episodes=10_000_000), seed=1)
trainer.advance(1000)
started = time.monotonic()
trainer.save(sys.argv[1])
taken = time.monotonic() - started
for _ in range(30):
    child = os.fork()
    while child == 0:
        trainer.advance(1000)
        trainer.save(sys.argv[1])
    time.sleep(random.random() * max(0.15, 6 * taken))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(Trainer.load(sys.argv[1]).snapshot.total_steps)
"""


@pytest.mark.slow
def test_a_process_killed_while_saving_leaves_a_whole_file(path):
    done = subprocess.run(
        [sys.executable, "-c", KILLING, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = [int(steps) for steps in done.stdout.split()]
    assert len(found) == 30
    assert all(steps % 1000 == 0 for steps in found)
    assert len(set(found)) > 1
    assert {name for name in os.listdir(path.parent) if not name.startswith(".")} == {"run.npz"}
    trainer = Trainer.load(path)
    trainer.advance(0) if trainer.status is Status.RUNNING else trainer.step()
    trainer.save(path)
    assert kept(Trainer.load(path)) == kept(trainer)


def test_a_missing_file_is_told_as_such(path):
    with pytest.raises(FileNotFoundError):
        Trainer.load(path)


def test_a_load_error_is_a_value_error():
    assert issubclass(LoadError, ValueError)
