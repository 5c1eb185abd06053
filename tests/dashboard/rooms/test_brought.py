"""A level brings its learner and its pace; what a person has set stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.rooms.room import Room
from gridworld import (
    LEVELS,
    GridWorldConfig,
    LearningConfig,
    QLearningConfig,
    SarsaConfig,
    Status,
    StatusError,
    Trainer,
    learner_of,
)
from tests.gridworld.grids import GRIDS

NAMED = [name for name in LEVELS if name != "custom"]
BOOKS = [name for name in NAMED if LEVELS[name].book]
COMMON = [name for name in LearningConfig.param if name != "name"]


def values_of(config):
    return {name: getattr(config, name) for name in config.param if name != "name"}


def brings(room, level):
    """Whether learner and pace are as the level brings them."""
    expected = learner_of(level)
    return (
        type(room.learning_config) is type(expected)
        and values_of(room.learning_config) == values_of(expected)
        and room.trainer.learning_config is room.learning_config
        and room.pace.speed == LEVELS[level].speed
    )


@pytest.mark.parametrize("level", NAMED)
def test_a_room_begins_with_what_its_level_brings(make_room, level):
    room = make_room(GridWorldConfig(level=level))
    assert brings(room, level)
    assert room.is_as_in_the_book is (True if LEVELS[level].book else None)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(NAMED), max_size=6))
def test_each_level_that_is_chosen_brings_its_own(levels):
    room = Room()
    for level in levels:
        room.world_config.level = level
        assert brings(room, level)
        assert room.snapshot.algorithm == room.learner.algorithm
        assert room.is_as_in_the_book is (True if LEVELS[level].book else None)
    room.close()


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(NAMED),
    st.lists(st.sampled_from(NAMED), min_size=1, max_size=4),
    st.sampled_from([*COMMON, "speed"]),
)
def test_what_a_person_has_set_stays_whatever_level_is_chosen(first, levels, name):
    room = Room(GridWorldConfig(level=first))
    if name == "speed":
        room.pace.set_speed(value := 7)
    else:
        wholes = ("num_episodes", "optimal_evaluations", "epsilon_episodes")
        value = "softmax" if name == "exploration" else 7 if name in wholes else 0.625
        setattr(room.learning_config, name, value)
    for level in levels:
        room.world_config.level = level
        expected = learner_of(level, room.learner.algorithm)
        if name == "speed":
            assert room.pace.speed == value
        else:
            setattr(expected, name, value)
        assert values_of(room.learning_config) == values_of(expected)
    room.close()


def test_an_algorithm_that_a_person_chose_takes_the_levels_settings(room):
    room.learner.algorithm = "sarsa"
    room.world_config.level = "cliff_walking"
    assert values_of(room.learning_config) == values_of(learner_of("cliff_walking", "sarsa"))
    assert isinstance(room.learning_config, SarsaConfig)
    assert room.is_as_in_the_book is False


def test_a_map_of_ones_own_keeps_the_learner_and_the_next_level_brings_its_own(room):
    room.world_config.level = "windy_gridworld"
    room.world_config.layout = "S..\n..G"
    assert brings(room, "windy_gridworld")
    assert room.is_as_in_the_book is None
    room.world_config.level = "easy"
    assert brings(room, "easy")


@pytest.mark.parametrize("end", [None, "pause"])
def test_a_level_brings_nothing_while_a_run_is_under_way(room, end):
    room.start()
    if end:
        getattr(room, end)()
    room.world_config.level = "windy_gridworld"
    assert brings(room, "easy")
    with pytest.raises(StatusError, match="A run is under way; Stop it"):
        room.as_in_the_book()
    room.stop()
    room.world_config.level = "dyna_maze"
    assert brings(room, "dyna_maze")


def test_a_level_that_is_refused_brings_nothing(room):
    with pytest.raises(ValueError, match="level must be one of"):
        room.world_config.level = "nowhere"
    with pytest.raises(ValueError, match="wind has 2 values"):
        room.world_config.param.update(level="windy_gridworld", wind=(1, 1))
    assert brings(room, "easy")


def test_what_was_learned_stays_and_is_told_to_be_of_other_settings(room):
    room.step_episode()
    room.stop()
    room.world_config.level = "windy_gridworld"
    assert (room.snapshot.algorithm, room.snapshot.episode) == ("q_learning", 1)
    assert room.settings_changed
    room.start()
    assert (room.snapshot.algorithm, room.snapshot.num_episodes) == ("sarsa", 200)
    room.undo()
    assert (room.world_config.level, room.learner.algorithm) == ("windy_gridworld", "sarsa")


@pytest.mark.parametrize("level", [name for name in NAMED if name in GRIDS])
def test_as_in_the_book_brings_everything_back(make_room, level):
    room = make_room(GridWorldConfig(level=level))
    room.world_config.param.update(slip=0.3, goal_reward=7, max_steps=11, wind=())
    room.learner.algorithm = "sarsa"
    room.learning_config.param.update(epsilon=0.6, learning_rate=0.7)
    room.pace.turbo = True
    room.seed = 5
    assert room.is_as_in_the_book is (False if LEVELS[level].book else None)
    room.as_in_the_book()
    assert brings(room, level)
    world = values_of(GridWorldConfig(level=level))
    assert values_of(room.world_config) == world
    assert room.is_as_in_the_book is (True if LEVELS[level].book else None)
    assert room.seed == 5
    assert room.snapshot.epsilon == learner_of(level).epsilon


def test_a_world_of_ones_own_stays_as_it_is(make_room):
    room = make_room(GridWorldConfig(layout="S..\n..G", wind=(0, 1, 0), slip=0.1))
    before = values_of(room.world_config)
    room.learning_config.epsilon = 0.3
    room.as_in_the_book()
    assert values_of(room.world_config) == before
    assert brings(room, "easy")


@pytest.mark.parametrize(("name", "value"), [("slip", 0.1), ("goal_reward", 2), ("max_steps", 9)])
def test_another_world_is_not_as_in_the_book_and_a_pace_does_not_count(make_room, name, value):
    room = make_room(GridWorldConfig(level="cliff_walking"))
    room.pace.turbo = True
    room.seed = 3
    assert room.is_as_in_the_book
    setattr(room.world_config, name, value)
    assert room.is_as_in_the_book is False


def test_a_learner_that_is_given_is_taken_as_it_is(make_room):
    room = make_room(GridWorldConfig(level="windy_gridworld"), QLearningConfig())
    assert values_of(room.learning_config) == values_of(QLearningConfig())
    room = make_room(trainer=Trainer(GridWorldConfig(level="windy_gridworld")))
    assert (room.learner.algorithm, room.pace.speed) == ("q_learning", 200)


@pytest.mark.parametrize("level", BOOKS)
def test_a_run_from_elsewhere_keeps_its_learner_until_a_level_is_chosen(room, level):
    trainer = Trainer(GridWorldConfig(level=level), SarsaConfig(epsilon=0.4), seed=2)
    trainer.step()
    room.adopt(trainer)
    expected = values_of(SarsaConfig(epsilon=0.4))
    assert (room.learner.algorithm, values_of(room.learning_config)) == ("sarsa", expected)
    assert room.pace.speed == 200
    assert room.status is Status.PAUSED


def test_what_a_button_asks_for_a_second_time_is_let_be(room):
    room.start()
    number, revision = room.run_number, room.revision
    room.start()
    room.resume()
    assert (room.run_number, room.revision, room.status) == (number, revision, Status.RUNNING)
    room.pause()
    revision = room.revision
    room.pause()
    assert (room.status, room.revision) == (Status.PAUSED, revision)
    room.stop()
    revision = room.revision
    room.stop()
    room.pause()
    assert (room.status, room.revision) == (Status.STOPPED, revision)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(
    "method", ["start", "pause", "resume", "step", "step_episode", "stop", "run_to_goal"]
)
def test_no_button_answers_in_python(room, status, method):
    room.step()
    match status:
        case Status.IDLE:
            room.reset()
        case Status.RUNNING:
            room.resume()
        case Status.STOPPED:
            room.stop()
        case Status.FAILED:
            room.fail()
        case Status.FINISHED:
            room.trainer.train(show_progress=False)
    assert room.status is status
    told = ""
    try:
        getattr(room, method)()
    except StatusError as error:
        told = str(error)
    assert "(" not in told
    assert "status" not in told
    assert not told or room.status is status


@pytest.mark.parametrize("level", BOOKS)
def test_start_shows_thirty_episodes_within_20_seconds_at_the_levels_own_speed(room, level):
    room.world_config.level = level
    room.start()
    for frame in range(20 * room.pace.frame_rate):
        room.advance_to(1000 + frame * room.pace.period)
    assert room.snapshot.episode >= 30
    # The wind of one level blows an agent off its way, so that the median is about 60 there.
    assert np.median(room.snapshot.episode_lengths[-20:]) < 120


def test_a_drawn_map_keeps_the_size_that_a_person_gave_it(room):
    world = room.world_config
    world.level = "random"
    world.n_rows, world.n_cols = 12, 9
    drawn = world.layout
    for level in ("easy", "cliff_walking"):
        world.level = level
        world.level = "random"
        assert (world.n_rows, world.n_cols, world.layout) == (12, 9, drawn)
        assert room.snapshot.layout == drawn
