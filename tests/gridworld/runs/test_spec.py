import numpy as np
import pytest

from gridworld import Change, GridWorldConfig, QLearningConfig, Trainer

RUNS = {
    "plain": {},
    "level": {"level": "hard", "wind": (0, 0, 0, 0, 0, 1, 0), "slip": np.float64(0.1)},
    "random": {"level": "random", "n_rows": 6, "n_cols": 5, "wall_density": 0.1, "map_seed": 3},
    "custom": {"layout": "S..\n.#.\n..G", "max_steps": 50, "goal_reward": 2},
}


def made_by(text):
    """The trainer that some Python lines make."""
    names = {}
    exec(text, names)
    return names["trainer"]


def test_the_lines_of_a_default_run():
    assert Trainer().origin.to_python() == (
        "from gridworld import GridWorldConfig, QLearningConfig, Trainer\n"
        "\n"
        "trainer = Trainer(\n"
        "    GridWorldConfig(level='easy'),\n"
        "    QLearningConfig(),\n"
        "    seed=0,\n"
        ")"
    )


def test_the_lines_of_a_run_with_steps_and_changes():
    world = GridWorldConfig(level="random", n_rows=4, n_cols=4, slip=0.1, goal_reward=2)
    spec = Trainer(world, QLearningConfig(epsilon_decay=0.9, learning_rate=0.5), seed=7).origin
    changes = (Change(np.int64(10), 0, "epsilon", np.float64(0.5)),)
    assert spec.to_python(300, changes) == (
        "from gridworld import Change, GridWorldConfig, QLearningConfig, Trainer\n"
        "\n"
        "trainer = Trainer(\n"
        "    GridWorldConfig(level='random', n_rows=4, n_cols=4, wall_density=0.25, map_seed=0, "
        "slip=0.1, goal_reward=2.0),\n"
        "    QLearningConfig(learning_rate=0.5, epsilon_decay=0.9),\n"
        "    seed=7,\n"
        "    changes=[\n"
        "        Change(total_steps=10, episode=0, name='epsilon', value=0.5),\n"
        "    ],\n"
        ")\n"
        "trainer.advance(300)"
    )


@pytest.mark.parametrize("name", RUNS)
def test_the_lines_make_the_run_again_to_the_last_bit(name):
    trainer = Trainer(GridWorldConfig(**RUNS[name]), QLearningConfig(epsilon=0.3), seed=5)
    trainer.advance(500)
    trainer.tune(epsilon=0.7, learning_rate=np.float32(0.2))
    trainer.advance(700)
    text = trainer.origin.to_python(trainer.total_steps, trainer.changes)
    again = made_by(text)
    assert again.total_steps == trainer.total_steps == 1200
    assert again.agent.q_values.tobytes() == trainer.agent.q_values.tobytes()
    assert again.changes == trainer.changes
    untrained = made_by(trainer.origin.to_python())
    assert untrained.total_steps == 0
    assert untrained.settings == trainer.settings
