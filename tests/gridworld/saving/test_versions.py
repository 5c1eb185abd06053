"""Files that earlier versions wrote are read, and their runs go on to the same bits."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from gridworld import Change, LoadError, Status, Trainer
from tests.gridworld.saving.test_broken_files import changed, packed, without_header

DATA = Path(__file__).with_name("data")
#: Hashes of what a run of each file comes to, made by the version that wrote the file.
ENDS = {
    "version_1.npz": "8c2881ba139a5e1387475bb977c72c569fa776458eb68c90c441ecc56776f98d",
    "version_2.npz": "8c2881ba139a5e1387475bb977c72c569fa776458eb68c90c441ecc56776f98d",
    "version_3.npz": "1bf7f8e125fb705ea89bf7d35a61245b135159af13e04617eacd4f01b08310f9",
}
MADE = (
    Change(400, 5, "epsilon", 0.5),
    Change(400, 5, "discount_factor", 0.95),
    Change(500, 17, "learning_rate", 0.2),
)


def digest(trainer):
    """A hash of all tables, trails and records of a run."""
    now, found = trainer.snapshot, hashlib.sha256()
    for frame in (*trainer.keyframes, now):
        for array in (frame.q_values, frame.visits, frame.trail):
            found.update(array.tobytes())
    for array in (now.episode_returns, now.episode_lengths):
        found.update(array.tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", ENDS)
def test_a_file_of_each_version_goes_on_to_the_same_bits(name, tmp_path):
    trainer = Trainer.load(DATA / name)
    assert (trainer.status, trainer.total_steps) == (Status.PAUSED, 1001)
    trainer.save(tmp_path / "again.npz")
    for each in (trainer, Trainer.load(tmp_path / "again.npz")):
        each.train(show_progress=False)
        assert digest(each) == ENDS[name]


def test_a_file_of_version_1_is_q_learning():
    trainer = Trainer.load(DATA / "version_1.npz")
    assert trainer.origin.algorithm == "q_learning"
    assert trainer.origin.scheduled == (
        Change(500, 0, "learning_rate", 0.2),
        Change(1500, 0, "epsilon", 0.3),
    )
    assert trainer.changes == MADE


def test_updates_of_version_1_are_completed_exactly():
    trainer = Trainer.load(DATA / "version_1.npz")
    again = Trainer.load(DATA / "version_1.npz")
    again.reset()
    again._changes = tuple(sorted((*MADE, *again._changes[1:])))
    again.start()
    steps = 0
    for frame in (*trainer.keyframes, trainer.snapshot):
        again.advance(frame.total_steps - steps)
        steps = frame.total_steps
        assert again.snapshot.last_step == frame.last_step
        assert again.snapshot.last_update == frame.last_update
    assert steps == 1001


def old():
    with np.load(DATA / "version_1.npz") as file:
        return json.loads(file["header"].tobytes()), without_header(file)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["learner"], "SarsaConfig", "^learner must be QLearningConfig, got 'SarsaConfig'"),
        (["numbers", "keyframe_interval"], 0, "^keyframe_interval must be"),
        (["numbers", "total_steps"], None, "^total_steps must be a whole number"),
        (["numbers"], [], "^numbers must be named fields"),
        (["counts", "planned"], -1, "^counts: scheduled must be"),
        (["counts", "evaluations"], 10**9, "^counts: evaluations must be"),
        (["counts"], None, "^counts must be named fields"),
        (["numbers", "evaluation_interval"], "1" * 9, "^evaluation_interval must be"),
        (["algorithm"], "sarsa", "^header has the unknown field 'algorithm'"),
    ],
)
def test_a_wrong_field_of_version_1_is_named(path, value, message):
    header, arrays = old()
    with pytest.raises(LoadError, match=message):
        Trainer.load(packed(changed(header, path, value), arrays))


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("updates", "next_state", 99, "^updates: next_state must be from 0 to 8, got"),
        ("updates", "action", -1, "^updates: action must be from 0 to 3, got"),
        ("updates", "old_value", np.nan, "^updates: old_value must be finite"),
        ("changes", "name", 3, "^changes: tune takes learning_rate"),
        ("changes", "name", 255, "^changes: tune takes learning_rate"),
    ],
)
def test_a_wrong_value_of_version_1_is_named(name, field, value, message):
    header, arrays = old()
    array = arrays[name].copy()
    array[field][-1] = value
    with pytest.raises(LoadError, match=message):
        Trainer.load(packed(header, arrays | {name: array}))
