import dataclasses
import re

import numpy as np
import pytest

from gridworld import GridWorldConfig, QLearningConfig, Status, Trainer, value_iteration
from gridworld.algorithms.q_learning import Q_LEARNING
from tests.gridworld.other_loops import other_loop

IDLE, RUNNING, PAUSED, STOPPED, FINISHED, FAILED = Status
#: Where each call leads, from the statuses that allow it.
CALLS = {
    "start": {IDLE: RUNNING},
    "pause": {RUNNING: PAUSED},
    "resume": {PAUSED: RUNNING},
    "stop": {RUNNING: STOPPED, PAUSED: STOPPED},
    "step": {IDLE: PAUSED, PAUSED: PAUSED},
    "step_episode": {IDLE: PAUSED, PAUSED: PAUSED},
    "step_phase": {IDLE: PAUSED, PAUSED: PAUSED},
    "advance": {IDLE: RUNNING, RUNNING: RUNNING},
    "train": {IDLE: FINISHED, RUNNING: FINISHED, PAUSED: FINISHED},
    "tune": {RUNNING: RUNNING, PAUSED: PAUSED},
    "reset": dict.fromkeys(Status, IDLE),
}
EVERYWHERE = [
    pytest.param(call, status, id=f"{call}-{status}") for call in CALLS for status in Status
]


def make(level="easy", seed=0, num_episodes=20, max_steps=1000, **learning):
    world = GridWorldConfig(level=level, max_steps=max_steps)
    return Trainer(world, QLearningConfig(num_episodes=num_episodes, **learning), seed=seed)


def make_in(status):
    """A trainer that came to the status in the usual way."""
    trainer = make()
    if status in (RUNNING, PAUSED, STOPPED, FAILED):
        trainer.start()
        trainer.advance(30)
    if status is PAUSED:
        trainer.pause()
    if status is STOPPED:
        trainer.stop()
    if status is FAILED:
        trainer.fail()
    if status is FINISHED:
        trainer.train()
    return trainer


