"""No page waits for compiled code: another process makes it, and the room says so."""

import subprocess
import sys

import pytest

from dashboard.rooms import preparation
from dashboard.rooms import room as room_module
from dashboard.rooms.preparation import Preparation
from gridworld import ALGORITHMS, Status, StatusError


class Process:
    """A process that compiles for as long as it is told to."""

    def __init__(self, command, **_):
        self.command, self.status = command, None

    def poll(self):
        return self.status


@pytest.fixture
def prepared(monkeypatch, clock):
    """Keys of the algorithms that count as prepared."""
    prepared = set()
    monkeypatch.setattr(preparation, "is_prepared", prepared.__contains__)
    monkeypatch.setattr(preparation.subprocess, "Popen", Process)
    monkeypatch.setattr(preparation, "time", clock)
    return prepared


@pytest.fixture
def made(prepared, monkeypatch):
    made = Preparation()
    monkeypatch.setattr(room_module, "preparation", lambda: made)
    return made


def test_one_process_is_started_if_something_is_missing(prepared, made):
    made.begin()
    process = made._process
    assert process.command[1:] == ["-m", "gridworld", "compile", "--quiet"]
    made.begin()
    assert made._process is process


def test_no_process_is_started_if_nothing_is_missing(prepared, made):
    prepared.update(ALGORITHMS)
    made.begin()
    assert made._process is None
    assert not any(made.is_under_way(key) for key in ALGORITHMS)


def test_an_algorithm_is_ready_as_soon_as_it_is_prepared(prepared, made, clock):
    made.begin()
    assert made.is_under_way("sarsa")
    assert made.is_under_way("q_learning")
    prepared.add("q_learning")
    clock.now += 1
    assert not made.is_under_way("q_learning")
    assert made.is_under_way("sarsa")


@pytest.mark.parametrize("status", [0, 1, -9])
def test_nothing_waits_for_a_process_that_has_ended(made, clock, status, caplog):
    made.begin()
    made._process.status = status
    clock.now += 1
    assert not made.is_under_way("sarsa")
    assert bool(caplog.records) is bool(status)


def test_a_room_waits_and_says_for_what(make_room, prepared, made, clock):
    made.begin()
    room = make_room()
    room.advance_to(0.0)
    assert room.preparing == "Q-learning"
    for step in (room.step, room.step_episode):
        with pytest.raises(StatusError, match="Q-learning is being prepared"):
            step()
    room.learner.algorithm = "sarsa"
    room.start()
    for now in range(1, 5):
        revision = room.revision
        room.advance_to(now)
    assert (room.preparing, room.status) == ("SARSA", Status.RUNNING)
    assert (room.snapshot.total_steps, room.revision) == (0, revision)
    prepared.add("sarsa")
    clock.now += 1
    room.advance_to(10)
    room.advance_to(11)
    assert room.preparing is None
    assert room.snapshot.total_steps > 0


def test_where_no_page_asked_for_it_nothing_waits(make_room, made):
    room = make_room()
    room.step()
    assert (room.preparing, room.snapshot.total_steps) == (None, 1)


def test_all_is_prepared_by_the_command(tmp_path):
    command = [sys.executable, "-m", "gridworld", "compile"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("All algorithms are prepared.\n")
