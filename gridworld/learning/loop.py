"""The compiled loop: act, transition, learn, record; many steps a call.

It uses the two generators in the same order as a loop written by hand over `GridWorldEnv` and
`QLearningAgent`, and does the same arithmetic, so that both give the same Q-table to the last
bit. All arrays and generators are arguments.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.random import Generator
from numpy.typing import NDArray

from gridworld.compiled import compiled
from gridworld.learning.draws import Draws, draw

#: Cells of an episode that are remembered, the present one included.
TRAIL_LENGTH = 20


class Model(NamedTuple):
    """The part of a `World` that the loop needs; shapes as there."""

    next_state: NDArray[np.int64]
    cumulative: NDArray[np.float64]
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    goal: NDArray[np.bool_]
    start_states: NDArray[np.int64]
    start_cumulative: NDArray[np.float64]
    max_steps: int


class Rates(NamedTuple):
    """The parameters of a `LearningConfig` that the loop needs."""

    learning_rate: float
    discount_factor: float
    epsilon_decay: float
    min_epsilon: float


class Records(NamedTuple):
    """Return, length and success of each completed episode, shapes ``(num_episodes,)``."""

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    successes: NDArray[np.bool_]


#: State of a run between two calls of the loop.
PROGRESS = np.dtype(
    [
        ("state", np.int64),
        ("step", np.int64),
        ("episode", np.int64),
        ("total_steps", np.int64),
        ("episode_return", np.float64),
        ("epsilon", np.float64),
        ("between_episodes", np.bool_),
    ]
)

#: One update, with the fields of `gridworld.Transition`.
TRANSITION = np.dtype(
    [
        ("state", np.int64),
        ("action", np.int64),
        ("reward", np.float64),
        ("next_state", np.int64),
        ("terminated", np.bool_),
        ("explored", np.bool_),
        ("old_value", np.float64),
        ("target", np.float64),
        ("td_error", np.float64),
        ("new_value", np.float64),
    ]
)


# Inlined before compilation, so that rows of the Q-table need no reference counting.
@njit(inline="always")
def select_action(values: NDArray, epsilon: float, rng: Generator | Draws) -> tuple[int, bool]:
    """ε-greedy choice among ``values``, shape ``(A,)``; ties are broken at random.

    Always draws two uniforms: whether to explore, and which of the candidates to take.

    Returns:
        The action, and whether it explored.
    """
    explore = draw(rng) < epsilon
    which = draw(rng)
    n_actions = len(values)
    if explore:
        return int(which * n_actions), True
    best, n_best = values[0], 1
    for action in range(1, n_actions):
        if values[action] > best:
            best, n_best = values[action], 1
        elif values[action] == best:
            n_best += 1
    skip = int(which * n_best)
    for action in range(n_actions):
        if values[action] == best:
            if skip == 0:
                return action, False
            skip -= 1
    return 0, False  # not reached: one of the values is the best


@njit(inline="always")
def q_learning_target(
    reward: float, discount: float, next_values: NDArray, terminated: bool
) -> float:
    """``R + γ max_a Q(S′, a)``; a terminal ``S′`` is worth 0.

    Sutton & Barto 2018, equation 6.8, page 131. ``next_values`` has shape ``(A,)``.
    """
    if terminated:
        return reward
    best = next_values[0]
    for action in range(1, len(next_values)):
        if next_values[action] > best:
            best = next_values[action]
    return reward + discount * best


@compiled(draw)
def run(
    model: Model,
    rates: Rates,
    q_values: NDArray,
    visits: NDArray,
    trail: NDArray,
    records: Records,
    progress: NDArray,
    transition: NDArray,
    agent_rng: Generator | Draws,
    env_rng: Generator | Draws,
    n_steps: int,
    last_episode: int,
) -> int:
    """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

    Args:
        model: The world.
        rates: The learner's parameters.
        q_values: Q-table, shape ``(S, A)``; written.
        visits: Updates of each state and action, shape ``(S, A)``; written.
        trail: States last visited, a ring of shape ``(TRAIL_LENGTH,)``: the state after
            ``step`` steps lies at ``step % TRAIL_LENGTH``; written.
        records: Episode records; written.
        progress: State of the run, shape ``(1,)`` of `PROGRESS`; written.
        transition: The last update, shape ``(1,)`` of `TRANSITION`; written.
        agent_rng: The agent's generator: two draws a step.
        env_rng: The world's generator: one draw for each random start and random outcome.
        n_steps: Steps to take at most.
        last_episode: Completed episodes at which to end.

    Returns:
        Steps taken.
    """
    (
        next_states,
        cumulative,
        rewards,
        terminations,
        goal,
        start_states,
        start_cumulative,
        max_steps,
    ) = model
    learning_rate, discount, epsilon_decay, min_epsilon = rates
    state = progress["state"][0]
    step = progress["step"][0]
    episode = progress["episode"][0]
    episode_return = progress["episode_return"][0]
    epsilon = progress["epsilon"][0]
    between_episodes = progress["between_episodes"][0]

    taken = 0
    while taken < n_steps and episode < last_episode:
        if between_episodes:
            between_episodes = False
            start = 0
            if len(start_states) > 1:
                chance = draw(env_rng)
                if len(start_cumulative) == 0:  # all starts are equally probable
                    start = int(chance * len(start_states))
                else:
                    while chance >= start_cumulative[start]:
                        start += 1
            state = start_states[start]
            step = 0
            episode_return = 0.0
            trail[0] = state

        action, explored = select_action(q_values[state], epsilon, agent_rng)

        outcome = 0
        if cumulative[state, action, 0] < 1.0:
            chance = draw(env_rng)
            while chance >= cumulative[state, action, outcome]:
                outcome += 1
        next_state = next_states[state, action, outcome]
        reward = rewards[state, action, outcome]
        terminated = terminations[state, action, outcome]

        old_value = q_values[state, action]
        target = q_learning_target(reward, discount, q_values[next_state], terminated)
        td_error = target - old_value
        q_values[state, action] = old_value + learning_rate * td_error

        visits[state, action] += 1
        taken += 1
        step += 1
        episode_return += reward
        trail[step % TRAIL_LENGTH] = next_state
        if taken == n_steps or terminated or step == max_steps:
            transition["state"][0] = state
            transition["action"][0] = action
            transition["reward"][0] = reward
            transition["next_state"][0] = next_state
            transition["terminated"][0] = terminated
            transition["explored"][0] = explored
            transition["old_value"][0] = old_value
            transition["target"][0] = target
            transition["td_error"][0] = td_error
            transition["new_value"][0] = q_values[state, action]
        state = next_state

        if terminated or step == max_steps:
            records.returns[episode] = episode_return
            records.lengths[episode] = step
            records.successes[episode] = terminated and goal[state]
            episode += 1
            epsilon = min(epsilon, max(min_epsilon, epsilon * epsilon_decay))
            between_episodes = True

    progress["state"][0] = state
    progress["step"][0] = step
    progress["episode"][0] = episode
    progress["total_steps"][0] += taken
    progress["episode_return"][0] = episode_return
    progress["epsilon"][0] = epsilon
    progress["between_episodes"][0] = between_episodes
    return taken
