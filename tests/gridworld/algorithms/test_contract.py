"""What holds for every algorithm: the same seed gives the same bits, whoever drives the run."""

import random
from dataclasses import replace

import numpy as np
import pytest

from gridworld import (
    ALGORITHMS,
    EXPLORATIONS,
    TUNABLE,
    GridWorldConfig,
    GridWorldEnv,
    Status,
    Trainer,
    World,
)
from gridworld.algorithms import algorithm_of
from gridworld.runs.run import Run
from gridworld.runs.stages import Stage, stages_of
from gridworld.saving.schema import memory_arrays
from tests.gridworld.grids import GRIDS

#: Episodes for each level: about as many steps everywhere; the first ones are the longest.
EPISODES = {
    "easy": 150,
    "medium": 80,
    "hard": 30,
    "random": 60,
    "custom": 300,
    "cliff_walking": 3,
    "windy_gridworld": 3,
    "kings_moves": 3,
    "stochastic_wind": 3,
    "blocking_maze": 12,  # the map changes in the meantime
    "shortcut_maze": 20,
    "dyna_maze": 5,
    "four_rooms": 5,
}
CUSTOM = "S..S.\nC.XC.\n..#..\nS.#.G"


#: Algorithms with a readable agent, and those among them that learn of the very step that has been
#: taken, with values in their targets.
WITH_AGENT = [each for each in ALGORITHMS.values() if each.agent is not None]
BOOTSTRAPPING = [
    each for each in WITH_AGENT if each.bootstraps and each.key != "prioritized_sweeping"
]
#: Algorithms whose Q-table has more in it, after a step, than the update of the step itself.
LEARN_ELSEWHERE = ("double_q_learning", "dyna_q", "dyna_q_plus", "prioritized_sweeping")
by_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
with_agent = pytest.mark.parametrize("algorithm", WITH_AGENT, ids=lambda each: each.key)
bootstrapping = pytest.mark.parametrize("algorithm", BOOTSTRAPPING, ids=lambda each: each.key)


def configs(level, slip, algorithm):
    world = {"layout": CUSTOM, "max_steps": 50} if level == "custom" else {"level": level}
    learning = algorithm.config(num_episodes=EPISODES[level], epsilon_decay=0.9, min_epsilon=0.05)
    return GridWorldConfig(**world, slip=slip), learning


def loop_by_hand(world_config, learning_config, seed):
    """What a person writes, with a record of each episode; returns the bits."""
    env = GridWorldEnv(world_config)
    kind = algorithm_of(learning_config).agent
    agent = kind(learning_config, env.observation_space.n, env.action_space.n, seed)
    records, update = [], None
    for episode in range(learning_config.num_episodes):
        state, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        episode_return, length, done = 0.0, 0, False
        while not done:
            action = agent.select_action(state)
            next_state, reward, terminated, truncated, _ = env.step(action)
            update = agent.update(state, action, reward, next_state, terminated) or update
            state, done = next_state, terminated or truncated
            episode_return += reward
            length += 1
        update = agent.end_episode() or update
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
        trainer._run.learner_random,
        trainer.np_random,
        list(records),
    )


#: Levels on which one seed of each algorithm is enough: what is new in them is the world's.
LIKE_OTHERS = ("kings_moves", "stochastic_wind", "blocking_maze", "shortcut_maze")
#: A seed everywhere; more where it is quick to look, or where there is time.
CASES = [
    pytest.param(
        each, seed, level, marks=[pytest.mark.slow] * slow, id=f"{each.key}-{seed}-{level}"
    )
    for each in WITH_AGENT
    for is_early in [each.key in ("q_learning", "sarsa")]
    for seed in range(10 if is_early else 4)
    for slow in [seed > 0 and not is_early]
    for level in GRIDS
    if seed == 0 or level not in LIKE_OTHERS
]


@pytest.mark.parametrize("slip", [0, 0.2])
@pytest.mark.parametrize(("algorithm", "seed", "level"), CASES)
def test_loop_by_hand_training_and_chunks_give_the_same_bits(algorithm, level, slip, seed):
    world_config, learning_config = configs(level, slip, algorithm)
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
@by_algorithm
def test_single_steps_pauses_and_whole_episodes_give_the_same_bits(algorithm, seed):
    world_config, learning_config = configs("custom", 0.2, algorithm)
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
@with_agent
def test_extreme_settings_give_the_same_bits(algorithm, learning):
    world_config, _ = configs("custom", 0.3, algorithm)
    learning_config = algorithm.config(num_episodes=50, **learning)
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


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@with_agent
def test_a_world_whose_outcomes_end_episodes_gives_the_same_bits_by_hand(algorithm, seed):
    n_episodes, max_steps = 200, 6
    config = algorithm.config(num_episodes=n_episodes)
    agent, rng = algorithm.agent(config, 3, 2, seed), np.random.default_rng(seed)
    records, ended_in, update = [], set(), None
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
            update = agent.update(state, action, reward, next_state, terminated) or update
            state = next_state
            episode_return += reward
            length += 1
        update = agent.end_episode() or update
        ended_in.add((state, terminated))
        records.append((episode_return, length, terminated and state == 1))
    assert {(1, True), (1, False)} <= ended_in  # the goal, and cut off in the same state

    run = Run((Stage.of(CORRIDOR, "..."),), algorithm, config, seed, max_steps=max_steps)
    while not run.ended:
        run.advance(100, n_episodes)
    trained = bits(
        run.agent.q_values,
        run.agent.epsilon,
        run.snapshot(Status.FINISHED).last_update,
        run.learner_random,
        run.np_random,
        list(zip(*run.recording.episodes, strict=True)),
    )
    assert trained == bits(agent.q_values, agent.epsilon, update, agent.np_random, rng, records)


