"""What a run keeps and when it ends: the same however it is driven."""

import dataclasses
import gc
import re
import threading
import time
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    ALGORITHMS,
    TUNABLE,
    Change,
    GridWorldConfig,
    QLearningConfig,
    Status,
    StatusError,
    Trainer,
)
from gridworld.algorithms.q_learning import Q_LEARNING
from gridworld.planning.evaluation import best_actions
from gridworld.runs.history import MAX_EVALUATIONS, MAX_KEYFRAMES
from tests.gridworld.other_loops import other_loop
from tests.gridworld.planning.test_evaluation import return_by_steps
from tests.gridworld.test_trainer import make_in

#: What may be tuned where it is explored ε-greedily.
EPSILON_TUNABLE = [name for name in TUNABLE if name in QLearningConfig().in_effect]
MAP = "S..S.\nC.XC.\n..#..\nS.#.G"


def make(changes=(), level=None, slip=0.2, seed=3, algorithm="q_learning", **learning):
    world = {"level": level} if level else {"layout": MAP, "max_steps": 40}
    parameters = {"num_episodes": 60, "epsilon_decay": 0.9, "min_epsilon": 0.05} | learning
    return Trainer(
        GridWorldConfig(**world, slip=slip),
        ALGORITHMS[algorithm].config(**parameters),
        seed,
        changes,
    )


def drive(trainer, chunks):
    """Takes the chunks in turn to the end of the run."""
    while trainer.status in (Status.IDLE, Status.RUNNING):
        for chunk in chunks:
            if trainer.status in (Status.IDLE, Status.RUNNING):
                trainer.advance(chunk)
    return trainer


def values_of(snapshot):
    """All that a snapshot tells, comparable to the last bit."""
    values = {f.name: getattr(snapshot, f.name) for f in dataclasses.fields(snapshot)}
    plan = values.pop("plan")
    return {
        name: bits_of(value)
        for name, value in (values | {"values": None if plan is None else plan.values}).items()
    }


