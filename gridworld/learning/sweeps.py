"""The compiled loop of algorithms that plan: sweeps over all states from which an episode goes on.

It has the signature of `gridworld.learning.loop`. A step is one backup of an action, an episode is
a sweep, and its return is what the start is worth after it. Nothing is drawn by chance.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import compiled, inlined
from gridworld.learning.config import EXPLORATIONS, LearningConfig
from gridworld.learning.draws import natural
from gridworld.learning.exploration import choose
from gridworld.learning.loop import Model, Rates, highest, move
from gridworld.learning.recording import (
    NONE,
    Recording,
    due,
    keep_due,
    read_step,
    read_update,
    write_step,
    write_update,
)
from gridworld.learning.records import Step, Update
from gridworld.parameters import Real, Whole

#: Stands for the largest change before the first sweep.
_NO_SWEEP = -1.0


class SweepingConfig(LearningConfig):
    """The settings of every algorithm that plans by sweeps."""

    DIFFERENT = ("num_episodes",)

    num_episodes = Whole(
        default=100_000,
        bounds=(1, 10_000_000),
        label="Sweeps",
        doc="Most sweeps of the run; it ends before when there is nothing left to improve.",
    )
    tolerance = Real(
        default=1e-8,
        bounds=(0, 1),
        doc="Largest change of a value in a sweep at which the values count as worked out, as a "
        "share of the largest of them.",
    )

    def _unused(self) -> set[str]:
        of_exploring = {name for each in EXPLORATIONS.values() for name in each.parameters}
        return {"learning_rate", "exploration"} | of_exploring


class Changes(NamedTuple):
    """How much the values change.

    Attributes:
        numbers: Largest change in the present sweep so far, size of the largest value in it, and
            the largest change of the latest whole one; -1 for none yet. Shape ``(3,)``.
        tolerance: Share of the largest value up to which a change counts as none.
    """

    numbers: NDArray[np.float64]
    tolerance: float


def fresh_changes(config: SweepingConfig) -> Changes:
    """The changes at the start of a run."""
    return Changes(np.array([0.0, 0.0, _NO_SWEEP]), float(config.tolerance))


@inlined
def note_change(changes: Changes, i: int, learned: Update) -> None:
    """Notes the change that the ``i``-th step of a sweep made."""
    if i == 0:
        changes.numbers[0] = changes.numbers[1] = 0.0
    changes.numbers[0] = max(changes.numbers[0], abs(learned.td_error))
    changes.numbers[1] = max(changes.numbers[1], abs(learned.new_value))


@inlined
def settled(changes: Changes) -> bool:
    """Whether the sweep that has just ended changed nothing; notes its largest change."""
    changes.numbers[2] = changes.numbers[0]
    return changes.numbers[0] <= changes.tolerance * changes.numbers[1]  # type: ignore[no-any-return]


def largest_change(changes: Changes) -> float | None:
    """The largest change of the latest whole sweep; None before the first."""
    change = float(changes.numbers[2])
    return None if change == _NO_SWEEP else change


def is_done(memory: Any) -> bool:
    """Whether there is nothing left to be worked out."""
    return bool(memory.done[0])


def check_changes(changes: Changes, done: NDArray[np.int64]) -> None:
    """Refuses changes that cannot be."""
    first, second, latest = changes.numbers.tolist()
    if first < 0 or second < 0 or (latest < 0 and latest != _NO_SWEEP):
        raise ValueError(
            f"changes_numbers must be at least 0, the last one {_NO_SWEEP:g} before the first "
            f"sweep, got {changes.numbers.tolist()}"
        )
    if done[0] not in (0, 1):
        raise ValueError(f"done must be 0 or 1, got {done[0]}")


@inlined
def back_up(
    model: Model, values: NDArray, rates: Rates, state: int, action: int, policy: NDArray
) -> Update:
    """``Q(s, a) ← Σ p(s′, r | s, a) [r + γ V(s′)]``, outcomes added up in their order.

    ``V(s′)`` is the value of the action that the policy takes there, or the best one where it
    takes none.
    """
    target, mean_value = 0.0, 0.0
    for outcome in range(model.next_state.shape[2]):
        probability = model.probability[state, action, outcome]
        if probability > 0.0:
            next_value = 0.0
            of_outcome = model.reward[state, action, outcome]
            if not model.terminated[state, action, outcome]:
                next_state = natural(model.next_state[state, action, outcome])
                taken = policy[next_state]
                if taken == NONE:
                    next_value = highest(values, next_state, model.actions)
                else:
                    next_value = values[next_state, taken]
                of_outcome += rates.discount_factor * next_value
            target += probability * of_outcome
            mean_value += probability * next_value
    return move(values, rates, state, action, 1.0, target, mean_value, NONE)


@inlined
def start_value(model: Model, values: NDArray, policy: NDArray) -> float:
    """What the start is worth, the mean over several."""
    total = 0.0
    for i in range(len(model.start_states)):
        state = model.start_states[i]
        taken = policy[state]
        value = values[state, taken] if taken != NONE else highest(values, state, model.actions)
        total += model.start_probability[i] * value
    return total


def sweeping_loop(
    key: str,
    length_of_sweep: Callable,
    back_up_at: Callable,
    end_sweep: Callable,
    *others: Callable,
) -> Any:
    """The loop for one algorithm, compiled.

    Args:
        key: The algorithm's key; names the files of the compiled code.
        length_of_sweep: ``(model, memory)`` → steps of the sweep that begins.
        back_up_at: ``(model, memory, rates, i, learned)`` → the state and the action of the
            ``i``-th step of a sweep, and the latest `Update`.
        end_sweep: ``(model, memory)`` → whether all is done.
        others: One function of each further file whose code is compiled into the loop.
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
        """Takes ``n_steps`` steps, or fewer at the last sweep.

        Args:
            model: The world.
            memory: What is learned.
            rates: The parameters.
            recording: What is written beside it.
            learner_rng: Not used.
            world_rng: Not used.
            n_steps: Steps to take at most.
            last_episode: Number of completed sweeps at which to end.

        Returns:
            Steps taken.
        """
        progress, episodes, visits = recording.progress, recording.episodes, recording.visits
        step, learned = read_step(recording.step), read_update(recording.update)
        state = natural(progress["state"][0])
        taken = 0
        while taken < n_steps and progress["episode"][0] < last_episode and memory.done[0] == 0:
            if progress["between_episodes"][0]:
                progress["between_episodes"][0] = False
                progress["step"][0] = 0
                progress["episode_return"][0] = 0.0
            length = length_of_sweep(model, memory)
            i = natural(min(progress["step"][0], length - 1))  # a file may say anything
            until_due = due(recording.keyframes.thinning) - progress["total_steps"][0]
            stop = min(length, i + min(n_steps - taken, until_due))
            before = i
            while True:
                state, action, learned = back_up_at(model, memory, rates, i, learned)
                visits[state, action] += 1
                i += 1
                if i >= stop:
                    break
            reward = learned.target - learned.discount * learned.next_value
            step = Step(state, action, reward, state, False, False)
            taken += i - before
            progress["total_steps"][0] += i - before
            progress["step"][0] = i
            progress["state"][0] = state
            for place in range(len(recording.trail)):
                recording.trail[place] = state  # sweeps leave no trail
            if i == length:
                memory.done[0] = end_sweep(model, memory)
                episode = progress["episode"][0]
                episodes.returns[episode] = start_value(model, memory.q_values, memory.policy)
                episodes.lengths[episode] = length
                episodes.successes[episode] = memory.done[0] == 1
                progress["episode"][0] = episode + 1
                progress["between_episodes"][0] = True
            write_step(recording.step, step)
            write_update(recording.update, learned)
            keep_due(memory.q_values, recording)
        return taken

    run.__qualname__ = f"run_{key}"
    return compiled(
        *(length_of_sweep, back_up_at, end_sweep, *others),
        *(natural, choose, highest, keep_due, Step),
        counts_references=False,
    )(run)
