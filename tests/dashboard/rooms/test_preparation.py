"""No page waits for compiled code: another process makes it, and the room says so."""

import subprocess
import sys

import pytest

from dashboard.rooms import preparation
from dashboard.rooms import room as room_module
from dashboard.rooms.preparation import Preparation
from gridworld import ALGORITHMS, Status, StatusError


class Compiling:
    """What compiles elsewhere: what happens at each look at it, and what is prepared by then."""

    def __init__(self):
        self.prepared, self.loaded, self.steps, self.status = set(), [], [], 0
        self.started = []

    def __call__(self, command, **_):
        self.started.append(command)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def poll(self):
        if not self.steps:
            return self.status
        self.prepared |= self.steps.pop(0)
        return None


class Begun:
    """A thread that is not started."""

    def __init__(self, target, **_):
        self.target = target

    def start(self):
        pass


@pytest.fixture
def compiling(monkeypatch):
    compiling = Compiling()
    monkeypatch.setattr(preparation, "is_prepared", compiling.prepared.__contains__)
    monkeypatch.setattr(preparation, "is_kept", lambda: True)
    monkeypatch.setattr(preparation, "prepare", compiling.loaded.append)
    monkeypatch.setattr(preparation.subprocess, "Popen", compiling)
    monkeypatch.setattr(preparation.time, "sleep", lambda _: None)
    monkeypatch.setattr(preparation, "Thread", Begun)
    return compiling


@pytest.fixture
def made(compiling, monkeypatch):
    made = Preparation()
    monkeypatch.setattr(room_module, "preparation", lambda: made)
    return made


def test_another_process_compiles_what_is_missing_and_its_code_is_loaded(
    compiling, made, monkeypatch
):
    made.begin()
    assert all(made.is_under_way(key) for key in ALGORITHMS)
    others = set(ALGORITHMS) - {"q_learning"}
    compiling.steps = [set(), {"q_learning"}, set(), others]
    seen = []

    def loading(key):
        seen.append((key, sorted(made._pending), len(compiling.steps)))

    monkeypatch.setattr(preparation, "prepare", loading)
    made._work()
    assert compiling.started == [(sys.executable, "-m", "gridworld", "compile", "--quiet")]
    # Each as soon as it is there.
    assert seen[:2] == [("q_learning", sorted(ALGORITHMS), 2), ("sarsa", sorted(others), 0)]
    assert not any(made.is_under_way(key) for key in ALGORITHMS)


def test_no_process_is_started_if_nothing_is_missing(compiling, made):
    compiling.prepared |= set(ALGORITHMS)
    made.begin()
    assert not any(made.is_under_way(key) for key in ALGORITHMS)
    made._work()
    assert compiling.started == []
    assert compiling.loaded == list(ALGORITHMS)


def test_where_nothing_can_be_kept_it_is_done_here(compiling, made, monkeypatch):
    monkeypatch.setattr(preparation, "is_kept", lambda: False)
    made.begin()
    made._work()
    assert compiling.started == []
    assert compiling.loaded == list(ALGORITHMS)


@pytest.mark.parametrize("status", [0, 1, -9])
def test_what_a_process_that_has_ended_did_not_do_is_done_here(compiling, made, status, caplog):
    compiling.status = status
    made.begin()
    made._work()
    assert compiling.loaded == list(ALGORITHMS)
    assert not made.is_under_way("sarsa")
    assert bool(caplog.records) is bool(status)


def test_a_failure_is_logged_and_nothing_waits_for_ever(made, monkeypatch, caplog):
    def fail(key):
        raise MemoryError(key)

    monkeypatch.setattr(preparation, "prepare", fail)
    made.begin()
    made._work()
    assert "sarsa could not be prepared" in caplog.text
    assert not made.is_under_way("sarsa")


def test_it_begins_once(compiling, made, monkeypatch):
    begun = []
    monkeypatch.setattr(preparation, "Thread", lambda **_: begun.append(1) or Begun(None))
    made.begin()
    made.begin()
    assert begun == [1]


def test_a_room_waits_and_says_for_what(make_room, made):
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
    made._pending.discard("sarsa")
    room.advance_to(10)
    room.advance_to(11)
    assert room.preparing is None
    assert room.snapshot.total_steps > 0


def test_where_no_page_asked_for_it_nothing_waits(make_room, made):
    room = make_room()
    room.step()
    assert (room.preparing, room.snapshot.total_steps) == (None, 1)


def test_all_is_prepared_by_the_command():
    command = [sys.executable, "-m", "gridworld", "compile"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("All algorithms are prepared.\n")
