"""The same seed gives the same bits, whoever drives the run."""

import numpy as np
import pytest

from gridworld import (
    LEVELS,
    GridWorldConfig,
    GridWorldEnv,
    QLearningAgent,
    QLearningConfig,
    Status,
    Trainer,
    World,
)
from gridworld.runs.run import Run

#: Episodes for each level: about as many steps everywhere; the first ones are the longest.
EPISODES = {
    "easy": 150,
    "medium": 80,
    "hard": 30,
    "random": 60,
    "custom": 300,
    "cliff_walking": 3,
    "windy_gridworld": 3,
    "dyna_maze": 5,
    "four_rooms": 5,
}
CUSTOM = "S..S.\nC.XC.\n..#..\nS.#.G"


def configs(level, slip):
    world = {"layout": CUSTOM, "max_steps": 50} if level == "custom" else {"level": level}
    learning = QLearningConfig(num_episodes=EPISODES[level], epsilon_decay=0.9, min_epsilon=0.05)
    return GridWorldConfig(**world, slip=slip), learning


def loop_by_hand(world_config, learning_config, seed):
    """What a person writes, with a record of each episode; returns the bits."""
    env = GridWorldEnv(world_config)
    agent = QLearningAgent(learning_config, env.observation_space.n, env.action_space.n, seed)
    records = []
    for episode in range(learning_config.num_episodes):
        state, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        episode_return, length, done = 0.0, 0, False
        while not done:
            action = agent.select_action(state)
            next_state, reward, terminated, truncated, _ = env.step(action)
            update = agent.update(state, action, reward, next_state, terminated)
            state, done = next_state, terminated or truncated
            episode_return += reward
            length += 1
        agent.end_episode()
        records.append((episode_return, length, bool(env.world.goal[state])))
    return bits(agent.q_values, agent.epsilon, update, agent.np_random, env.np_random, records)


def bits(q_values, epsilon, update, agent_rng, env_rng, records):
    returns, lengths, successes = map(np.array, zip(*records, strict=True))
    return {
        "q_values": q_values.tobytes(),
        "epsilon": epsilon,
        "last update": update,
        "agent's generator": agent_rng.bit_generator.state,
        "world's generator": env_rng.bit_generator.state,
        "returns": returns.tobytes(),
        "lengths": lengths.tolist(),
        "successes": successes.tolist(),
    }


def bits_of(trainer):
    snapshot = trainer.snapshot
    assert snapshot.status is Status.FINISHED
    records = zip(
        snapshot.episode_returns,
        snapshot.episode_lengths,
        snapshot.episode_successes,
        strict=True,
    )
    return bits(
        snapshot.q_values,
        snapshot.epsilon,
        snapshot.last_update,
        trainer.agent.np_random,
        trainer.np_random,
        list(records),
    )


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("slip", [0, 0.2])
@pytest.mark.parametrize("level", LEVELS)
def test_loop_by_hand_training_and_chunks_give_the_same_bits(level, slip, seed):
    world_config, learning_config = configs(level, slip)
    expected = loop_by_hand(world_config, learning_config, seed)

    trained = Trainer(world_config, learning_config, seed=seed)
    trained.train()
    assert bits_of(trained) == expected

    chunked = Trainer(world_config, learning_config, seed=seed)
    sizes = np.random.default_rng(seed)
    chunked.start()
    while chunked.status is Status.RUNNING:
        chunked.advance(int(sizes.integers(0, 300)))
    assert bits_of(chunked) == expected


@pytest.mark.parametrize("seed", range(3))
def test_single_steps_pauses_and_whole_episodes_give_the_same_bits(seed):
    world_config, learning_config = configs("custom", 0.2)
    trained = Trainer(world_config, learning_config, seed=seed)
    trained.train()
    mixed = Trainer(world_config, learning_config, seed=seed)
    choices = np.random.default_rng(seed)
    while mixed.status is not Status.FINISHED:
        choice = choices.integers(3)
        if choice == 0:
            mixed.step()
        elif choice == 1:
            mixed.step_episode()
        elif mixed.status is Status.PAUSED:
            mixed.resume()
            mixed.advance(int(choices.integers(0, 20)))
            if mixed.status is Status.RUNNING:
                mixed.pause()
    assert bits_of(mixed) == bits_of(trained)


