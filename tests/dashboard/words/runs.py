"""Runs of many kinds, for tests of what is said of them."""

import numpy as np
from hypothesis import strategies as st

from dashboard.words.facts import Context
from gridworld import GridWorldConfig, QLearningConfig, SarsaConfig, Trainer

BOOK = {"epsilon": 0.1, "epsilon_decay": 1, "learning_rate": 0.5, "discount_factor": 1}
PIT = "S..\n.X.\n..G"
TWO_STARTS = "S.S\n...\n..G"


def trained(n_steps, kind=QLearningConfig, world=None, **learning):
    """A trainer after so many steps, compared with planning, and what the words need of it."""
    trainer = Trainer(GridWorldConfig(**(world or {})), kind(**learning))
    trainer.start()
    trainer.advance(n_steps)
    trainer.analyse()
    return trainer, context_of(trainer)


def context_of(trainer, **given):
    return Context(world=trainer.world, **given)


@st.composite
def runs(draw):
    """A run of some kind, somewhere on its way."""
    scale = draw(st.sampled_from([1, 1e-9, 1e6]))
    world = {
        "layout": draw(
            st.sampled_from([PIT, TWO_STARTS, "S.\n.G", "S..\n.#.\n..G", "S.C\n...\n..G"])
        ),
        "slip": draw(st.sampled_from([0, 0.2])),
        "max_steps": draw(st.sampled_from([3, 30])),
        "step_reward": -0.01 * scale,
        "bump_reward": -0.05 * scale,
        "goal_reward": min(1e6, scale),
        "pit_reward": -scale,
        "cliff_reward": -scale,
    }
    learning = {
        "discount_factor": draw(st.sampled_from([0, 0.5, 0.9, 1])),
        "epsilon": draw(st.sampled_from([0, 0.3, 1])),
        "learning_rate": draw(st.sampled_from([0.1, 0.5])),
        "num_episodes": 60,
    }
    kind = draw(st.sampled_from([QLearningConfig, SarsaConfig]))
    n_steps = draw(st.sampled_from([0, 7, 60, 500]))
    return trained(n_steps, kind, {"level": "custom", **world}, **learning)


def own_values(world, q_values, discount):
    """Values of the greedy policy by plain linear algebra, ``(S,)``; below discount 1."""
    best = q_values == q_values.max(axis=1, keepdims=True)
    policy = best / best.sum(axis=1, keepdims=True)
    weight = policy[:, :, None] * world.probability
    n_states = world.n_states
    reward = (weight * world.reward).sum(axis=(1, 2))
    moves = np.zeros((n_states, n_states))
    goes_on = weight * ~world.terminated
    for state in range(n_states):
        np.add.at(moves[state], world.next_state[state].ravel(), goes_on[state].ravel())
    return np.linalg.solve(np.eye(n_states) - discount * moves, reward)