def arrays_of(snapshot):
    values = {f.name: getattr(snapshot, f.name) for f in dataclasses.fields(snapshot)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def bits(trainer):
    """All that was learned and recorded, to the last bit, and both generators' states."""
    snapshot = trainer.snapshot
    arrays = [array.tobytes() for array in arrays_of(snapshot).values()]
    numbers = [snapshot.epsilon, snapshot.episode, snapshot.total_steps, snapshot.last_update]
    generators = [trainer.agent.np_random, trainer.np_random]
    return [*arrays, *numbers, *(rng.bit_generator.state for rng in generators)]


@pytest.mark.parametrize(("call", "status"), EVERYWHERE)
def test_every_call_leads_on_or_says_what_is_allowed(call, status):
    trainer = make_in(status)
    before = bits(trainer)
    arguments = [10] if call == "advance" else []
    if status in CALLS[call]:
        getattr(trainer, call)(*arguments)
        assert trainer.status is trainer.snapshot.status is CALLS[call][status]
        return
    with pytest.raises(RuntimeError) as refusal:
        getattr(trainer, call)(*arguments)
    message = str(refusal.value)
    assert message.startswith(f"{call}() needs status ")
    assert f"status is {status}" in message
    allowed = {name for name, leads in CALLS.items() if status in leads}
    assert set(re.findall(r"\w+(?=\(\))", message.split("allowed now")[1])) == allowed
    assert trainer.status is status
    assert bits(trainer) == before


@pytest.mark.parametrize("status", Status)
def test_a_run_can_be_marked_as_failed_and_keeps_what_it_learned(status):
    trainer = make_in(status)
    before = bits(trainer)
    trainer.fail()
    assert trainer.status is FAILED
    assert bits(trainer) == before


@pytest.mark.parametrize("status", Status)
def test_a_reset_clears_everything(status):
    trainer = make_in(status)
    trainer.reset()
    snapshot = trainer.snapshot
    assert (snapshot.episode, snapshot.step, snapshot.total_steps) == (0, 0, 0)
    assert (snapshot.epsilon, snapshot.last_update) == (1.0, None)
    assert not snapshot.q_values.any()
    assert not snapshot.visits.any()
    assert len(snapshot.episode_returns) == 0
    assert (snapshot.position, snapshot.trail.tolist()) == ((0, 0), [[0, 0]])


def test_a_run_after_a_reset_is_the_same_run():
    trainer = make()
    trainer.train()
    first = bits(trainer)
    trainer.reset()
    trainer.train()
    assert bits(trainer) == first


def test_statuses_read_as_their_names():
    assert [f"{status}" for status in Status] == [
        "IDLE",
        "RUNNING",
        "PAUSED",
        "STOPPED",
        "FINISHED",
        "FAILED",
    ]


def test_configs_are_read_once_at_the_start():
    trainer, untouched = make("hard"), make("hard")
    trainer.advance(50)
    trainer.world_config.level = "easy"
    trainer.world_config.max_steps = 1
    trainer.learning_config.param.update(
        learning_rate=1, discount_factor=0.5, epsilon=0, epsilon_decay=0.1, num_episodes=1
    )
    trainer.seed = 9
    assert trainer.snapshot.layout == untouched.snapshot.layout
    trainer.train()
    untouched.advance(50)
    untouched.train()
    assert bits(trainer) == bits(untouched)


@pytest.mark.parametrize("begin", [Trainer.start, Trainer.step, lambda trainer: trainer.advance(0)])
def test_what_is_edited_before_the_start_counts(begin):
    trainer = make("easy", num_episodes=3)
    trainer.world_config.level = "hard"
    trainer.learning_config.num_episodes = 7
    trainer.learning_config.initial_q = 2
    trainer.seed = 5
    begin(trainer)
    assert trainer.snapshot.q_values.shape == (49, 4)
    assert trainer.snapshot.layout == trainer.world_config.layout
    assert trainer.snapshot.num_episodes == 7
    trainer.reset()
    trainer.train()
    assert bits(trainer) == bits_of_trained("hard", seed=5, num_episodes=7, initial_q=2)


def bits_of_trained(*arguments, **parameters):
    trainer = make(*arguments, **parameters)
    trainer.train()
    return bits(trainer)


def test_snapshots_are_read_only():
    trainer = make()
    trainer.train()
    arrays = arrays_of(trainer.snapshot)
    assert arrays.keys() == {
        "trail",
        "moves",
        "q_values",
        "reachable",
        "ongoing",
        "start_probability",
        "visits",
        "episode_returns",
        "episode_lengths",
        "episode_successes",
        "evaluation_episodes",
        "evaluation_epsilons",
        "evaluation_returns",
    }
    for array in arrays.values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        trainer.snapshot.episode = 3


def test_a_snapshot_is_not_changed_by_what_comes_later():
    trainer = make()
    trainer.advance(200)
    snapshot = trainer.snapshot
    before = {name: array.tobytes() for name, array in arrays_of(snapshot).items()}
    assert snapshot.episode > 0
    trainer.train()
    trainer.reset()
    trainer.train()
    assert {name: array.tobytes() for name, array in arrays_of(snapshot).items()} == before
    assert snapshot.status is RUNNING


@pytest.mark.parametrize("level", ["easy", "hard", "windy_gridworld", "cliff_walking"])
def test_the_trail_is_the_last_twenty_cells_of_the_episode(level):
    trainer = make(level, max_steps=70)
    walked = []
    for _ in range(400):
        step = trainer.step()
        snapshot = trainer.snapshot
        if snapshot.step == 1:
            walked = [trainer.world.position(step.state)]
        walked.append(trainer.world.position(step.next_state))
        assert len(walked) == snapshot.step + 1
        assert [tuple(cell) for cell in snapshot.trail.tolist()] == walked[-20:]
        assert snapshot.position == walked[-1]
    assert snapshot.episode >= 5


def test_trail_cells_lie_side_by_side():
    trainer = make("hard")
    for _ in range(50):
        trainer.advance(13)
        steps = abs(np.diff(trainer.snapshot.trail, axis=0)).sum(axis=1)
        assert (steps <= 1).all()


def test_between_episodes_the_agent_is_seen_where_the_last_one_ended():
    trainer = make()
    trainer.step_episode()
    snapshot = trainer.snapshot
    assert snapshot.position == (4, 4)
    assert snapshot.step == snapshot.episode_lengths[0]
    trainer.step()
    assert trainer.snapshot.trail[0].tolist() == [0, 0]
    assert trainer.snapshot.step == 1


def test_a_step_makes_exactly_one_update():
    trainer = make("hard", initial_q=1)
    for n_steps in range(1, 300):
        before = trainer.snapshot
        step = trainer.step()
        after = trainer.snapshot
        update = after.last_update
        cell = (step.state, step.action)
        assert after.last_step == step
        assert (update.state, update.action) == cell
        assert after.total_steps == n_steps
        assert np.argwhere(after.visits != before.visits).tolist() == [list(cell)]
        assert after.visits[cell] == before.visits[cell] + 1
        assert set(map(tuple, np.argwhere(after.q_values != before.q_values))) <= {cell}
        assert (before.q_values[cell], after.q_values[cell]) == (
            update.old_value,
            update.new_value,
        )
        assert update.td_error == update.target - update.old_value


def test_the_first_snapshot_has_no_update():
    snapshot = make().snapshot
    assert (snapshot.last_step, snapshot.last_update) == (None, None)


def test_an_episode_step_ends_with_the_episode():
    trainer = make()
    assert [trainer.step_episode() for _ in range(3)] == trainer.snapshot.episode_lengths.tolist()
    trainer.step()
    trainer.step()
    rest = trainer.step_episode()
    assert trainer.snapshot.episode == 4
    assert trainer.snapshot.episode_lengths[-1] == rest + 2


def test_an_episode_step_ends_with_a_truncated_episode_too():
    trainer = make("hard", max_steps=5)
    assert [trainer.step_episode() for _ in range(3)] == [5, 5, 5]
    trainer.step()
    assert trainer.step_episode() == 4
    assert trainer.snapshot.episode_successes.tolist() == [False] * 4
    stepwise = make("hard", max_steps=5)
    assert trainer.snapshot.last_step == [stepwise.step() for _ in range(20)][-1]
    assert trainer.snapshot.last_update == stepwise.snapshot.last_update


def test_advance_tells_how_many_steps_it_took():
    trainer = make()
    assert trainer.advance(0) == 0
    assert trainer.status is RUNNING
    assert [trainer.advance(n) for n in (1, 7, np.int64(50))] == [1, 7, 50]
    taken = 58
    while trainer.status is RUNNING:
        taken += (last := trainer.advance(100))
    assert 0 < last <= 100
    assert taken == trainer.snapshot.total_steps == trainer.snapshot.episode_lengths.sum()


@pytest.mark.parametrize("n_steps", [-1, 1.5, "3", None, True])
def test_a_wrong_number_of_steps_is_refused(n_steps):
    trainer = make()
    message = f"^n_steps must be a whole number from 0, got {re.escape(repr(n_steps))}$"
    with pytest.raises(ValueError, match=message):
        trainer.advance(n_steps)
    assert trainer.status is IDLE


@pytest.mark.parametrize("step", [Trainer.step, Trainer.step_episode])
def test_a_run_finishes_exactly_with_its_last_episode(step):
    trainer = make(num_episodes=3)
    while trainer.status is not FINISHED:
        assert trainer.snapshot.episode < 3
        step(trainer)
    assert len(trainer.snapshot.episode_returns) == trainer.snapshot.episode == 3


def test_records_agree_with_what_happened():
    trainer = make("medium", max_steps=60, num_episodes=30)
    rewards = []
    while trainer.status is not FINISHED:
        episode = trainer.snapshot.episode
        rewards.append((episode, trainer.step().reward))
    snapshot = trainer.snapshot
    of_episode = [[r for e, r in rewards if e == episode] for episode in range(30)]
    assert snapshot.episode_lengths.tolist() == [len(row) for row in of_episode]
    assert snapshot.episode_returns.tolist() == [sum(row) for row in of_episode]
    assert snapshot.episode_successes.tolist() == [row[-1] == 1 for row in of_episode]
    assert set(snapshot.episode_successes.tolist()) == {False, True}
    assert snapshot.visits.sum() == snapshot.total_steps == len(rewards)


def test_a_pit_is_no_success():
    trainer = Trainer(GridWorldConfig(layout="SX\n.G"), QLearningConfig(num_episodes=50))
    trainer.train()
    ended_well = trainer.snapshot.episode_successes
    assert set(ended_well.tolist()) == {False, True}
    assert (trainer.snapshot.episode_returns[ended_well] > 0).all()
    assert (trainer.snapshot.episode_returns[~ended_well] < 0).all()


def test_epsilon_decays_with_each_episode_and_stops_at_its_minimum():
    trainer = make(num_episodes=8, epsilon=0.8, epsilon_decay=0.5, min_epsilon=0.1)
    seen = [trainer.snapshot.epsilon]
    while trainer.status is not FINISHED:
        trainer.step_episode()
        seen.append(trainer.snapshot.epsilon)
    assert seen == [0.8, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]


def test_training_shows_its_progress(capsys):
    make(num_episodes=25).train()
    shown = capsys.readouterr()
    assert "25/25" in shown.err
    assert "episode" in shown.err
    assert shown.out == ""


def test_training_goes_on_where_stepping_left_off(capsys):
    trainer = make(num_episodes=25)
    trainer.step_episode()
    trainer.step()
    trainer.train()
    assert "25/25" in capsys.readouterr().err
    assert bits(trainer) == bits_of_trained(num_episodes=25)


@pytest.mark.parametrize(
    "call", [lambda t: t.advance(10), Trainer.step, Trainer.step_episode, Trainer.train]
)
def test_an_error_fails_the_run_and_keeps_what_was_learned(call):
    trainer = make()
    trainer.step_episode()
    if call not in (Trainer.step, Trainer.step_episode):
        trainer.resume()
    before = bits(trainer)

    def break_down(*_):
        raise MemoryError("no memory left")

    with other_loop(trainer, break_down), pytest.raises(MemoryError, match="no memory left"):
        call(trainer)
    assert trainer.status is FAILED
    assert bits(trainer) == before
    trainer.reset()
    trainer.train()
    assert bits(trainer) == bits_of_trained()


@pytest.mark.parametrize("when", ["before the loop", "in the loop"])
def test_an_interrupted_training_pauses_and_goes_on_to_the_same_bits(when):
    parameters = {"level": "hard", "num_episodes": 9000, "epsilon_decay": 0.9999}
    trainer, run_loop = make(**parameters), Q_LEARNING.loop
    calls = []

    def interrupted(*arguments):
        calls.append(arguments)
        interrupt = len(calls) in (1, 3)
        if interrupt and when == "before the loop":
            raise KeyboardInterrupt
        taken = run_loop(*arguments)
        # A signal that arrives in compiled code is raised on the way out of it.
        if interrupt:
            raise KeyboardInterrupt
        return taken

    with other_loop(trainer, interrupted):
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                trainer.train()
            assert trainer.status is PAUSED
        trainer.train()
    assert len(calls) > 3
    assert trainer.status is FINISHED
    assert bits(trainer) == bits_of_trained(**parameters)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_a_wrong_seed_is_refused(seed):
    message = f"^seed must be a whole number from 0, got {re.escape(repr(seed))}$"
    with pytest.raises(ValueError, match=message):
        Trainer(seed=seed)
    trainer = make(seed=3)
    with pytest.raises(ValueError, match=message):
        trainer.seed = seed
    assert trainer.seed == 3


def test_a_large_seed_is_as_good_as_a_small_one():
    assert bits_of_trained(seed=2**80) == bits_of_trained(seed=2**80) != bits_of_trained(seed=0)


def test_everything_has_a_default():
    trainer = Trainer()
    trainer.train()
    assert (trainer.status, trainer.snapshot.episode) == (FINISHED, 500)
    assert trainer.seed == 0


def wandering():
    """A run whose greedy policies take long to evaluate."""
    config = GridWorldConfig(level="random", n_rows=30, n_cols=30, slip=0.2, max_steps=10_000)
    trainer = Trainer(config, QLearningConfig(num_episodes=3), seed=0)
    trainer.advance(10_000)
    return trainer


def test_answers_worked_out_bit_by_bit_are_those_worked_out_at_once():
    at_once, by_bits = wandering(), wandering()
    assert at_once.analyse()
    n_calls = 1
    while not by_bits.analyse(seconds=0):
        n_calls += 1
    assert n_calls > 10
    expected, got = at_once.snapshot, by_bits.snapshot
    np.testing.assert_array_equal(got.evaluation_returns, expected.evaluation_returns)
    np.testing.assert_array_equal(got.plan.q_values, expected.plan.q_values)
    for name in ("optimal_return", "planned_return", "optimal_length", "gap", "greedy_ends"):
        assert getattr(got, name) == getattr(expected, name)


def test_answers_follow_the_discount_even_if_it_changes_while_they_are_worked_out():
    trainer = wandering()
    assert not trainer.analyse(seconds=0)
    trainer.tune(discount_factor=0.5)
    assert not trainer.analyse(seconds=0)
    trainer.tune(discount_factor=0.6)
    trainer.analyse()
    expected = value_iteration(trainer.world, 0.6)
    np.testing.assert_array_equal(trainer.snapshot.plan.q_values, expected.q_values)
    trainer.reset()
    assert not trainer.analyse(seconds=0)
    trainer.analyse()
    np.testing.assert_array_equal(
        trainer.snapshot.plan.values, value_iteration(trainer.world, 0.99).values
    )