@pytest.mark.parametrize("exploration", [key for key in EXPLORATIONS if key != "epsilon_greedy"])
@with_agent
def test_each_way_to_explore_gives_the_same_bits(algorithm, exploration, tmp_path):
    world_config, _ = configs("custom", 0.2, algorithm)
    learning_config = algorithm.config(
        num_episodes=60,
        exploration=exploration,
        epsilon_episodes=30,
        temperature=0.3,
        confidence=0.7,
        optimistic_q=2,
    )
    expected = loop_by_hand(world_config, learning_config, seed=0)
    whole, halved = (Trainer(world_config, learning_config, seed=0) for _ in range(2))
    whole.train()
    assert bits_of(whole) == expected
    halved.advance(200)
    halved.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    again.train()
    assert bits_of(again) == expected


@with_agent
def test_the_bits_differ_from_seed_to_seed(algorithm):
    world_config, learning_config = configs("easy", 0, algorithm)
    tables = set()
    for seed in range(20):
        trainer = Trainer(world_config, learning_config, seed=seed)
        trainer.train()
        tables.add(trainer.snapshot.q_values.tobytes())
    assert len(tables) == 20


def everything(run):
    """All that the loop reads and writes, to the last bit."""
    now, kept, policies = run.recording, run.recording.keyframes, run.recording.policies
    n_kept, n_policies = kept.thinning["count"][0], policies.thinning["count"][0]
    arrays = [now.progress, now.step, now.update, now.visits, now.trail, *now.episodes]
    arrays += [kept.thinning, *(array[:n_kept] for array in kept[1:])]
    arrays += [policies.thinning, policies.best[:n_policies], policies.epsilons[:n_policies]]
    arrays += memory_arrays(run.memory).values()
    rngs = [rng.bit_generator.state for rng in (run.learner_random, run.np_random)]
    return [array.tobytes() for array in arrays], rngs


def interpreted(run, n_steps, last_episode):
    """Has Python itself run the loop."""
    return run.algorithm.loop.py_func(
        *(run._models[0], run.memory, run.rates, run.recording),
        *(run.learner_random, run.np_random, n_steps, last_episode),
    )


