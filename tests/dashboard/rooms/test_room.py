import math

import numpy as np
import pytest

from dashboard.rooms.room import Room
from gridworld import GridWorldConfig, QLearningConfig, Status, StatusError, Trainer

#: When the clock of these tests begins, in seconds.
BEGIN = 1000.0


@pytest.fixture
def make_room(make_room):
    def make(frame_rate=20, update_interval=10, num_episodes=100_000, **params):
        room = make_room(GridWorldConfig(), QLearningConfig(num_episodes=num_episodes), **params)
        room.pace.param.update(frame_rate=frame_rate, update_interval=update_interval)
        return room

    return make


def ask(room, *instants):
    """Asks the room to go on at each of the instants; tells the steps made at each."""
    steps = [room.snapshot.total_steps]
    for instant in instants:
        room.advance_to(instant)
        steps.append(room.snapshot.total_steps)
    return np.diff(steps).tolist()


@pytest.mark.parametrize("frame_rate", [1, 7, 20, 60])
def test_a_second_has_as_many_frames_as_its_rate_however_often_one_asks(make_room, frame_rate):
    room = make_room(frame_rate=frame_rate)
    room.start()
    steps = ask(room, *np.arange(BEGIN, BEGIN + 10, 0.001))
    assert set(steps) == {0, 10}
    assert sum(steps) / 10 == pytest.approx(10 * frame_rate, rel=0.06, abs=1)


def test_a_frame_is_not_lost_to_a_timer_that_is_a_little_early(room):
    room.start()
    early = BEGIN + 0.05 * np.arange(1, 101) - np.random.default_rng(0).uniform(0, 0.001, 100)
    assert ask(room, BEGIN, *early) == [10] * 101


def test_a_tick_that_was_late_does_not_cost_the_next_one_its_frame(room):
    room.start()
    now = 0.0
    room.advance_to(now)
    for late in (0.008, 0.0, 0.012, 0.0, 0.004):
        now += room.pace.period
        before = room.revision
        room.advance_to(now + late)
        assert room.revision > before


def test_frames_that_are_late_are_skipped_not_caught_up(room):
    room.start()
    assert ask(room, BEGIN, BEGIN + 5) == [10, 10]
    assert ask(room, BEGIN + 5.001, BEGIN + 5.02) == [0, 0]
    assert ask(room, BEGIN + 5.05, BEGIN + 5.1) == [10, 10]


def test_two_who_ask_do_not_double_the_speed(room):
    room.start()
    frames = BEGIN + 0.05 * np.arange(100)
    together = ask(room, *np.sort(np.concatenate([frames, frames + 0.02])))
    assert sum(together) == pytest.approx(1000, abs=20)


def test_a_training_that_nobody_asked_for_a_while_goes_on_where_it_was(room):
    room.start()
    ask(room, BEGIN)
    assert ask(room, BEGIN + 3600, BEGIN + 3600.05) == [10, 10]


def test_the_pace_of_the_frames_changes_nothing_in_what_is_learned(make_room):
    expected = Trainer(GridWorldConfig(), QLearningConfig(num_episodes=50), seed=3)
    expected.train()
    for update_interval in (1, 13, 100_000):
        room = make_room(update_interval=update_interval, num_episodes=50, seed=3)
        room.start()
        frame = 0
        while room.status is Status.RUNNING:
            room.advance_to(BEGIN + 0.05 * frame)
            frame += 1
        assert room.status is Status.FINISHED
        np.testing.assert_array_equal(room.snapshot.q_values, expected.snapshot.q_values)
        assert room.snapshot.total_steps == expected.snapshot.total_steps


@pytest.mark.parametrize("halt", ["pause", "stop"])
def test_a_run_that_is_halted_does_not_move(room, halt):
    room.start()
    ask(room, BEGIN)
    getattr(room, halt)()
    assert ask(room, *(BEGIN + np.arange(1, 5))) == [0, 0, 0, 0]


def test_a_room_that_was_not_started_does_not_move(room):
    assert ask(room, BEGIN, BEGIN + 1) == [0, 0]
    assert room.status is Status.IDLE


