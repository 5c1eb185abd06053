import logging
from contextlib import nullcontext
from itertools import pairwise

import panel as pn
import pytest

from dashboard.page_body import Tab, Tabs
from dashboard.rooms.room import Room
from dashboard.session import runner as runner_module
from dashboard.session.runner import Runner
from gridworld import Status


class Recorder:
    """A view that keeps the snapshots it was told to draw, and fails when asked to."""

    def __init__(self, min_interval=0.0):
        self.min_interval = min_interval
        self.panel = pn.Spacer()
        self.drawn = []
        self.fails = False

    def update(self, snapshot):
        if self.fails:
            raise ValueError("cannot draw")
        self.drawn.append(snapshot)


def make_runner(room, views, told):
    runner = Runner(room, lambda snapshot: told.append(snapshot.status))
    runner.views = views
    return runner


@pytest.fixture
def clock(clock, monkeypatch):
    monkeypatch.setattr(runner_module, "time", clock)
    return clock


@pytest.fixture
def views():
    return [Recorder(), Recorder(min_interval=0.2)]


@pytest.fixture
def told():
    """Statuses that the user was told of."""
    return []


@pytest.fixture
def runner(room, views, told, clock):
    return make_runner(room, views, told)


def tick(runner, clock, n_times, seconds=0.05):
    for _ in range(n_times):
        runner.tick()
        clock.now += seconds


def fail(*_):
    raise ValueError("cannot train")


def test_each_frame_is_drawn_once_and_text_at_a_lower_rate(runner, room, views, clock):
    room.start()
    tick(runner, clock, 1)
    for view in views:
        view.drawn.clear()
    tick(runner, clock, 100)
    assert 99 <= len(views[0].drawn) <= 100
    assert 20 <= len(views[1].drawn) <= 26


def test_a_frame_draws_few_of_the_others_and_each_keeps_its_rate(room, told, clock):
    others = [Recorder(min_interval=interval) for interval in (0.2, 0.2, 0.25, 1.0, 0.5)]
    runner = make_runner(room, others, told)
    room.start()
    tick(runner, clock, 1)
    n_drawn = [[len(view.drawn) for view in others]]
    for _ in range(200):
        tick(runner, clock, 1)
        n_drawn.append([len(view.drawn) for view in others])
    assert max(sum(after) - sum(before) for before, after in pairwise(n_drawn)) == 1
    assert n_drawn[-1] == pytest.approx([50, 50, 40, 10, 20], rel=0.1, abs=2)


def test_what_moves_by_itself_is_told_the_time_at_each_tick(runner, room, views, clock):
    told = []
    runner.each_tick += [fail, told.append]
    tick(runner, clock, 3)
    assert told == pytest.approx([told[0], told[0] + 0.05, told[0] + 0.1])
    assert views[0].drawn  # whatever fails


def test_the_latest_revision_is_drawn_by_all_even_if_none_follows(room, told, clock):
    views = [Recorder(min_interval=0.2) for _ in range(5)]
    runner = make_runner(room, views, told)
    room.start()
    tick(runner, clock, 10)
    room.advance_to = lambda now: None  # RUNNING, and nothing new
    tick(runner, clock, 40)
    assert [view.drawn[-1] for view in views] == [room.snapshot] * 5
    n_drawn = [len(view.drawn) for view in views]
    tick(runner, clock, 20)
    assert [len(view.drawn) for view in views] == n_drawn


def test_nothing_is_drawn_while_nothing_changes(runner, room, views, clock):
    room.step()
    tick(runner, clock, 200)  # in which all is worked out that planning has to say
    n_drawn = [len(view.drawn) for view in views]
    tick(runner, clock, 50)
    assert [len(view.drawn) for view in views] == n_drawn


@pytest.mark.parametrize("call", ["pause", "stop", "reset", "fail"])
def test_the_end_of_a_run_is_shown_at_once_by_all(runner, room, views, clock, call):
    room.start()
    tick(runner, clock, 5)
    getattr(room, call)()
    tick(runner, clock, 1, seconds=0)
    assert [view.drawn[-1] for view in views] == [room.snapshot] * 2


def test_the_last_frame_of_a_run_is_drawn_by_all(runner, room, views, told, clock):
    room.learning_config.num_episodes = 5
    room.start()
    tick(runner, clock, 1000)
    assert room.status is Status.FINISHED
    assert [view.drawn[-1] for view in views] == [room.snapshot] * 2
    assert told == [Status.RUNNING, Status.FINISHED]


def test_a_change_of_status_is_told_once(runner, room, told, clock):
    room.start()
    tick(runner, clock, 20)
    room.pause()
    tick(runner, clock, 20)
    room.stop()
    tick(runner, clock, 20)
    assert told == [Status.RUNNING, Status.PAUSED, Status.STOPPED]


