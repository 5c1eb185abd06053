"""The compiled loop: act, transition, learn, record; many steps a call.

It is written once. An algorithm gives it three plain functions, which do what the three methods of
its readable agent do. It uses the two generators in the same order as a loop written by hand
over `GridWorldEnv` and the agent, and does the same arithmetic, so that both give the same Q-table
to the last bit. All arrays and generators are arguments.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import compiled, inlined
from gridworld.learning.draws import draw, local, natural, save
from gridworld.learning.exploration import Actions, Exploration, choose
from gridworld.learning.recording import (
    TRAIL_LENGTH,
    Recording,
    due,
    keep_due,
    read_step,
    read_update,
    write_step,
    write_update,
)
from gridworld.learning.records import Step, Update


class Model(NamedTuple):
    """The part of a `World` that the loop needs; shapes as there.

    Attributes:
        ongoing: States from which an episode can go on, in their order, shape ``(N,)``.
        max_steps: Steps after which an episode is cut off.
        actions: The actions there are.
    """

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    goal: NDArray[np.bool_]
    start_states: NDArray[np.int64]
    start_probability: NDArray[np.float64]
    start_cumulative: NDArray[np.float64]
    ongoing: NDArray[np.int64]
    max_steps: int
    actions: Actions


class Rates(NamedTuple):
    """The parameters of a `LearningConfig` that the loop needs.

    Attributes:
        learning_rate, discount_factor, temperature, confidence: As there.
        epsilon_decay, epsilon_drop, min_epsilon: After an episode ε is multiplied by the first
            one and lessened by the second one, but not below the third.
        exploration: How it is explored, one of `learning.exploration.KINDS`.
    """

    learning_rate: float
    discount_factor: float
    epsilon_decay: float
    epsilon_drop: float
    min_epsilon: float
    temperature: float
    confidence: float
    exploration: int


@inlined
def learn(
    values: NDArray,
    rates: Rates,
    step: Step,
    target: float,
    next_value: float,
    next_action: int,
) -> Update:
    """``Q(S, A) ← Q(S, A) + α [target − Q(S, A)]`` in values of shape ``(S, A)``.

    ``next_value`` and ``next_action`` are what the target counts, as in `Update`.
    """
    rate = rates.learning_rate
    return move(values, rates, step.state, step.action, rate, target, next_value, next_action)


@inlined
def move(
    values: NDArray,
    rates: Rates,
    state: int,
    action: int,
    step_size: float,
    target: float,
    next_value: float,
    next_action: int,
) -> Update:
    """`learn` for any state and action, and any step size."""
    old_value = values[state, action]
    td_error = target - old_value
    new_value = old_value + step_size * td_error
    values[state, action] = new_value
    return Update(
        state,
        action,
        next_value,
        target,
        old_value,
        td_error,
        new_value,
        step_size,
        rates.discount_factor,
        next_action,
    )


@inlined
def faded(epsilon: float, rates: Rates) -> float:
    """ε after an episode: never below its minimum, and never higher than before."""
    less = epsilon * rates.epsilon_decay - rates.epsilon_drop
    return min(epsilon, max(rates.min_epsilon, less))


@inlined
def highest(values: NDArray, state: int, actions: Actions) -> float:
    """``max_a Q(S, a)``, from values of shape ``(S, A)``."""
    best = values[state, 0]
    for action in range(1, len(actions)):
        if values[state, action] > best:
            best = values[state, action]
    return best  # type: ignore[no-any-return]


def compiled_loop(
    key: str,
    select_action: Callable,
    update: Callable,
    end_episode: Callable,
    *others: Callable,
) -> Any:
    """The loop for one algorithm, compiled; for its arguments see ``run``.

    Args:
        key: The algorithm's key; names the files of the compiled code.
        select_action: ``(memory, rates, exploration, state, rng)`` → the action, and whether it
            explored.
        update: ``(memory, rates, exploration, step, learned, rng)`` → the latest `Update`; that is
            ``learned``, the one before, if the step makes none.
        end_episode: ``(memory, rates, step, learned)`` → the latest `Update`; ``step`` is the
            last one of the episode. The loop itself lets ε decay.
        others: One function of each other file whose code or constants these three use, but for
            the files of this folder.
    """

    def run(
        model: Model,
        memory: Any,
        rates: Rates,
        recording: Recording,
        learner_rng: Any,
        world_rng: Any,
        n_steps: int,
        last_episode: int,
    ) -> int:
        """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

        Args:
            model: The world.
            memory: What the algorithm learns in; written.
            rates: The learner's parameters.
            recording: Progress, records and history; written.
            learner_rng: The learner's generator.
            world_rng: The world's generator: one draw for each random start and random outcome.
            n_steps: Steps to take at most.
            last_episode: Completed episodes at which to end.

        Returns:
            Steps taken.
        """
        # Arrays that are written are taken by attribute: where a tuple is unpacked, Numba takes
        # what is written to its arrays for dead code.
        progress, episodes = recording.progress, recording.episodes
        visits, trail = recording.visits, recording.trail
        learner, world = local(learner_rng), local(world_rng)
        state = natural(progress["state"][0])
        n_of_episode = progress["step"][0]
        episode = progress["episode"][0]
        total_steps = progress["total_steps"][0]
        episode_return = progress["episode_return"][0]
        epsilon = progress["epsilon"][0]
        between_episodes = progress["between_episodes"][0]
        step, learned = read_step(recording.step), read_update(recording.update)

        taken = 0
        while taken < n_steps and episode < last_episode:
            if between_episodes:
                between_episodes = False
                start = 0
                if len(model.start_states) > 1:
                    chance = draw(world)
                    if len(model.start_cumulative) == 0:
                        start = int(chance * len(model.start_states))
                    else:
                        while chance >= model.start_cumulative[start]:
                            start += 1
                state = natural(model.start_states[start])
                n_of_episode = 0
                episode_return = 0.0
                trail[0] = state

            exploration = Exploration(
                rates.exploration,
                epsilon,
                rates.temperature,
                rates.confidence,
                visits,
                model.actions,
            )
            begun = taken - n_of_episode
            stop = min(n_steps, begun + model.max_steps)
            stop = min(stop, taken + due(recording.keyframes.thinning) - total_steps)
            slot = natural(n_of_episode % TRAIL_LENGTH)
            before = taken
            while True:
                action, explored = select_action(memory, rates, exploration, state, learner)

                outcome = 0
                if model.cumulative[state, action, 0] < 1.0:
                    chance = draw(world)
                    while chance >= model.cumulative[state, action, outcome]:
                        outcome += 1
                next_state = natural(model.next_state[state, action, outcome])
                reward = model.reward[state, action, outcome]
                terminated = model.terminated[state, action, outcome]

                visits[state, action] += 1
                step = Step(state, action, reward, next_state, terminated, explored)
                learned = update(memory, rates, exploration, step, learned, learner)

                taken += 1
                episode_return += reward
                slot += 1
                if slot == TRAIL_LENGTH:
                    slot = 0
                trail[slot] = next_state
                state = next_state
                if terminated or taken >= stop:
                    break

            total_steps += taken - before
            n_of_episode = taken - begun
            if terminated or n_of_episode == model.max_steps:
                learned = end_episode(memory, rates, step, learned)
                episodes.returns[episode] = episode_return
                episodes.lengths[episode] = n_of_episode
                episodes.successes[episode] = terminated and model.goal[state]
                episode += 1
                epsilon = faded(epsilon, rates)
                between_episodes = True

            progress["state"][0] = state
            progress["step"][0] = n_of_episode
            progress["episode"][0] = episode
            progress["total_steps"][0] = total_steps
            progress["episode_return"][0] = episode_return
            progress["epsilon"][0] = epsilon
            progress["between_episodes"][0] = between_episodes
            write_step(recording.step, step)
            write_update(recording.update, learned)
            keep_due(memory.q_values, recording)
        save(learner, learner_rng)
        save(world, world_rng)
        return taken

    run.__qualname__ = f"run_{key}"
    # References to the arrays are not counted: the caller's last longer than the call, and
    # each row of a table that is passed to a function would cost two atomic operations.
    return compiled(
        *(select_action, update, end_episode, *others),
        *(draw, choose, keep_due, Step),
        counts_references=False,
    )(run)
