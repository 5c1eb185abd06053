import copy
import hashlib
import json
import re
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworld import GridWorldConfig, QLearningAgent, QLearningConfig, Trainer, Update
from gridworld.algorithms.q_learning import Q_LEARNING
from tests.gridworld.algorithms.test_contract import configs


def newest(name):
    """Id of the newest version that Gymnasium registers."""
    specs = [s for s in gymnasium.registry.values() if (s.namespace, s.name) == (None, name)]
    return max(specs, key=lambda spec: spec.version).id


def train(env, agent, n_episodes):
    state, _ = env.reset(seed=0)
    for _ in range(n_episodes):
        done = False
        while not done:
            action = agent.select_action(state)
            next_state, reward, terminated, truncated, _ = env.step(action)
            agent.update(state, action, reward, next_state, terminated)
            state, done = next_state, terminated or truncated
        agent.end_episode()
        state, _ = env.reset()


def greedy_return(env, agent, max_steps=200):
    policy, total = agent.greedy_policy(), 0.0
    state, _ = env.reset()
    for _ in range(max_steps):
        state, reward, terminated, truncated, _ = env.step(policy[state])
        total += reward
        if terminated or truncated:
            break
    return total


@pytest.mark.parametrize(
    ("name", "n_episodes", "n_tests", "at_least"),
    [("CliffWalking", 500, 1, -13), ("Taxi", 2000, 100, 7)],
)
def test_the_agent_learns_the_environments_of_gymnasium(name, n_episodes, n_tests, at_least):
    env = gymnasium.make(newest(name))
    config = QLearningConfig(learning_rate=0.5, epsilon=0.1, epsilon_decay=1)
    agent = QLearningAgent.for_env(env, config, seed=0)
    train(env, agent, n_episodes)
    assert np.mean([greedy_return(env, agent) for _ in range(n_tests)]) >= at_least


def make_agent(q_values, seed=0, **parameters):
    agent = QLearningAgent(QLearningConfig(**parameters), *np.shape(q_values), seed)
    agent.q_values[:] = q_values
    return agent


def test_an_update_shows_its_numbers():
    agent = make_agent([[1.0, 2.0], [4.0, 3.0]], learning_rate=0.5, discount_factor=0.9)
    update = agent.update(0, 1, -1.0, 1, False)
    assert update == Update(
        state=0,
        action=1,
        next_value=4.0,
        target=-1 + 0.9 * 4,
        old_value=2.0,
        td_error=-1 + 0.9 * 4 - 2,
        new_value=2 + 0.5 * (-1 + 0.9 * 4 - 2),
        learning_rate=0.5,
        discount=0.9,
        next_action=None,
    )
    assert agent.q_values.tolist() == [[1.0, update.new_value], [4.0, 3.0]]


def test_a_terminal_state_is_worth_nothing():
    agent = make_agent([[0.0], [100.0]], learning_rate=1)
    assert agent.update(0, 0, 5.0, 1, True).target == 5
    assert agent.update(0, 0, 5.0, 1, False).target == 104


def test_the_numbers_are_pythons_own():
    types = [type(value) for value in make_agent([[0.0]]).update(np.int64(0), 0, 1, 0, np.True_)]
    assert types == [int, int, *[float] * 7, type(None)]


@pytest.mark.parametrize(("epsilon", "explored"), [(0, False), (1, True)])
def test_the_agent_tells_whether_its_action_explored(epsilon, explored):
    agent = make_agent([[0.0, 1.0]], epsilon=epsilon)
    agent.select_action(0)
    assert agent.explored is explored


@pytest.mark.parametrize(
    ("values", "epsilon", "shares"),
    [
        ([0.0, 0.0, 0.0, 0.0], 0, [0.25, 0.25, 0.25, 0.25]),
        ([1.0, 0.0, 1.0, 0.0], 0, [0.5, 0, 0.5, 0]),
        ([0.0, 0.0, 0.0, 1.0], 0, [0, 0, 0, 1]),
        ([0.0, 0.0, 0.0, 1.0], 1, [0.25, 0.25, 0.25, 0.25]),
        ([0.0, 0.0, 0.0, 1.0], 0.4, [0.1, 0.1, 0.1, 0.7]),
        ([-3.0, -3.0, -3.0, -9.0], 0, [1 / 3, 1 / 3, 1 / 3, 0]),
    ],
)
def test_actions_are_chosen_in_the_right_proportions(values, epsilon, shares):
    agent = make_agent([values], epsilon=epsilon)
    n_choices = 10_000
    chosen = [agent.select_action(0) for _ in range(n_choices)]
    # Five standard deviations of a share are at most 5 * sqrt(0.25 / 10,000) = 0.025.
    shares_seen = np.bincount(chosen, minlength=4) / n_choices
    np.testing.assert_allclose(shares_seen, shares, rtol=0, atol=0.025)
    assert not shares_seen[np.array(shares) == 0].any()


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
@pytest.mark.parametrize("epsilon", [0, 0.5, 1])
def test_every_choice_draws_two_uniforms(values, epsilon):
    agent = make_agent([values], epsilon=epsilon)
    copied = copy.deepcopy(agent.np_random)
    for _ in range(20):
        agent.select_action(0)
        copied.random()
        copied.random()
        assert agent.np_random.bit_generator.state == copied.bit_generator.state


