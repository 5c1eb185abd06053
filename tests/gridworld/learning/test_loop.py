import subprocess
import sys
from pathlib import Path

import gridworld
from gridworld import Action, GridWorldConfig, QLearningConfig, Step, Update
from gridworld.algorithms.q_learning import Q_LEARNING
from gridworld.learning.recording import STEP, UPDATE
from gridworld.runs.run import Run
from gridworld.runs.stages import stages_of

#: Trains on every kind of world, then tells how many versions of the loop were compiled.
SIGNATURES = """
import gymnasium, numpy as np
from gridworld import ALGORITHMS, GridWorldConfig, Trainer
maps = {"layout": "S..S\\nC.XC\\n..#.\\nS..G"}, {"level": "windy_gridworld"}, {"level": "easy"}
for algorithm in ALGORITHMS.values():
    for seed in (0, np.int64(1)):
        for parameters in maps:
            for slip in (0, 0.2, 1):
                config = GridWorldConfig(**parameters, slip=slip, max_steps=np.int64(50))
                learning = algorithm.config(
                    learning_rate=1, initial_q=0, num_episodes=np.int64(30), optimal_evaluations=2
                )
                trainer = Trainer(config, learning, seed=seed)
                trainer.step()
                trainer.step_episode()
                trainer.tune(epsilon=np.float32(0.5), discount_factor=1)
                trainer.resume()
                trainer.advance(np.int32(10))
                trainer.train()
    print(len(algorithm.loop.signatures))
"""


def make(parameters, seed=0, num_episodes=100, **learning):
    config = GridWorldConfig(**parameters)
    return Run(
        stages_of(config, plans=False),
        Q_LEARNING,
        QLearningConfig(num_episodes=num_episodes, **learning),
        seed,
        max_steps=int(config.max_steps),
    )


class Zeros:
    """A generator that draws the smallest number there is."""

    def random(self):
        return 0.0


def test_the_loop_ends_with_the_last_episode():
    run = make({"level": "hard"}, num_episodes=5)
    run._loop(10**9, 3)
    assert run.episode == 3
    lengths = run.recording.episodes.lengths
    assert lengths.tolist()[3:] == [0, 0]
    assert run.total_steps == lengths.sum()
    run._loop(100, 3)
    assert run.total_steps == lengths.sum()


def test_only_one_version_of_each_loop_is_ever_compiled():
    root = Path(gridworld.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SIGNATURES], cwd=root, capture_output=True, text=True
    )
    assert set(done.stdout.split()) == {"1"}, done.stderr


def test_records_have_the_fields_of_the_public_ones():
    assert STEP.names == Step._fields
    assert UPDATE.names == Update._fields


def test_a_draw_of_zero_neither_explores_nor_takes_what_is_impossible():
    run = make({"layout": "S.\n.G", "slip": 1}, epsilon=0)
    run.q_values[0, Action.DOWN] = 1
    Q_LEARNING.loop.py_func(
        *(run._models[0], run.memory, run.rates, run.recording, Zeros(), Zeros(), 1, 100)
    )
    step = run.last_step
    assert (step.action, step.explored) == (Action.DOWN, False)
    assert step.next_state == 1