def bits_of(value):
    """The value with bytes in place of arrays, those in tuples too."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    return tuple(map(bits_of, value)) if isinstance(value, tuple) else value


def all_of(trainer):
    """All that a run has learned, recorded and kept, to the last bit."""
    trainer.analyse()
    generators = (trainer._run.learner_random, trainer.np_random)
    return {
        "now": values_of(trainer.snapshot),
        "keyframes": [values_of(frame) for frame in trainer.keyframes],
        "generators": [rng.bit_generator.state for rng in generators],
        "changes": trainer.changes,
    }


CHUNKS = st.lists(st.integers(1, 400), min_size=1, max_size=6)


@settings(deadline=None, max_examples=25)
@given(CHUNKS, st.sampled_from([0, 2]))
def test_what_is_kept_does_not_depend_on_the_steps_of_the_way(chunks, optimal_evaluations):
    settings = {"optimal_evaluations": optimal_evaluations, "num_episodes": 40}
    assert all_of(drive(make(**settings), chunks)) == all_of(drive(make(**settings), [10**9]))


def test_analysing_on_the_way_changes_nothing():
    watched = make()
    while watched.status is not Status.FINISHED:
        watched.advance(100)
        watched.analyse()
        assert watched.snapshot.gap is not None
    assert all_of(watched) == all_of(drive(make(), [10**9]))


def test_keyframes_are_evenly_spaced_and_show_the_run_as_it_was():
    trainer = drive(make(num_episodes=300), [10**9])
    steps = [frame.total_steps for frame in trainer.keyframes]
    assert MAX_KEYFRAMES // 2 < len(steps) <= MAX_KEYFRAMES
    assert np.unique(np.diff(steps)).tolist() == [steps[1]]
    assert steps[0] == 0
    assert trainer.snapshot.total_steps - steps[-1] < steps[1]
    again = make(num_episodes=300)
    for before, frame in zip([0, *steps], trainer.keyframes, strict=False):
        again.advance(frame.total_steps - before)
        now = again.snapshot
        assert (now.q_values == frame.q_values).all()
        assert (now.visits == frame.visits).all()
        assert (now.trail == frame.trail).all()
        assert (now.episode_returns == frame.episode_returns).all()
        assert (now.position, now.step, now.epsilon) == (frame.position, frame.step, frame.epsilon)
        assert now.last_update == frame.last_update


def test_a_large_world_keeps_fewer_keyframes():
    world = GridWorldConfig(level="random", n_rows=100, n_cols=100)
    trainer = Trainer(world, QLearningConfig(num_episodes=1))
    trainer.advance(1000)
    kept = sum(frame.q_values.nbytes + frame.visits.nbytes for frame in trainer.keyframes)
    assert 10 < len(trainer.keyframes) < MAX_KEYFRAMES
    assert kept < 40e6


def test_evaluations_are_evenly_spaced_and_exact():
    trainer = drive(make(slip=0, num_episodes=500), [10**9])
    assert trainer.snapshot.evaluation_episodes.tolist() == []
    trainer.analyse()
    snapshot = trainer.snapshot
    episodes = snapshot.evaluation_episodes
    assert MAX_EVALUATIONS // 2 < len(episodes) <= MAX_EVALUATIONS
    assert np.unique(np.diff(episodes)).tolist() == [episodes[1]]
    assert (episodes[0], snapshot.evaluation_epsilons[0]) == (0, 1)
    assert (np.diff(snapshot.evaluation_epsilons) <= 0).all()
    again = make(slip=0, num_episodes=500)
    for n in (1, 7, -2):
        again.advance(10**9, until_episode=int(episodes[n]))
        again.resume()
        expected = return_by_steps(again.world, best_actions(again.agent.q_values), 40)
        assert snapshot.evaluation_returns[n] == pytest.approx(expected)


@st.composite
def tunings(draw):
    """Steps to take before, and the parameter to change to what."""
    low = {"learning_rate": 0.01, "discount_factor": 0.0, "epsilon": 0.0}
    name = draw(st.sampled_from(EPSILON_TUNABLE))
    steps = draw(st.one_of(st.just("episode"), st.integers(0, 300)))
    return steps, name, draw(st.floats(low[name], 1))


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(tunings(), max_size=6), CHUNKS, st.sampled_from([0, 1, 3]))
def test_a_tuned_run_can_be_made_again_to_the_last_bit(tuned, chunks, optimal_evaluations):
    settings = {"optimal_evaluations": optimal_evaluations, "num_episodes": 30}
    trainer = make(**settings)
    trainer.start()
    for steps, name, value in tuned:
        if trainer.status is not Status.RUNNING:
            break
        if steps == "episode":
            trainer.pause()
            trainer.step_episode()
            if trainer.status is Status.PAUSED:
                trainer.tune(**{name: value})
                trainer.resume()
        else:
            trainer.advance(steps)
            if trainer.status is Status.RUNNING:
                trainer.tune(**{name: value})
    drive(trainer, [10**9])
    for steps in ([10**9], chunks):
        again = drive(make(trainer.changes, **settings), steps)
        assert all_of(again) == all_of(trainer)
    again.reset()
    assert all_of(drive(again, [50])) == all_of(trainer)


def test_a_change_counts_from_the_next_update_on():
    trainer = make(slip=0, initial_q=1)
    trainer.step()
    trainer.tune(learning_rate=1, discount_factor=0)
    snapshot = trainer.snapshot
    assert (snapshot.learning_rate, snapshot.discount_factor) == (1, 0)
    reward, update = trainer.step().reward, trainer.snapshot.last_update
    assert update.target == reward
    assert update.new_value == pytest.approx(reward)
    assert (update.learning_rate, update.discount) == (1, 0)
    trainer.tune(epsilon=0)
    assert trainer.snapshot.epsilon == trainer.agent.epsilon == 0
    assert not any(trainer.step().explored for _ in range(100))
    assert trainer.changes == trainer.snapshot.changes
    assert [change[0] for change in trainer.changes] == [1, 1, 2]
    assert {change.name for change in trainer.changes} == {*EPSILON_TUNABLE}


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in (Status.RUNNING, Status.PAUSED)]
)
def test_only_a_run_under_way_can_be_tuned(status):
    trainer = make_in(status)
    before = all_of(trainer)
    with pytest.raises(StatusError, match=r"^tune\(\) needs status RUNNING or PAUSED"):
        trainer.tune(epsilon=0.5)
    assert all_of(trainer) == before
    assert trainer.status is status


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epsilon_decay": 0.5}, f"tune takes {', '.join(TUNABLE)}, got"),
        ({"np_random": 0.5}, f"tune takes {', '.join(TUNABLE)}, got"),
        ({"temperature": 0.5}, "temperature must be one that has an effect, it has none in q_le"),
        ({"learning_rate": 0}, "learning_rate must be above 0 and at most 1, got 0"),
        ({"epsilon": 1.1}, "epsilon must be a number from 0 to 1, got 1.1"),
        ({"discount_factor": float("nan")}, "discount_factor must be a number from 0 to 1, got"),
        ({"epsilon": "high"}, "epsilon must be a number from 0 to 1, got 'high'"),
        ({"epsilon": None}, "epsilon must be a number from 0 to 1, got None"),
        ({"epsilon": True}, "epsilon must be a number from 0 to 1, got True"),
    ],
)
def test_what_cannot_be_tuned_is_refused_and_nothing_changes(wrong, message):
    trainer = make_in(Status.RUNNING)
    before = all_of(trainer)
    with pytest.raises(ValueError, match=re.escape(message)):
        trainer.tune(**{"learning_rate": 0.3} | wrong)
    assert all_of(trainer) == before
    assert trainer.status is Status.RUNNING


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change(0, 0, "initial_q", 1), "tune takes"),
        (Change(0, 0, "epsilon", 2), "epsilon must be a number from 0 to 1, got 2"),
        (Change(-1, 0, "epsilon", 0), "total_steps of a change must be a whole number from 0"),
        (Change(1.5, 0, "epsilon", 0), "total_steps of a change must be a whole number from 0"),
        (Change(0, -1, "epsilon", 0), "episode of a change must be a whole number from 0"),
        ("epsilon", "changes must be of type Change"),
    ],
)
def test_a_wrong_change_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        make(changes=[change])


def test_the_number_of_changes_is_bounded():
    change = Change(10**9, 0, "epsilon", 0.5)
    with pytest.raises(ValueError, match=r"^changes must be at most 10,000, got 10,001$"):
        make(changes=[change] * 10_001)
    trainer = make(changes=[change] * 9_999)
    trainer.start()
    trainer.tune(epsilon=0.1)
    with pytest.raises(ValueError, match=r"^changes must be at most 10,000, got 10,001$"):
        trainer.tune(epsilon=0.2)
    assert trainer.snapshot.epsilon == 0.1


def test_changes_are_made_in_the_order_of_their_steps():
    changes = [Change(20, 0, "epsilon", 0), Change(10, 0, "epsilon", 1), Change(20, 0, *TUNED)]
    trainer = make(changes)
    trainer.advance(19)
    assert [change.total_steps for change in trainer.changes] == [10]
    trainer.advance(1)
    assert [(c.total_steps, c.name, c.value) for c in trainer.changes] == [
        (10, "epsilon", 1),
        (20, "epsilon", 0),
        (20, *TUNED),
    ]


TUNED = ("learning_rate", 0.25)
CONVERGING = {"level": "easy", "slip": 0, "optimal_evaluations": 3, "num_episodes": 5000}


@settings(deadline=None, max_examples=15)
@given(CHUNKS)
def test_a_run_that_stays_optimal_ends_at_the_same_episode(chunks):
    at_once = drive(make(**CONVERGING), [10**9])
    stepwise = drive(make(**CONVERGING), chunks)
    assert at_once.snapshot.episode == stepwise.snapshot.episode < 5000
    assert stepwise.snapshot.converged
    assert all_of(stepwise) == all_of(at_once)


@pytest.mark.parametrize(
    ("level", "slip", "discount"),
    [
        ("easy", 0, 0.99),
        ("easy", 0, 1),
        ("hard", 0, 0.9),
        ("dyna_maze", 0, 0.95),
        ("dyna_maze", 0, 1),
        ("cliff_walking", 0, 1),
    ],
)
def test_the_policy_of_a_converged_run_is_optimal(level, slip, discount):
    settings = {"optimal_evaluations": 2, "num_episodes": 20_000, "learning_rate": 0.5}
    trainer = make(level=level, slip=slip, discount_factor=discount, **settings)
    trainer.train(show_progress=False)
    trainer.analyse()
    snapshot = trainer.snapshot
    assert trainer.status is Status.FINISHED
    assert snapshot.converged
    assert len(snapshot.episode_returns) == snapshot.episode < 20_000
    assert snapshot.gap == pytest.approx(0, abs=1e-8)
    assert snapshot.evaluation_returns[-1] == pytest.approx(snapshot.optimal_return, abs=1e-6)


def test_a_run_goes_on_to_its_last_episode_unless_asked_to_stop():
    trainer = drive(make(**CONVERGING | {"optimal_evaluations": 0, "num_episodes": 400}), [10**9])
    assert trainer.snapshot.episode == 400
    assert not trainer.snapshot.converged
    trainer.analyse()
    assert trainer.snapshot.gap == pytest.approx(0, abs=1e-8)


def test_evaluations_that_find_a_better_way_begin_to_count_anew():
    ends = [
        drive(make(**CONVERGING | {"optimal_evaluations": n}), [10**9]).snapshot.episode
        for n in (1, 2, 5, 20)
    ]
    assert ends == sorted(ends)
    assert ends[-1] - ends[0] >= 19


def test_an_endless_policy_is_not_optimal_at_discount_1():
    # With nothing paid on the way, every action looks as good as the best one.
    learning = {"discount_factor": 1, "epsilon": 0, "min_epsilon": 0, "optimal_evaluations": 1}
    trainer = Trainer(
        GridWorldConfig(level="dyna_maze", max_steps=50),
        QLearningConfig(num_episodes=20, **learning),
    )
    trainer.start()
    trainer.agent.q_values[:, 0] = 1  # upwards for ever
    trainer.advance(10**9)
    assert not trainer.snapshot.converged
    assert trainer.snapshot.episode == 20
    trainer.analyse()
    assert trainer.snapshot.gap == pytest.approx(1)


def test_a_policy_that_has_learned_nothing_does_not_end_the_run():
    # At discount 1, with nothing paid on the way, to stray until the goal is optimal, too.
    trainer = make(level="dyna_maze", slip=0, discount_factor=1, optimal_evaluations=1)
    trainer.step()
    assert trainer.status is Status.PAUSED
    trainer.train(show_progress=False)
    assert trainer.snapshot.episode >= 1


def test_an_optimal_policy_counts_where_other_actions_may_never_end():
    # The wind takes whoever goes left to where there is no way back: that has no value at all.
    world = GridWorldConfig(layout="..#.\n.S.G\n....", wind=(1, 1, 0, 2), max_steps=100)
    trainer = Trainer(
        world, QLearningConfig(discount_factor=1, num_episodes=3000, optimal_evaluations=2)
    )
    trainer.analyse()
    of_start = trainer.snapshot.plan.q_values[trainer.world.start_states[0]]
    assert np.isnan(of_start).any()
    assert not np.isnan(of_start).all()
    trainer.train(show_progress=False)
    assert trainer.snapshot.converged
    assert trainer.snapshot.episode < 3000


@pytest.mark.parametrize("until", [1, 7, 19])
def test_a_run_pauses_exactly_at_the_episode_asked_for(until):
    trainer, by_episode = make(), make()
    taken = trainer.advance(10**9, until_episode=until)
    assert trainer.status is Status.PAUSED
    assert trainer.snapshot.episode == until
    assert taken == trainer.snapshot.total_steps == trainer.snapshot.episode_lengths.sum()
    for _ in range(until):
        by_episode.step_episode()
    assert all_of(trainer) == all_of(by_episode)
    trainer.resume()
    assert all_of(drive(trainer, [77])) == all_of(drive(make(), [10**9]))


def test_until_an_episode_takes_no_more_steps_than_allowed():
    trainer = make()
    assert trainer.advance(5, until_episode=10) == 5
    assert trainer.status is Status.RUNNING


def test_until_an_episode_that_is_over_takes_no_step():
    trainer = make()
    trainer.advance(10**9, until_episode=3)
    trainer.resume()
    assert trainer.advance(10**9, until_episode=2) == 0
    assert (trainer.status, trainer.snapshot.episode) == (Status.PAUSED, 3)


def test_until_beyond_the_last_episode_is_the_end_of_the_run():
    trainer = make(num_episodes=5)
    trainer.advance(10**9, until_episode=10**6)
    assert (trainer.status, trainer.snapshot.episode) == (Status.FINISHED, 5)


@pytest.mark.parametrize("until", [-1, 1.5, "3", True])
def test_a_wrong_episode_is_refused(until):
    trainer = make()
    with pytest.raises(ValueError, match=r"^until_episode must be a whole number from 0, got"):
        trainer.advance(10, until_episode=until)
    assert trainer.status is Status.IDLE


@pytest.mark.parametrize("optimal_evaluations", [0, 3])
@pytest.mark.parametrize("when", ["before the loop", "in the loop"])
def test_interrupts_do_not_disturb_what_is_kept(when, optimal_evaluations):
    settings = {"level": "easy", "slip": 0, "optimal_evaluations": optimal_evaluations}
    changes = [Change(150, 0, "learning_rate", 0.3), Change(151, 0, "epsilon", 0.5)]
    trainer, run_loop, calls = make(changes, **settings), Q_LEARNING.loop, []

    def interrupted(*arguments):
        calls.append(arguments)
        if when == "in the loop":
            run_loop(*arguments)
        if len(calls) % 2 or when == "in the loop":
            raise KeyboardInterrupt
        return run_loop(*arguments)

    with other_loop(trainer, interrupted):
        while trainer.status is not Status.FINISHED:
            try:
                trainer.train(show_progress=False)
            except KeyboardInterrupt:
                assert trainer.status is Status.PAUSED
    assert len(calls) > (10 if optimal_evaluations else 2)
    assert all_of(trainer) == all_of(drive(make(changes, **settings), [10**9]))


def test_a_change_after_an_interrupt_can_be_made_again():
    trainer, run_loop = make(), Q_LEARNING.loop

    def interrupted(*arguments):
        run_loop(*arguments)
        raise KeyboardInterrupt

    with other_loop(trainer, interrupted):
        for _ in range(5):
            with pytest.raises(KeyboardInterrupt):
                trainer.advance(10)
        trainer.tune(epsilon=0.7, learning_rate=0.9)  # a keyframe is due at this very step
    trainer.train(show_progress=False)
    assert all_of(trainer) == all_of(drive(make(trainer.changes), [10**9]))


def test_what_planning_said_stays_for_the_next_run_in_the_same_world():
    trainer = make(num_episodes=50)
    trainer.train(show_progress=False)
    trainer.analyse()
    before = trainer.snapshot
    trainer.reset()
    after = trainer.snapshot
    assert after.plan is before.plan
    assert after.optimal_return == before.optimal_return
    assert after.gap is None  # that of the run before
    trainer.analyse()
    assert trainer.snapshot.gap > before.gap
    trainer.world_config.step_reward = -0.5
    trainer.reset()
    assert trainer.snapshot.plan is None
    trainer.analyse()
    assert trainer.snapshot.plan.values.max() < before.plan.values.max()


@pytest.mark.parametrize("n_calls", range(1, 25))
def test_what_was_due_at_an_interrupt_is_made_up_for_in_a_file_too(n_calls, tmp_path):
    # With a check after each evaluation, each call of the loop ends where one is due.
    settings = {"level": "easy", "slip": 0, "optimal_evaluations": 3}
    trainer, run_loop, calls = make(**settings), Q_LEARNING.loop, []

    def interrupted(*arguments):
        calls.append(run_loop(*arguments))
        if len(calls) == n_calls:
            raise KeyboardInterrupt
        return calls[-1]

    with other_loop(trainer, interrupted), pytest.raises(KeyboardInterrupt):
        trainer.train(show_progress=False)
    trainer.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    again.train(show_progress=False)
    assert all_of(again) == all_of(drive(make(**settings), [10**9]))


def test_a_run_that_is_let_go_of_is_gone_at_once():
    trainer = make()
    gc.disable()
    try:
        runs = []
        for _ in range(3):
            trainer.train(show_progress=False)
            trainer.analyse()
            runs.append(weakref.ref(trainer._run))
            trainer.reset()
        assert [run() for run in runs] == [None] * 3
    finally:
        gc.enable()


def test_a_long_call_lets_others_have_their_turn():
    trainer = make(num_episodes=10_000_000)
    trainer.start()
    waits, is_over = [], threading.Event()

    def wait():
        while not is_over.is_set():
            before = time.perf_counter()
            time.sleep(0.001)
            waits.append(time.perf_counter() - before)

    other = threading.Thread(target=wait)
    other.start()
    trainer.advance(20_000_000)
    is_over.set()
    other.join()
    assert len(waits) > 10  # one call of the loop would have let none


@pytest.mark.parametrize("n_steps", [2**63, 10**30, np.uint64(2**64 - 1)])
def test_any_number_of_steps_may_be_asked_for(n_steps):
    trainer = make()
    trainer.advance(n_steps)
    assert trainer.status is Status.FINISHED


def test_an_interrupt_in_reset_leaves_the_old_run_or_the_new_one(monkeypatch):
    from gridworld import trainer as module

    trainer = make(level="easy")
    trainer.world_config.level = "hard"

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "Run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trainer.reset()
    assert trainer.origin.world["level"] == "easy"
    trainer.start()
    assert trainer.origin.world["level"] == "hard"
    assert trainer.world.shape == (7, 7)


def test_an_idle_run_from_a_file_begins_as_its_spec_says(tmp_path):
    trainer = make()
    trainer.agent.np_random.random(7)
    trainer.agent.q_values[...] = 123
    trainer.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    again.train(show_progress=False)
    assert all_of(again) == all_of(drive(make(), [10**9]))


def test_the_moment_at_a_step_is_the_latest_keyframe_before():
    trainer = drive(make(num_episodes=50), [10**9])
    steps = [frame.total_steps for frame in trainer.keyframes]
    for i in (0, 1, 7, len(steps) - 1):
        for later in (0, steps[1] - 1):
            frame = trainer.keyframe_at(steps[i] + later)
            assert values_of(frame) == values_of(trainer.keyframes[i])
    with pytest.raises(ValueError, match="total_steps must be a whole number from 0, got -1"):
        trainer.keyframe_at(-1)