WORLDS = {
    "plain": {"level": "hard"},
    "slip": {"level": "medium", "slip": 0.2},
    "wind": {"level": "windy_gridworld", "max_steps": 300},
    "gusts": {"level": "stochastic_wind", "moves": "king_or_stay", "max_steps": 300},
    "cliff": {"level": "cliff_walking", "slip": 0.1, "max_steps": 300},
    "starts": {"layout": CUSTOM, "slip": 0.2, "max_steps": 40},
    "drawn": {"level": "random", "map_seed": 3},
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("world", [*WORLDS.values(), None], ids=[*WORLDS, "tables"])
@by_algorithm
def test_the_compiled_loop_does_what_the_interpreted_one_does(algorithm, world, seed):
    config = algorithm.config(num_episodes=100)
    if world is None:
        made_of = {"stages": (Stage.of(CORRIDOR, "..."),), "max_steps": 6}
    else:
        world = GridWorldConfig(**world)
        made_of = {"stages": stages_of(world, plans=False), "max_steps": 300}
    runs = [Run(algorithm=algorithm, config=config, seed=seed, **made_of) for _ in range(2)]
    for n_steps in [0, *np.random.default_rng(seed).integers(1, 1500, size=6).tolist(), 0]:
        expected = interpreted(runs[0], n_steps, 90)
        runs[1]._loop(n_steps, 90)
        assert everything(runs[0]) == everything(runs[1])
        assert runs[0].total_steps == runs[1].total_steps >= expected


@pytest.mark.parametrize("n_steps", [1, 50, 777])
@by_algorithm
def test_a_run_goes_on_to_the_same_bits_after_save_and_load(algorithm, n_steps, tmp_path):
    world_config, learning_config = configs("custom", 0.2, algorithm)
    whole = Trainer(world_config, learning_config, seed=3)
    whole.train()
    saved = Trainer(world_config, learning_config, seed=3)
    saved.advance(n_steps)
    saved.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    kept = memory_arrays(saved._run.memory)
    for name, array in memory_arrays(again._run.memory).items():
        assert np.array_equal(array, kept[name])
    again.train()
    assert bits_of(again) == bits_of(whole)
    assert [frame.q_values.tobytes() for frame in again.keyframes] == [
        frame.q_values.tobytes() for frame in whole.keyframes
    ]


@by_algorithm
def test_every_update_adds_up_exactly(algorithm):
    world_config, learning_config = configs("custom", 0.2, algorithm)
    trainer = Trainer(world_config, learning_config, seed=1)
    for _ in range(300):
        trainer.step()
        update = trainer.snapshot.last_update
        if update is not None:
            assert update.td_error == update.target - update.old_value
            assert update.new_value == update.old_value + update.learning_rate * update.td_error
            if algorithm.key not in LEARN_ELSEWHERE:
                assert trainer.snapshot.q_values[update.state, update.action] == update.new_value


def ends(algorithm, layout, max_steps):
    """Last steps and updates of the episodes in a small world of values that are all 10."""
    config = algorithm.config(initial_q=10, learning_rate=1e-9, discount_factor=0.5, epsilon=1)
    trainer = Trainer(GridWorldConfig(layout=layout, max_steps=max_steps), config)
    while trainer.snapshot.episode < 40:
        trainer.step_episode()
        yield trainer.snapshot.last_step, trainer.snapshot.last_update


@bootstrapping
def test_a_truncated_step_bootstraps_and_a_terminated_one_does_not(algorithm):
    seen = set()
    for step, update in ends(algorithm, "SX\n.G", 2):
        counted = 0 if step.terminated else pytest.approx(10)
        assert update.next_value == counted
        assert update.target == step.reward + 0.5 * update.next_value
        seen.add(step.terminated)
    assert seen == {False, True}


@bootstrapping
def test_a_step_that_is_both_terminated_and_the_last_allowed_counts_as_terminated(algorithm):
    steps = [(step, update) for step, update in ends(algorithm, "SG\n..", 1) if step.terminated]
    assert steps
    assert all(update.target == step.reward == 1 for step, update in steps)


@by_algorithm
def test_nothing_global_is_drawn(algorithm):
    world_config, learning_config = configs("custom", 0.2, algorithm)
    before = globals_drawn_from()
    Trainer(world_config, learning_config, seed=0).train()
    assert globals_drawn_from() == before


def globals_drawn_from():
    """States of the generators that Python and NumPy share among all who ask."""
    return random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002


@by_algorithm
def test_all_that_is_told_of_an_algorithm_is_there(algorithm):
    assert ALGORITHMS[algorithm.key] is algorithm
    assert algorithm_of(algorithm.config()) is algorithm
    parameters = [algorithm.config.param[name] for name in algorithm.config.param]
    assert all(each.doc and each.label for each in parameters if each.name != "name")
    assert "Sutton & Barto" in algorithm.equation.reference
    assert all(algorithm.equation)


@with_agent
def test_an_agent_is_made_from_config_and_sizes(algorithm):
    agent = algorithm.agent(algorithm.config(initial_q=2), 3, 2)
    assert agent.q_values.tolist() == [[2.0, 2.0]] * 3
    assert (
        agent.np_random.random() == algorithm.agent(algorithm.config(), 3, 2, 0).np_random.random()
    )


@with_agent
def test_the_agent_of_a_run_learns_in_the_same_arrays(algorithm):
    world_config, learning_config = configs("easy", 0, algorithm)
    trainer = Trainer(world_config, learning_config)
    trainer.advance(500)
    assert (trainer.agent.q_values == trainer.snapshot.q_values).all()
    assert trainer.agent.q_values.any()
    assert trainer.agent.epsilon == trainer.snapshot.epsilon
    values = {"learning_rate": 0.3, "discount_factor": 0.4, "epsilon": 0.2}
    values = {name: values[name] for name in values if name in learning_config.in_effect}
    trainer.tune(**values)
    assert {name: getattr(trainer.agent, name) for name in values} == values
    for name in {"temperature", *TUNABLE} - set(learning_config.in_effect):
        with pytest.raises(ValueError, match=f"^{name} must be one that has an effect, it has"):
            trainer.tune(**{name: 0.5})


@by_algorithm
def test_a_run_needs_no_agent(algorithm):
    world_config, learning_config = configs("custom", 0.2, algorithm)
    made_of = {
        "stages": stages_of(world_config, plans=False),
        "config": learning_config,
        "seed": 3,
        "max_steps": 50,
    }
    runs = [Run(algorithm=each, **made_of) for each in (algorithm, replace(algorithm, agent=None))]
    for run in runs:
        run.advance(500, 300)
        run.tune("learning_rate", 0.3)
        run.advance(500, 300)
    assert runs[1].agent is None
    assert everything(runs[0]) == everything(runs[1])


@by_algorithm
def test_values_that_are_no_numbers_any_more_end_nothing(algorithm):
    config = algorithm.config(initial_q=1e6, learning_rate=1, discount_factor=1)
    trainer = Trainer(GridWorldConfig(layout="S.\n.G", goal_reward=1e6), config)
    trainer.start()
    trainer._run.q_values[...] = [[np.inf, -np.inf, np.nan, 1.0]] * 4
    trainer.advance(1000)
    assert trainer.total_steps > 0
