"""What was learned stays until the next Start, and Undo brings back what was discarded."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rooms import discarded
from dashboard.rooms.registry import RoomRegistry
from dashboard.rooms.room import Room
from dashboard.views.history import HistoryView
from gridworld import (
    ALGORITHMS,
    GridWorldConfig,
    QLearningConfig,
    Status,
    StatusError,
    Trainer,
)
from tests.gridworld.runs.test_run import all_of
from tests.gridworld.test_holding import EDITS, WORLDS, edit

BEGIN = 1000.0
OVER = (Status.STOPPED, Status.FINISHED, Status.FAILED)
LEARNED = (Status.RUNNING, Status.PAUSED, *OVER)


@pytest.fixture
def clock(clock, monkeypatch):
    monkeypatch.setattr(discarded, "time", clock)
    return clock


@pytest.fixture
def make_room(make_room):
    return lambda **world: make_room(GridWorldConfig(**world), QLearningConfig(num_episodes=5))


def bring_to(room, status):
    """Brings a room in which nothing was learned to a status, with something learned."""
    if status is Status.FINISHED:
        finish(room)
        return
    room.step_episode()
    if status is Status.RUNNING:
        room.resume()
    if status is Status.STOPPED:
        room.stop()
    if status is Status.FAILED:
        room.fail()


def finish(room):
    """Trains to the end."""
    if room.status is Status.PAUSED:
        room.resume()
    elif room.status is not Status.RUNNING:
        room.start()
    room.pace.update_interval = 100_000
    clock = BEGIN
    while room.status is Status.RUNNING:
        room.advance_to(clock := clock + 1)


def settings_of(room):
    values = room.world_config.param.values() | room.learning_config.param.values()
    return values | {"seed": room.seed, "name": None, "algorithm": room.learner.algorithm}


def run_of(room):
    """What was learned, to the last bit, and how the run stands."""
    snapshot = room.snapshot
    return (
        snapshot.q_values.tobytes(),
        snapshot.visits.tobytes(),
        snapshot.episode_returns.tobytes(),
        snapshot.layout,
        snapshot.total_steps,
        snapshot.epsilon,
        snapshot.changes,
        snapshot.status,
    )


def held_still(run):
    """The same, but a run that was going is paused."""
    *learned, status = run
    return (*learned, Status.PAUSED if status is Status.RUNNING else status)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("status", LEARNED)
def test_what_was_learned_stays_whatever_is_edited_until_the_next_start(room, status, name):
    bring_to(room, status)
    before, plan, revision = run_of(room), room.snapshot.plan, room.revision
    edit(room, name)
    assert run_of(room) == before
    assert room.snapshot.plan is plan
    assert room.revision > revision  # so that all pages say so
    assert room.settings_changed is (status in OVER)
    if status not in OVER:
        room.stop()
        assert room.settings_changed
    finish(room)
    assert not room.settings_changed
    expected = Trainer(room.world_config, room.learning_config, room.seed)
    expected.train(show_progress=False)
    assert all_of(room.trainer) == all_of(expected)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("end", [None, "stop", "fail"])
def test_where_nothing_was_learned_settings_show_at_once(room, name, end):
    if end:
        room.start()
        getattr(room, end)()
    edit(room, name)
    assert room.status is Status.IDLE
    assert not room.settings_changed
    assert room.snapshot.layout == room.world_config.layout
    assert not room.can_undo


def test_settings_that_are_put_back_are_no_change(room):
    bring_to(room, Status.FINISHED)
    room.world_config.slip = 0.5
    room.seed = 8
    room.world_config.slip = 0
    assert room.settings_changed
    room.seed = 0
    assert not room.settings_changed


DISCARDS = {
    "reset": lambda room: room.reset(),
    "start": lambda room: room.start(),
    "run to": lambda room: room.run_to_goal(),
    "upload": lambda room: room.adopt(uploaded(1, Status.STOPPED)),
}


def uploaded(world, status):
    learning = QLearningConfig(num_episodes=4, learning_rate=0.4)
    trainer = Trainer(GridWorldConfig(**WORLDS[world]), learning, seed=world)
    if status is not Status.IDLE:
        trainer.step_episode()
    if status is Status.STOPPED:
        trainer.stop()
    if status is Status.FINISHED:
        trainer.train(show_progress=False)
    return trainer


@pytest.mark.parametrize(
    ("discard", "status"),
    [("reset", status) for status in LEARNED]
    + [(discard, status) for discard in DISCARDS for status in OVER],
)
def test_undo_brings_back_whatever_was_discarded_with_its_settings(room, discard, status):
    bring_to(room, status)
    room.seconds = 12.5
    room.world_config.step_reward = -0.25  # for the next run
    before, settings_before, is_marked = run_of(room), settings_of(room), room.settings_changed
    DISCARDS[discard](room)
    assert run_of(room) != before
    assert room.can_undo
    room.world_config.level = "medium"
    room.learning_config.epsilon = 0.5
    number = room.run_number
    room.undo()
    assert run_of(room) == held_still(before)
    assert settings_of(room) == settings_before
    assert (room.seconds, room.until) == (12.5, None)
    assert room.settings_changed is is_marked
    assert room.run_number > number
    assert room.tuning.epsilon == room.trainer.agent.epsilon


def test_undo_twice_leads_back_and_a_run_under_way_is_held_still(room):
    bring_to(room, Status.FINISHED)
    first = run_of(room)
    room.world_config.level = "hard"
    room.start()
    room.pace.update_interval = 10
    room.advance_to(2 * BEGIN)
    second = run_of(room)
    assert second[-1] is Status.RUNNING
    for expected in (first, second, first, second):
        room.undo()
        assert run_of(room) == held_still(expected)
    finish(room)
    expected = Trainer(GridWorldConfig(level="hard"), QLearningConfig(num_episodes=5))
    expected.train(show_progress=False)
    assert all_of(room.trainer) == all_of(expected)


def test_an_empty_run_never_takes_the_place_of_a_real_one(room):
    bring_to(room, Status.STOPPED)
    learned = run_of(room)
    room.reset()
    room.reset()
    room.start()
    room.stop()
    room.start()
    room.reset()
    room.adopt(uploaded(2, Status.IDLE))
    room.undo()
    assert run_of(room) == learned
    assert not room.can_undo


def test_without_a_run_to_bring_back_undo_says_so(room):
    with pytest.raises(StatusError, match="no earlier run"):
        room.undo()
    bring_to(room, Status.STOPPED)
    assert not room.can_undo


def test_a_trainer_of_ones_own_stays_the_same_one():
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(num_episodes=5), seed=3)
    room = Room(trainer=trainer)
    finish(room)
    learned = run_of(room)
    room.start()
    assert room.trainer is trainer
    room.reset()
    assert room.trainer is trainer
    room.undo()
    room.adopt(uploaded(3, Status.FINISHED))
    assert room.trainer is not trainer
    room.undo()
    assert room.trainer is trainer
    assert run_of(room) == learned
    assert trainer.snapshot.q_values.tobytes() == learned[0]
    room.close()


def test_a_moment_of_another_run_is_shown_no_more(room):
    history = HistoryView(room)
    bring_to(room, Status.STOPPED)
    room.reset()
    room.step()
    history.update(room.snapshot)
    history._show(room.keyframes[0])
    room.undo()  # a longer one
    history.update(room.snapshot)
    assert history.moment is None


def test_an_upload_that_is_refused_discards_nothing(room):
    bring_to(room, Status.STOPPED)
    before = run_of(room)
    with pytest.raises(ValueError, match="seed must be"):
        room.adopt(Trainer(seed=2**32))
    assert run_of(room) == before
    assert not room.can_undo


def test_a_discarded_run_is_let_go_of_after_a_while_and_pages_are_told(room, clock):
    bring_to(room, Status.STOPPED)
    room.reset()
    clock.now += discarded.UNDO_SECONDS - 1
    revision = room.revision
    room.advance_to(BEGIN)
    assert room.can_undo
    clock.now += 1
    assert not room.can_undo
    with pytest.raises(StatusError, match="no earlier run"):
        room.undo()
    assert room.status is Status.IDLE
    room.reset()
    bring_to(room, Status.STOPPED)
    room.reset()
    revision = room.revision
    clock.now += discarded.UNDO_SECONDS
    room.advance_to(BEGIN)
    assert room.revision > revision


def test_a_room_without_a_page_lets_go_when_anyone_comes(make_room, clock):
    lobby = RoomRegistry()
    room = lobby.open("page", make_room()).room
    bring_to(room, Status.STOPPED)
    room.reset()
    held = room._discarded._run.held
    lobby.leave("page")
    lobby.open("other", make_room())
    assert room.can_undo
    clock.now += discarded.UNDO_SECONDS
    lobby.open("third", make_room())
    assert room._discarded._run is None
    assert held.run.total_steps > 0


OPERATIONS = st.one_of(
    st.sampled_from(
        ["start", "step", "step_episode", "pause", "resume", "stop", "reset", "undo", "fail"]
    ),
    st.tuples(st.just("advance"), st.integers(1, 200)),
    st.tuples(st.just("tune"), st.sampled_from([0.1, 0.9])),
    st.tuples(st.just("edit"), st.sampled_from(sorted(EDITS))),
    st.tuples(st.just("choose"), st.sampled_from(list(ALGORITHMS))),
    st.tuples(
        st.just("adopt"),
        st.integers(0, len(WORLDS) - 1),
        st.sampled_from([Status.IDLE, Status.PAUSED, Status.STOPPED, Status.FINISHED]),
    ),
)


def perform(room, operation):
    """Does it; raises StatusError where it is not allowed now, as for a person."""
    match operation:
        case "fail":
            if room.locked:
                room.fail()
        case str():
            getattr(room, operation)()
        case "advance", n_steps:
            room.pace.update_interval = n_steps
            room.advance_to(room.revision * 1000.0)
        case "tune", value:
            room.tuning.allowed = True
            room.tuning.learning_rate = value
        case "edit", name:
            if not room.locked:
                edit_in_turn(room, name)
        case "choose", algorithm:
            if not room.locked:
                room.learner.algorithm = algorithm
        case "adopt", world, status:
            room.adopt(uploaded(world, status))


def edit_in_turn(room, name):
    """Edits a setting, where the map lets it be."""
    try:
        edit(room, name)
    except ValueError:
        assert name == "wind"


@settings(deadline=None, max_examples=60)
@given(st.lists(OPERATIONS, max_size=25))
def test_whatever_is_done_undo_gives_back_what_was_discarded_last(operations):
    logging.disable(logging.INFO)
    room = Room(GridWorldConfig(max_steps=60), QLearningConfig(num_episodes=5))
    lost = None  # run and settings that Undo is to bring back
    for operation in operations:
        run, values, number = run_of(room), settings_of(room), room.run_number
        has_learned = room.snapshot.total_steps > 0
        try:
            perform(room, operation)
        except StatusError:
            assert (run_of(room), settings_of(room)) == (run, values)
            continue
        if operation == "undo":
            assert lost is not None
            assert (run_of(room), settings_of(room)) == (held_still(lost[0]), lost[1])
            lost = None
        if room.run_number != number and has_learned:
            assert operation in ("start", "reset", "undo") or operation[0] == "adopt"
            lost = run, values
        elif operation[0] in ("edit", "choose") and has_learned:
            assert run_of(room) == run
        assert room.can_undo is (lost is not None)
    if lost is not None:
        room.undo()
        assert (run_of(room), settings_of(room)) == (held_still(lost[0]), lost[1])
    if room.status is Status.PAUSED:
        origin, changes = room.trainer.origin, room.trainer.changes
        undisturbed = Trainer(origin.world_config, origin.learning_config, origin.seed, changes)
        for each in (room.trainer, undisturbed):
            each.train(show_progress=False)
        assert all_of(room.trainer) == all_of(undisturbed)
    room.close()
    logging.disable(logging.NOTSET)