@given(
    epsilon=st.floats(0, 1),
    decay=st.floats(0, 1, exclude_min=True),
    minimum=st.floats(0, 1),
)
def test_epsilon_never_rises_and_stops_at_its_minimum(epsilon, decay, minimum):
    agent = make_agent([[0.0]], epsilon=epsilon, epsilon_decay=decay, min_epsilon=minimum)
    for _ in range(20):
        before = agent.epsilon
        agent.end_episode()
        assert agent.epsilon <= before
        assert agent.epsilon >= min(epsilon, minimum)
        assert agent.epsilon == min(before, max(minimum, before * decay))


def test_agent_and_environment_of_one_seed_draw_different_numbers():
    env = gymnasium.make("GridWorld-v0").unwrapped
    env.reset(seed=5)
    agent = make_agent([[0.0]], seed=5)
    assert not np.isin(agent.np_random.random(100), env.np_random.random(100)).any()


def test_the_seed_decides_what_the_agent_draws():
    first, again, other = (make_agent([[0.0]], seed=seed).np_random.random() for seed in (3, 3, 4))
    assert first == again != other


def test_the_config_is_read_once():
    config = QLearningConfig(learning_rate=0.5, epsilon=0.3)
    agent = QLearningAgent(config, 2, 2)
    config.param.update(learning_rate=0.9, epsilon=0.8)
    assert agent.update(0, 0, 1.0, 1, True).new_value == 0.5
    assert agent.epsilon == 0.3


def test_the_table_starts_at_the_initial_value():
    agent = QLearningAgent(QLearningConfig(initial_q=7), 3, 2)
    assert agent.q_values.tolist() == [[7, 7]] * 3


def test_the_greedy_policy_takes_the_first_of_the_best():
    assert make_agent([[0.0, 1.0, 1.0], [3.0, 2.0, 1.0]]).greedy_policy().tolist() == [1, 0]


@pytest.mark.parametrize("max_steps", [1, 2, 3])
def test_a_truncated_step_still_looks_ahead_in_training(max_steps):
    config = QLearningConfig(initial_q=10, discount_factor=0.5)
    trainer = Trainer(GridWorldConfig(level="hard", max_steps=max_steps), config)
    for _ in range(max_steps):
        step = trainer.step()
    snapshot = trainer.snapshot
    assert (snapshot.episode, snapshot.episode_lengths.tolist()) == (1, [max_steps])
    assert not step.terminated
    assert snapshot.last_update.next_value == snapshot.q_values[step.next_state].max()
    assert snapshot.last_update.target == step.reward + 0.5 * snapshot.last_update.next_value


def test_a_terminated_step_does_not_look_ahead_in_training():
    config = QLearningConfig(initial_q=10, discount_factor=0.5)
    trainer = Trainer(GridWorldConfig(layout="SX\n.G"), config)
    targets = set()
    while trainer.snapshot.episode < 20:
        step = trainer.step()
        if step.terminated:
            targets.add((step.next_state, trainer.snapshot.last_update.target))
    assert targets == {(1, -1.0), (3, 1.0)}
    assert (trainer.snapshot.q_values[[1, 3]] == 10).all()


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_a_wrong_seed_is_refused(seed):
    message = f"^seed must be a whole number from 0, got {re.escape(repr(seed))}$"
    with pytest.raises(ValueError, match=message):
        QLearningAgent(QLearningConfig(), 2, 2, seed)


