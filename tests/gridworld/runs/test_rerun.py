"""Any moment of a run can be come to again, exactly."""

from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridworld import ALGORITHMS, Change, Status, Trainer
from tests.gridworld.runs.test_run import make, values_of

#: What a moment does not tell, as it belongs to the whole run or to planning.
WITHOUT = (
    *("status", "converged", "evaluation_episodes", "evaluation_epsilons", "evaluation_returns"),
    *("gap", "greedy_ends", "optimal_return", "planned_return", "optimal_length", "values"),
)


def told_by(snapshot):
    return {name: value for name, value in values_of(snapshot).items() if name not in WITHOUT}


def loaded(trainer):
    with TemporaryDirectory() as folder:
        trainer.save(f"{folder}/run.npz")
        return Trainer.load(f"{folder}/run.npz")


def tuned(algorithm, tunings, stop, **parameters):
    """A trainer that is tuned after some steps, and stops after others; not tuned there."""
    trainer = make(algorithm=algorithm, num_episodes=1_000, **parameters)
    trainer.start()
    for at, name, value in sorted(tunings):
        if at >= stop:
            break
        trainer.advance(at - trainer.total_steps)
        if name in trainer.learning_config.in_effect:
            trainer.tune(**{name: value})
    trainer.advance(stop - trainer.total_steps)
    return trainer


TUNINGS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.sampled_from(["learning_rate", "discount_factor", "epsilon"]),
        st.sampled_from([0.05, 0.3, 0.9]),
    ),
    max_size=4,
    unique_by=lambda tuning: tuning[0],
)


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from([*ALGORITHMS]),
    TUNINGS,
    st.lists(st.integers(0, 1_000), min_size=1, max_size=5),
    st.booleans(),
)
@example("value_iteration", [(0, "discount_factor", 0.05)], [392, 393], False)  # ends at 392
def test_a_moment_is_what_a_trainer_has_that_stops_there(algorithm, tunings, stops, saved):
    trainer = tuned(algorithm, tunings, 1_000)
    if saved:
        trainer = loaded(trainer)
    before = values_of(trainer.snapshot)
    for stop in (min(stop, trainer.total_steps) for stop in stops):
        moment = trainer.moment_at(stop)
        assert told_by(moment) == told_by(tuned(algorithm, tunings, stop).snapshot)
        assert moment.status is Status.RUNNING
        assert not moment.q_values.flags.writeable
    assert values_of(trainer.snapshot) == before


def test_the_end_of_each_episode_can_be_seen():
    trainer = make(num_episodes=60)
    trainer.train(show_progress=False)
    again = make(num_episodes=60)
    for episode in range(1, 61):
        again.step_episode()
        assert told_by(trainer.after_episode(episode)) == told_by(again.snapshot)
    assert trainer.after_episode(0).total_steps == 0
    assert [trainer.after_episode(n).episode for n in (30, 29, 31, 0, 60)] == [30, 29, 31, 0, 60]


def test_a_scheduled_change_comes_after_the_moment_of_its_step():
    trainer = make([Change(150, 0, "epsilon", 0.9)])
    trainer.advance(300)
    assert trainer.moment_at(150).changes == ()
    assert trainer.moment_at(151).changes == trainer.changes != ()
    still = make([Change(300, 0, "epsilon", 0.9)])
    still.advance(300)
    assert still.moment_at(300).changes == ()
    still.advance(10)
    assert still.moment_at(300).changes == ()
    assert still.moment_at(310).changes == still.changes != ()


def test_moments_go_on_with_the_run_and_start_anew_with_another():
    trainer = make(num_episodes=1_000, seed=1)
    trainer.advance(500)
    trainer.moment_at(333)
    trainer.advance(500)
    expected = make(num_episodes=1_000, seed=1)
    expected.advance(777)
    assert told_by(trainer.moment_at(777)) == told_by(expected.snapshot)
    held = trainer.hold()
    trainer.reset()
    trainer.seed = 2
    trainer.advance(400)
    other = make(num_episodes=1_000, seed=2)
    other.advance(300)
    assert told_by(trainer.moment_at(300)) == told_by(other.snapshot)
    trainer.bring_back(held)
    assert told_by(trainer.moment_at(777)) == told_by(expected.snapshot)


def test_a_run_that_was_stopped_by_its_rule_can_be_seen_to_its_end():
    trainer = make(level="easy", slip=0, num_episodes=2_000, optimal_evaluations=3)
    trainer.train(show_progress=False)
    assert trainer.snapshot.converged
    last = trainer.snapshot.episode
    assert [trainer.after_episode(n).episode for n in (last, last - 1)] == [last, last - 1]


def test_where_time_is_short_it_is_the_keyframe_before_and_work_goes_on():
    trainer = make(level="hard", num_episodes=1_000_000)
    trainer.advance(200_000)
    wanted = trainer.total_steps - 1
    first = trainer.moment_at(wanted, seconds=0)
    assert values_of(first) == values_of(trainer.keyframe_at(wanted))
    n_calls = 1
    while trainer.moment_at(wanted, seconds=0).total_steps != wanted:
        n_calls += 1
    assert 10 < n_calls < 100


def test_a_table_that_was_changed_from_outside_is_shown_as_it_was_kept():
    trainer = make(num_episodes=1_000)
    trainer.advance(500)
    trainer.agent.q_values[0] += 1
    trainer.advance(1_000)
    moment = trainer.moment_at(1_301)
    assert values_of(moment) == values_of(trainer.keyframe_at(1_301))
    assert np.abs(moment.q_values).max() > 0


@pytest.mark.parametrize(("name", "most"), [("moment_at", 100), ("after_episode", 2)])
def test_what_has_not_come_yet_is_refused(name, most):
    trainer = make()
    trainer.advance(100)
    most = min(most, trainer.snapshot.episode) if name == "after_episode" else most
    for wrong in (-1, most + 1, 1.5):
        with pytest.raises(ValueError, match=rf"must be a whole number from 0 to {most}, got"):
            getattr(trainer, name)(wrong)
