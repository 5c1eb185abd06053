"""Equal numbers give the same run, whatever their type and whichever way they come."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import (
    EXPLORATIONS,
    Change,
    GridWorldConfig,
    QLearningAgent,
    QLearningConfig,
    Trainer,
    World,
    gap_to_optimal,
    parameters,
    random_layout,
    value_iteration,
)
from gridworld.cli.options import configs

#: Parameters of a custom map cannot be combined with those of a drawn one.
RUN = {
    GridWorldConfig: {"layout": "S.CX\n.#..\n...G", "max_steps": 50},
    QLearningConfig: {"num_episodes": 20},
}


def numeric(owner):
    return [
        owner.param[name]
        for name in owner.param
        if isinstance(owner.param[name], parameters.Real)
        and name not in ("n_rows", "n_cols", "wall_density", "map_seed")
    ]


PARAMETERS = [(owner, each.name) for owner in RUN for each in numeric(owner)]


def values_of(parameter, most=1000):
    """Numbers that the parameter takes, whole ones often, as most people's are."""
    low, high = parameter.bounds
    low, high = max(low, -most), min(high, most)
    whole = st.integers(int(np.ceil(low)), int(high))
    if isinstance(parameter, parameters.Whole):
        return whole.filter(lambda value: value > 0 or low == 0)
    allowed = st.floats(low, high, exclude_min=not parameter.inclusive_bounds[0], width=32)
    return whole.filter(lambda value: parameter.inclusive_bounds[0] or value > low) | allowed


def same_numbers(value):
    """The same number in every type that holds it exactly."""
    types = [float, np.float64, np.float32, np.longdouble, np.array]
    if float(value).is_integer():
        types += [int, np.int64, np.int32, lambda number: np.array(int(number))]
        types += [np.uint16] if value >= 0 else []
    return [each for each in (kind(value) for kind in types) if each == value]


def bits(trainer):
    trainer.train(show_progress=False)
    trainer.analyse()
    snapshot = trainer.snapshot
    answers = snapshot.plan.values if snapshot.plan else np.zeros(0)
    arrays = (trainer.world.reward, snapshot.q_values, snapshot.episode_returns, answers)
    assert [array.dtype for array in arrays] == [np.float64] * 4
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize(("owner", "name"), PARAMETERS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_number_of_any_type_gives_the_same_run_to_the_last_bit(owner, name, data):
    value = data.draw(values_of(owner.param[name]))
    if name in ("max_steps", "num_episodes"):
        value = min(value, 50)
    runs = []
    for number in same_numbers(value):
        given = {kind: {**settings} for kind, settings in RUN.items()}
        given[owner][name] = number
        trainer = Trainer(*(kind(**settings) for kind, settings in given.items()), seed=3)
        kept = getattr(
            trainer.world_config if owner is GridWorldConfig else trainer.learning_config, name
        )
        assert type(kept) is (int if isinstance(owner.param[name], parameters.Whole) else float)
        runs.append(bits(trainer))
    assert runs == [runs[0]] * len(runs)


def test_whole_rewards_do_not_cut_fractions_off():
    world = World.from_config(
        GridWorldConfig(
            level="custom",
            layout="S.G\n###",
            slip=0.2,
            step_reward=0,
            bump_reward=0,
            goal_reward=0.9,
        )
    )
    values = value_iteration(world, 0.9).values
    assert values[:2] == pytest.approx([0.77096966, 0.87804878], abs=5e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_negative_zero_is_a_zero(sign):
    config = GridWorldConfig(level="hard", step_reward=sign * 0.0)
    assert np.copysign(1, config.step_reward) == 1


@pytest.mark.parametrize("text", ["3", "3.0", "3e0", " 3 "])
@pytest.mark.parametrize(("owner", "name"), PARAMETERS)
def test_an_option_gives_the_number_however_it_is_written(owner, name, text):
    parameter = owner.param[name]
    if parameter.bounds[1] < 3:
        text = text.replace("3", "1")
    ways = [way for way, each in EXPLORATIONS.items() if name in each.parameters]
    given = {"exploration": ways[0]} if ways else {}
    world, learning = configs("easy", {name: text, **given})
    kept = getattr(world if owner is GridWorldConfig else learning, name)
    assert kept == (3 if parameter.bounds[1] >= 3 else 1)
    assert type(kept) is (int if isinstance(parameter, parameters.Whole) else float)


def test_a_file_keeps_the_numbers(tmp_path):
    world = GridWorldConfig(layout="S.G\n###", step_reward=0, bump_reward=np.float32(-0.5), slip=0)
    trainer = Trainer(
        world, QLearningConfig(num_episodes=np.int16(20), initial_q=1), seed=np.int64(4)
    )
    trainer.advance(10)
    trainer.save(tmp_path / "run.npz")
    loaded = Trainer.load(io.BytesIO((tmp_path / "run.npz").read_bytes()))
    assert loaded.world_config.param.values() | {"name": ""} == world.param.values() | {"name": ""}
    assert bits(loaded) == bits(trainer)


@pytest.mark.parametrize("seed", same_numbers(5))
def test_a_seed_and_counts_are_as_good_in_any_type(seed):
    change = Change(np.int32(10), 0.0, "epsilon", np.float32(0.5))
    trainer = Trainer(learning_config=QLearningConfig(num_episodes=20), seed=seed, changes=[change])
    trainer.advance(np.array(30))
    agent = QLearningAgent(QLearningConfig(), np.int16(25), 4.0, seed)
    assert (
        agent.np_random.random() == QLearningAgent(QLearningConfig(), 25, 4, 5).np_random.random()
    )
    assert trainer.changes == (Change(10, 0, "epsilon", 0.5),)
    assert random_layout(5.0, np.int8(5), 0.25, seed) == random_layout(5, 5, 0.25, 5)


@pytest.mark.parametrize("discount", [1, 1.0, np.float32(1), np.int8(1), np.array(1.0)])
def test_a_discount_is_as_good_in_any_type(discount):
    world = World.from_config(GridWorldConfig(level="hard", slip=0.2))
    np.testing.assert_array_equal(
        value_iteration(world, discount).q_values, value_iteration(world, 1.0).q_values
    )
    q_values = np.zeros((world.n_states, world.n_actions))
    assert gap_to_optimal(world, q_values, discount) == gap_to_optimal(world, q_values, 1.0)


@pytest.mark.parametrize("value", [True, np.False_, "1", None, np.array([1.0]), 1j, float("nan")])
def test_what_is_no_number_is_refused(value):
    for owner, name in PARAMETERS:
        target = owner(**RUN[owner])
        before = target.param.values()
        with pytest.raises(ValueError, match=f"^{name} must be "):
            setattr(target, name, value)
        assert target.param.values() == before


def test_a_fraction_is_no_whole_number():
    with pytest.raises(ValueError, match=r"^num_episodes must be a whole number .*, got 2\.5$"):
        QLearningConfig(num_episodes=2.5)


@given(st.integers() | st.floats(allow_nan=False))
def test_a_number_is_read_from_its_text_and_stays_what_it_is(number):
    for given_ in (number, str(number), f" {number} "):
        assert parameters.parse_number(given_) == number