@pytest.mark.parametrize(
    ("n_states", "n_actions", "message"),
    [
        (0, 2, "n_states must be a whole number from 1, got 0"),
        (2, -1, "n_actions must be a whole number from 1, got -1"),
    ],
)
def test_a_wrong_size_is_refused(n_states, n_actions, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        QLearningAgent(QLearningConfig(), n_states, n_actions)


WHOLES = [int, np.int64, np.uint8, lambda number: np.array(number)]


@pytest.mark.parametrize(
    ("state", "action", "next_state", "message"),
    [
        (-2, 0, 0, "state must be from 0 to 4, got -2"),
        (5, 0, 0, "state must be from 0 to 4, got 5"),
        (0, -1, 0, "action must be from 0 to 1, got -1"),
        (0, 2, 0, "action must be from 0 to 1, got 2"),
        (0, 0, -1, "next_state must be from 0 to 4, got -1"),
        (0, 0, 5, "next_state must be from 0 to 4, got 5"),
    ],
)
@pytest.mark.parametrize("terminated", [False, True])
def test_what_does_not_exist_is_not_learned(state, action, next_state, message, terminated):
    agent = QLearningAgent(QLearningConfig(), 5, 2)
    with pytest.raises(ValueError, match=f"^{message}$"):
        agent.update(state, action, 1.0, next_state, terminated)
    assert not agent.q_values.any()
    if message.startswith("state"):
        with pytest.raises(ValueError, match=f"^{message}$"):
            agent.select_action(state)


@pytest.mark.parametrize("number", [1.0, "1", None, [1]])
def test_what_is_no_whole_number_is_no_state(number):
    agent = make_agent([[0.0, 1.0]] * 3)
    with pytest.raises(TypeError):
        agent.select_action(number)
    with pytest.raises(TypeError):
        agent.update(number, 0, 0.0, 0, False)


@pytest.mark.parametrize("kind", WHOLES)
def test_states_and_actions_of_any_whole_type_are_as_good(kind):
    expected, agent = (make_agent([[0.0, 1.0], [2.0, 3.0]]) for _ in range(2))
    assert agent.select_action(kind(1)) == expected.select_action(1)
    update = agent.update(kind(0), kind(1), np.float32(0.5), kind(1), False)
    assert update == expected.update(0, 1, 0.5, 1, False)
    assert [type(value) for value in update] == [*[int, int, *[float] * 7, type(None)]]
    assert agent.q_values.tolist() == expected.q_values.tolist()


class Shifted(gymnasium.Wrapper):
    """An environment whose states and actions are counted from elsewhere."""

    def __init__(self, env, first_state, first_action):
        super().__init__(env)
        self.first_state, self.first_action = first_state, first_action
        states, actions = env.observation_space.n, env.action_space.n
        self.observation_space = gymnasium.spaces.Discrete(states, start=first_state)
        self.action_space = gymnasium.spaces.Discrete(actions, start=first_action)

    def reset(self, **options):
        state, info = self.env.reset(**options)
        return state + self.first_state, info

    def step(self, action):
        state, *rest = self.env.step(action - self.first_action)
        return state + self.first_state, *rest


@pytest.mark.parametrize(("first_state", "first_action"), [(1, 1), (-3, 10), (1000, -4)])
def test_spaces_that_begin_elsewhere_are_learned_to_the_same_table(first_state, first_action):
    plain = gymnasium.make("GridWorld-v0", level="easy")
    shifted = Shifted(gymnasium.make("GridWorld-v0", level="easy"), first_state, first_action)
    agents = [QLearningAgent.for_env(env, QLearningConfig(), seed=3) for env in (plain, shifted)]
    for env, agent in zip((plain, shifted), agents, strict=True):
        train(env, agent, 30)
    np.testing.assert_array_equal(agents[0].q_values, agents[1].q_values)
    policies = [agent.greedy_policy() for agent in agents]
    np.testing.assert_array_equal(policies[0] + first_action, policies[1])
    for state in (first_state - 1, first_state + 25):
        message = f"^state must be from {first_state} to {first_state + 24}, got {state}$"
        with pytest.raises(ValueError, match=message):
            agents[1].select_action(state)
    update = agents[1].update(first_state, first_action, 0.0, first_state + 1, True)
    assert (update.state, update.action) == (first_state, first_action)


def test_observations_of_several_parts_are_learned_to_the_same_table():
    envs = [
        gymnasium.make("GridWorld-v0", level="easy", observation=observation)
        for observation in ("state", "position")
    ]
    agents = [QLearningAgent.for_env(env, QLearningConfig(), seed=3) for env in envs]
    for env, agent in zip(envs, agents, strict=True):
        train(env, agent, 30)
    assert agents[0].q_values.any()
    np.testing.assert_array_equal(agents[0].q_values, agents[1].q_values)
    update = agents[1].update(np.array([2, 1]), 0, 0.0, np.array([2, 2]), False)
    assert update.state == 11
    for wrong in ([5, 0], np.array([0, -1]), np.array([0.5, 1]), (1, 2, 3), "ab"):
        with pytest.raises(ValueError, match=r"^observation must be one of MultiDiscrete"):
            agents[1].select_action(wrong)


@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_an_environment_of_other_spaces_is_refused(name):
    env = gymnasium.make("GridWorld-v0").unwrapped
    setattr(env, name, gymnasium.spaces.Box(0, 1))
    with pytest.raises(ValueError, match=rf"^{name} must be of type Discrete.*, got Box"):
        QLearningAgent.for_env(env, QLearningConfig())


#: Steps, and hashes of the Q-table and of all that was written, by the first loop of this project.
HASHES = json.loads(Path(__file__).with_name("data").joinpath("q_learning.json").read_text())


@pytest.mark.parametrize("name", HASHES)
def test_the_bits_are_those_of_the_first_loop(name):
    level, slip, seed = re.fullmatch(r"(\w+), slip (.+), seed (\d+)", name).groups()
    trainer = Trainer(*configs(level, float(slip), Q_LEARNING), int(seed))
    trainer.train(show_progress=False)
    snapshot, written = trainer.snapshot, hashlib.sha256()
    records = (snapshot.episode_returns, snapshot.episode_lengths)
    for array in (snapshot.q_values, snapshot.visits, *records):
        written.update(array.tobytes())
    for rng in (trainer.agent.np_random, trainer.np_random):
        written.update(repr(rng.bit_generator.state).encode())
    table = hashlib.sha256(snapshot.q_values.tobytes())
    expected = [snapshot.total_steps, table.hexdigest(), written.hexdigest()]
    assert expected == HASHES[name]