@pytest.mark.parametrize(
    "learning",
    [
        {"learning_rate": 1, "discount_factor": 1, "epsilon": 0, "initial_q": 1},
        {"learning_rate": 1e-3, "discount_factor": 0, "epsilon": 1, "epsilon_decay": 1},
        {"learning_rate": 0.7, "epsilon": 0.01, "min_epsilon": 0.5, "initial_q": -1e6},
    ],
    ids=str,
)
def test_extreme_settings_give_the_same_bits(learning):
    world_config, _ = configs("custom", 0.3)
    learning_config = QLearningConfig(num_episodes=50, **learning)
    trainer = Trainer(world_config, learning_config, seed=0)
    trainer.train()
    assert bits_of(trainer) == loop_by_hand(world_config, learning_config, seed=0)


#: A corridor of 0, 1, 2, in which an episode ends with one step in four out of state 1, wherever
#: that leads, and with the way back out of state 2.
CORRIDOR = World.from_tables(
    [[[0, 0], [1, 1]], [[0, 0], [2, 2]], [[1, 1], [2, 0]]],
    [[[1, 0], [1, 0]], [[0.75, 0.25], [0.75, 0.25]], [[1, 0], [0.5, 0.5]]],
    [[[0, 0], [-1, 0]], [[0, 1], [0, 2]], [[5, 0], [-1, -2]]],
    [[[0, 0], [0, 0]], [[0, 1], [0, 1]], [[1, 1], [0, 0]]],
    goal=[False, True, False],
    start_states=[0, 1, 2],
    start_probability=[0.5, 0, 0.5],
)


@pytest.mark.parametrize("seed", range(3))
def test_a_world_whose_outcomes_end_episodes_gives_the_same_bits_by_hand(seed):
    n_episodes, max_steps = 200, 6
    config = QLearningConfig(num_episodes=n_episodes)
    agent, rng = QLearningAgent(config, 3, 2, seed), np.random.default_rng(seed)
    records, ended_in = [], set()
    for _ in range(n_episodes):
        state = 0 if rng.random() < 0.5 else 2
        episode_return, length, terminated = 0.0, 0, False
        while not terminated and length < max_steps:
            action = agent.select_action(state)
            outcome = 0
            if CORRIDOR.probability[state, action, 0] < 1:
                outcome = int(rng.random() >= CORRIDOR.probability[state, action, 0])
            next_state = int(CORRIDOR.next_state[state, action, outcome])
            reward = float(CORRIDOR.reward[state, action, outcome])
            terminated = bool((state == 1 and outcome == 1) or (state == 2 and action == 0))
            update = agent.update(state, action, reward, next_state, terminated)
            state = next_state
            episode_return += reward
            length += 1
        agent.end_episode()
        ended_in.add((state, terminated))
        records.append((episode_return, length, terminated and state == 1))
    assert {(1, True), (1, False)} <= ended_in  # the goal, and cut off in the same state

    twin = QLearningAgent(config, 3, 2, seed)
    run = Run(
        CORRIDOR,
        twin,
        np.random.default_rng(seed),
        layout="...",
        num_episodes=n_episodes,
        max_steps=max_steps,
    )
    while not run.ended:
        run.advance(100, n_episodes)
    trained = bits(
        twin.q_values,
        twin.epsilon,
        run.last_update,
        twin.np_random,
        run.np_random,
        list(zip(*run.records, strict=True)),
    )
    assert trained == bits(agent.q_values, agent.epsilon, update, agent.np_random, rng, records)


def test_the_bits_differ_from_seed_to_seed():
    world_config, learning_config = configs("easy", 0)
    tables = set()
    for seed in range(20):
        trainer = Trainer(world_config, learning_config, seed=seed)
        trainer.train()
        tables.add(trainer.snapshot.q_values.tobytes())
    assert len(tables) == 20
