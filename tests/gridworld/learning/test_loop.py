import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gridworld
from gridworld import Action, GridWorldConfig, QLearningAgent, QLearningConfig, Transition, World
from gridworld.learning import loop
from gridworld.learning.draws import Draws

WORLDS = {
    "plain": {"level": "hard"},
    "slip": {"level": "medium", "slip": 0.2},
    "wind": {"level": "windy_gridworld", "max_steps": 300},
    "cliff": {"level": "cliff_walking", "slip": 0.1, "max_steps": 300},
    "starts": {"layout": "S..S\nC.XC\n..#.\nS..G", "slip": 0.2, "max_steps": 40},
    "drawn": {"level": "random", "map_seed": 3},
}
#: Trains on every kind of world, then tells how many versions of the loop were compiled.
SIGNATURES = """
import gymnasium, numpy as np
from gridworld import GridWorldConfig, QLearningConfig, Trainer
from gridworld.learning import loop
maps = {"layout": "S..S\\nC.XC\\n..#.\\nS..G"}, {"level": "windy_gridworld"}, {"level": "easy"}
for seed in (0, np.int64(1)):
    for parameters in maps:
        for slip in (0, 0.2, 1):
            config = GridWorldConfig(**parameters, slip=slip, max_steps=np.int64(50))
            learning = QLearningConfig(learning_rate=1, initial_q=0, num_episodes=np.int64(30))
            trainer = Trainer(config, learning, seed=seed)
            trainer.step()
            trainer.step_episode()
            trainer.resume()
            trainer.advance(np.int32(10))
            trainer.train()
print(len(loop.run.signatures))
"""


class Run:
    """Everything that the loop reads and writes, fresh."""

    def __init__(self, parameters, seed=0, num_episodes=100, **learning):
        config = GridWorldConfig(**parameters)
        world = World.from_config(config)
        agent = QLearningAgent(QLearningConfig(**learning), world.n_states, world.n_actions, seed)
        self.q_values, self.agent_rng = agent.q_values, agent.np_random
        self.env_rng = np.random.default_rng(seed)
        self.visits = np.zeros(self.q_values.shape, dtype=np.int64)
        self.trail = np.zeros(loop.TRAIL_LENGTH, dtype=np.int64)
        self.records = loop.Records(
            np.zeros(num_episodes),
            np.zeros(num_episodes, dtype=np.int64),
            np.zeros(num_episodes, dtype=np.bool_),
        )
        self.progress = np.zeros(1, dtype=loop.PROGRESS)
        self.progress["epsilon"] = agent.epsilon
        self.progress["between_episodes"] = True
        self.transition = np.zeros(1, dtype=loop.TRANSITION)
        self.model = loop.Model(
            *(getattr(world, name) for name in loop.Model._fields[:-1]), int(config.max_steps)
        )
        self.rates = loop.Rates(*(getattr(agent, name) for name in loop.Rates._fields))

    def advance(self, n_steps, last_episode=100, run=loop.run):
        generators = self.agent_rng, self.env_rng
        if run is loop.run:
            generators = map(Draws.of, generators)
        return run(
            self.model,
            self.rates,
            self.q_values,
            self.visits,
            self.trail,
            self.records,
            self.progress,
            self.transition,
            *generators,
            n_steps,
            last_episode,
        )

    def bits(self):
        """All that was written, to the last bit, and both generators' states."""
        arrays = (self.q_values, self.visits, self.trail, self.progress, self.transition)
        written = [array.tobytes() for array in (*arrays, *self.records)]
        return [*written, self.agent_rng.bit_generator.state, self.env_rng.bit_generator.state]


class Zeros:
    """A generator that draws the smallest number there is."""

    def random(self):
        return 0.0


@pytest.fixture
def interpreted(monkeypatch):
    """The same loop, run by Python."""
    monkeypatch.setattr(loop, "select_action", loop.select_action.py_func)
    monkeypatch.setattr(loop, "q_learning_target", loop.q_learning_target.py_func)
    return loop.run.py_func


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("parameters", WORLDS.values(), ids=WORLDS)
def test_the_compiled_loop_does_what_the_interpreted_one_does(parameters, seed, request):
    compiled, other = Run(parameters, seed), Run(parameters, seed)
    chunks = np.random.default_rng(seed).integers(1, 1500, size=8).tolist()
    taken = [compiled.advance(n_steps) for n_steps in chunks]
    interpreted = request.getfixturevalue("interpreted")
    for n_steps, expected in zip(chunks, taken, strict=True):
        assert other.advance(n_steps, run=interpreted) == expected
    assert compiled.bits() == other.bits()


@pytest.mark.parametrize("parameters", WORLDS.values(), ids=WORLDS)
def test_no_steps_change_nothing(parameters):
    run = Run(parameters)
    for n_steps in (0, 100):
        before = run.bits()
        assert run.advance(0) == 0
        assert run.bits() == before
        run.advance(n_steps)


def test_the_loop_ends_with_the_last_episode():
    run = Run(WORLDS["plain"], num_episodes=5)
    taken = run.advance(10**9, last_episode=3)
    assert run.progress["episode"][0] == 3
    assert run.records.lengths.tolist()[3:] == [0, 0]
    assert taken == run.records.lengths.sum() == run.progress["total_steps"][0]
    assert run.advance(100, last_episode=3) == 0


def test_only_one_version_of_the_loop_is_ever_compiled():
    root = Path(gridworld.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SIGNATURES], cwd=root, capture_output=True, text=True
    )
    assert done.stdout == "1\n", done.stderr


def test_a_recorded_transition_has_the_fields_of_the_public_one():
    assert loop.TRANSITION.names == Transition._fields


@pytest.mark.parametrize(
    ("reward", "discount", "next_values", "terminated", "target"),
    [
        (1.0, 0.9, [0.0, 5.0, -1.0], False, 1 + 0.9 * 5),
        (1.0, 0.9, [0.0, 5.0, -1.0], True, 1),
        (-1.0, 0.0, [3.0, 5.0], False, -1),
        (-1.0, 1.0, [-3.0, -5.0], False, -4),
    ],
)
def test_the_target_follows_the_equation(reward, discount, next_values, terminated, target):
    values = np.array(next_values)
    for function in (loop.q_learning_target, loop.q_learning_target.py_func):
        assert function(reward, discount, values, terminated) == target


def test_a_draw_of_zero_neither_explores_nor_takes_what_is_impossible(interpreted):
    run = Run({"layout": "S.\n.G", "slip": 1}, epsilon=0)
    run.agent_rng = run.env_rng = Zeros()
    run.q_values[0, Action.DOWN] = 1
    run.advance(1, run=interpreted)
    update = Transition(*run.transition[0].item())
    assert (update.action, update.explored) == (Action.DOWN, False)
    assert update.next_state == 1


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_actions_are_chosen_as_the_agent_chooses_them(epsilon):
    tables = np.random.default_rng(0).integers(0, 3, size=(500, 4)).astype(float)
    agent = QLearningAgent(QLearningConfig(epsilon=epsilon), *tables.shape, seed=1)
    agent.q_values[:] = tables
    twin = QLearningAgent(QLearningConfig(), 1, 1, seed=1).np_random
    chosen = [agent.select_action(state) for state in range(len(tables))]
    draws = Draws.of(twin)
    assert chosen == [loop.select_action(values, epsilon, draws)[0] for values in tables]