def test_a_fault_in_training_fails_the_run_once_and_keeps_what_was_learned(
    runner, room, views, told, clock, monkeypatch, caplog
):
    room.start()
    tick(runner, clock, 5)
    learned = room.snapshot.total_steps
    monkeypatch.setattr(room._trainer, "advance", fail)
    tick(runner, clock, 20)
    assert told == [Status.RUNNING, Status.FAILED]
    assert [view.drawn[-1].status for view in views] == [Status.FAILED] * 2
    assert views[0].drawn[-1].total_steps == learned > 0
    assert [record.exc_info[0] for record in caplog.records] == [ValueError]


def test_a_fault_in_a_view_fails_the_run_once_and_the_others_go_on(
    runner, room, views, told, clock, caplog
):
    room.start()
    tick(runner, clock, 5)
    views[0].fails = True
    tick(runner, clock, 20)
    assert told == [Status.RUNNING, Status.FAILED]
    assert views[1].drawn[-1].status is Status.FAILED
    assert caplog.records
    assert all(record.exc_info[0] is ValueError for record in caplog.records)
    assert len(caplog.records) <= 3


def test_a_fault_in_what_a_button_calls_fails_the_run_too(runner, room, told, monkeypatch, caplog):
    runner.act(room.step)
    learned = room.snapshot.total_steps
    monkeypatch.setattr(room._trainer, "step", fail)
    runner.act(room.step)
    assert told == [Status.PAUSED, Status.FAILED]
    assert room.snapshot.status is Status.FAILED
    assert room.snapshot.total_steps == learned == 1
    assert [record.exc_info[0] for record in caplog.records] == [ValueError]


def test_a_button_pressed_at_the_wrong_time_changes_nothing_and_says_why(
    runner, room, views, told, caplog
):
    caplog.set_level(logging.INFO)
    runner.act(room.resume)
    assert room.status is Status.IDLE
    assert told == []
    assert "There is no run yet; Start begins one" in caplog.text


def test_after_a_fault_and_a_reset_the_next_run_goes_well(runner, room, views, told, clock):
    views[0].fails = True
    room.start()
    tick(runner, clock, 5)
    views[0].fails = False
    room.reset()
    room.start()
    tick(runner, clock, 5)
    assert room.status is Status.RUNNING
    assert views[0].drawn[-1].total_steps > 0


def test_one_sessions_fault_leaves_the_others_running(runner, room, views, clock):
    other_room, other_told = Room(), []
    other = make_runner(other_room, [Recorder()], other_told)
    views[0].fails = True
    for each in (room, other_room):
        each.start()
    for _ in range(10):
        runner.tick()
        other.tick()
        clock.now += 0.05
    other_room.close()
    assert room.status is Status.FAILED
    assert other_told == [Status.RUNNING]
    assert other_room.snapshot.total_steps == 100


def test_two_pages_of_one_room_show_the_same_run_at_its_own_speed(room, clock):
    views = [Recorder(), Recorder()]
    pages = [make_runner(room, [view], told=[]) for view in views]
    room.start()
    for _ in range(100):
        for page in pages:
            page.tick()
        clock.now += 0.05
    assert room.snapshot.total_steps == pytest.approx(1000, abs=20)
    assert views[0].drawn[-1].total_steps == pytest.approx(views[1].drawn[-1].total_steps, abs=10)


def test_how_a_run_ended_is_told_where_it_ended_not_where_it_is_brought_back(
    runner, room, told, clock
):
    room.learning_config.num_episodes = 1
    other_told = []
    other = make_runner(room, [Recorder()], other_told)
    room.step_episode()
    tick(runner, clock, 1)
    tick(other, clock, 1)
    assert told == other_told == [Status.FINISHED]
    room.reset()
    tick(runner, clock, 1)
    tick(other, clock, 1)
    runner.act(room.undo)
    tick(other, clock, 1)
    assert told == other_told == [Status.FINISHED, Status.IDLE]
    room.start()
    room.stop()
    tick(runner, clock, 1)
    assert told[-1] is Status.STOPPED


def test_of_the_tabs_only_the_open_one_is_drawn_and_at_once_when_it_opens(room):
    first, second = Recorder(min_interval=0.2), Recorder(min_interval=1.0)
    tabs = Tabs([Tab("First", first), Tab("Second", second)], room, nullcontext)
    tabs.update("one")
    assert (first.drawn, second.drawn, tabs.min_interval) == (["one"], [], 0.2)
    tabs.panel.active = 1
    tabs.update("three")
    two = room.snapshot
    assert (first.drawn, second.drawn, tabs.min_interval) == (["one"], [two, "three"], 1.0)


def test_a_connection_that_is_cut_is_told_once_and_again_when_it_is_back(room, clock, monkeypatch):
    told, connections = [], iter(["good", "cut", "cut", "cut", "slow", "good"])
    monkeypatch.setattr(
        runner_module, "connection_of", lambda _: runner_module.Connection(next(connections))
    )
    runner = Runner(room, lambda _: None, told.append)
    tick(runner, clock, 6)
    assert told == [False, True]