def test_other_trainings_that_run_take_their_share_of_turbo(make_room, monkeypatch):
    room, others = make_room(), [make_room() for _ in range(3)]
    monkeypatch.setattr(room.pace, "observe", lambda *_: None)  # the machine is as fast all along
    for each in (room, *others):
        each.pace.turbo = True
        each.start()
    alone = ask(room, BEGIN)[0]
    for other in others:
        ask(other, BEGIN + 10)
    assert ask(room, BEGIN + 10)[0] == alone // 4
    others[0].pause()
    others[1].stop()
    others[2].close()
    room.pace.turbo = False
    room.pace.update_interval = 1_000_000
    assert ask(room, BEGIN + 11)[0] == alone


def test_settings_are_locked_while_a_run_is_under_way(room):
    assert not room.locked
    room.start()
    assert room.locked
    room.pause()
    assert room.locked
    room.stop()
    assert not room.locked


def test_every_change_shows_as_a_new_revision(room):
    for call in ("start", "pause", "resume", "stop", "reset", "step", "step_episode", "fail"):
        before = room.revision
        getattr(room, call)()
        assert room.revision > before
        assert room.snapshot.status is room.status


def test_a_setting_changed_before_the_start_shows_at_once(room):
    room.learning_config.num_episodes = 7
    room.learning_config.epsilon = 0.5
    assert (room.snapshot.num_episodes, room.snapshot.epsilon) == (7, 0.5)
    room.world_config.level = "medium"
    assert room.snapshot.layout == room.world_config.layout
    assert room.snapshot.q_values.shape == (36, 4)


def test_a_setting_changed_during_a_run_waits_for_the_next_one(room):
    room.start()
    before = room.snapshot
    room.learning_config.num_episodes = 7
    room.world_config.level = "medium"
    room.seed = 9
    ask(room, BEGIN)
    assert room.snapshot.num_episodes == before.num_episodes
    assert room.snapshot.layout == before.layout
    room.stop()
    room.start()
    assert room.snapshot.num_episodes == 7
    assert room.snapshot.layout == room.world_config.layout


@pytest.mark.parametrize("end", ["stop", "fail"])
def test_start_after_the_end_begins_anew_and_repeats_the_run(room, end):
    room.start()
    ask(room, BEGIN)
    first = room.snapshot.q_values
    getattr(room, end)()
    room.start()
    assert room.status is Status.RUNNING
    assert room.snapshot.total_steps == 0
    ask(room, BEGIN + 1)
    np.testing.assert_array_equal(room.snapshot.q_values, first)


def test_a_new_seed_makes_another_run(room):
    room.step_episode()
    first = room.snapshot.total_steps
    room.reset()
    room.seed = 1
    room.step_episode()
    assert room.snapshot.total_steps != first


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "x", math.nan, None])
def test_an_impossible_seed_is_refused(room, seed):
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        room.seed = seed
    assert room.seed == 0


def test_the_seconds_of_a_run_leave_pauses_out(room):
    room.start()
    ask(room, *(BEGIN + 0.05 * np.arange(101)))
    assert room.seconds == pytest.approx(5, abs=0.1)
    room.pause()
    room.resume()
    ask(room, *(BEGIN + 3600 + 0.05 * np.arange(101)))
    assert room.seconds == pytest.approx(10, abs=0.2)


def test_pausing_often_adds_no_time_to_a_run(make_room):
    room = make_room(frame_rate=1)
    room.start()
    for n_pauses in range(20):
        ask(room, BEGIN + 3600 * n_pauses)
        room.pause()
        room.resume()
    assert room.seconds <= 20


def test_run_to_pauses_exactly_there_and_says_if_it_is_too_late(make_room):
    room = make_room(update_interval=50)
    room.goal_episode = 3
    room.run_to_goal()
    ask(room, *np.arange(BEGIN, BEGIN + 60, 0.05))
    assert (room.status, room.snapshot.episode) == (Status.PAUSED, 3)
    with pytest.raises(StatusError, match=r"^Run to episode must be above 3, .*, got 3$"):
        room.run_to_goal()
    assert room.status is Status.PAUSED
    room.goal_episode = 5
    room.run_to_goal()
    ask(room, *np.arange(BEGIN + 60, BEGIN + 120, 0.05))
    assert (room.status, room.snapshot.episode) == (Status.PAUSED, 5)


def test_a_pause_calls_off_the_goal(make_room):
    room = make_room(update_interval=500)
    room.goal_episode = 20
    room.run_to_goal()
    room.pause()
    room.resume()
    ask(room, *np.arange(BEGIN, BEGIN + 10, 0.05))
    assert room.status is Status.RUNNING
    assert room.snapshot.episode > 20


@pytest.mark.parametrize("seconds", [2, 10])
def test_a_run_is_over_in_about_the_time_asked_for(make_room, seconds):
    room = make_room(num_episodes=3000)
    room.pace.finish_in = seconds
    room.start()
    clock = BEGIN
    while room.status is Status.RUNNING:
        room.advance_to(clock := clock + 0.05)
    assert clock - BEGIN == pytest.approx(seconds, rel=0.25)


def test_the_time_to_finish_in_counts_from_when_it_was_set(make_room):
    room = make_room(num_episodes=3000)
    room.start()
    ask(room, *np.arange(BEGIN, BEGIN + 5, 0.05))
    room.pace.finish_in = 3
    clock = BEGIN + 5
    while room.status is Status.RUNNING:
        room.advance_to(clock := clock + 0.05)
    assert clock - BEGIN - 5 == pytest.approx(3, rel=0.3)


def test_tuning_acts_from_the_next_update_on_and_can_be_made_again(make_room):
    room = make_room(num_episodes=60)
    room.start()
    ask(room, *np.arange(BEGIN, BEGIN + 3, 0.05))
    room.tuning.learning_rate = 0.9  # not allowed yet: changes nothing in the run
    assert room.snapshot.learning_rate == 0.1
    room.tuning.allowed = True
    room.tuning.param.update(learning_rate=0.5, epsilon=0.2)
    assert (room.snapshot.learning_rate, room.snapshot.epsilon) == (0.5, 0.2)
    room.pace.turbo = True
    ask(room, *np.arange(BEGIN + 3, BEGIN + 10, 0.05))
    assert room.status is Status.FINISHED
    assert room.learning_config.learning_rate == 0.1
    assert {change.name for change in room.snapshot.changes} == {"learning_rate", "epsilon"}
    again = Trainer(room.world_config, room.learning_config, changes=room.snapshot.changes)
    again.train()
    assert again.snapshot.q_values.tobytes() == room.snapshot.q_values.tobytes()
    room.start()
    assert room.snapshot.changes == ()
    assert room.tuning.learning_rate == 0.1


def test_the_tuning_shows_what_has_decayed_and_changes_nothing_by_that(make_room):
    room = make_room(num_episodes=60)
    room.tuning.allowed = True
    for _ in range(3):
        room.step_episode()
    room.follow_run()
    assert room.tuning.epsilon == room.snapshot.epsilon < 1
    assert room.snapshot.changes == ()
    room.tuning.epsilon = 1
    assert room.snapshot.epsilon == 1


def test_the_exact_answers_come_by_themselves_and_not_too_often(room):
    now = BEGIN
    while room.snapshot.gap is None:  # on a busy machine it takes more than one frame
        room.advance_to(now)
        now += 0.05
    assert room.snapshot.plan is not None
    assert room.snapshot.gap > 0
    room.start()
    revisions = []
    for instant in np.arange(now + 1, now + 3, 0.05):
        before = room.snapshot.evaluation_episodes.size, room.snapshot.gap
        room.advance_to(instant)
        revisions.append(before != (room.snapshot.evaluation_episodes.size, room.snapshot.gap))
    assert 0 < sum(revisions) <= 11


def test_a_trainer_of_ones_own_is_followed_while_it_is_stepped_from_elsewhere():
    trainer = Trainer(GridWorldConfig(level="hard"), QLearningConfig(epsilon=0.5), seed=3)
    room = Room(trainer=trainer)
    assert (room.seed, room.learning_config.epsilon) == (3, 0.5)
    trainer.step_episode()
    room.advance_to(BEGIN)
    assert room.snapshot.episode == 1
    assert room.status is Status.PAUSED
    trainer.reset()
    room.advance_to(BEGIN + 0.01)
    assert (room.status, room.snapshot.total_steps) == (Status.IDLE, 0)
    room.close()


def test_long_answers_are_worked_out_over_many_frames():
    room = Room(GridWorldConfig(level="random", n_rows=60, n_cols=60, slip=0.2))
    now, n_frames = 0.0, 0
    while room.snapshot.gap is None:
        room.advance_to(now)
        n_frames += room.snapshot.gap is None
        now += 0.05
    assert n_frames >= 3
