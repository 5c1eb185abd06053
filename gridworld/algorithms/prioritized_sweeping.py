"""Prioritized sweeping: planning where values change most (Sutton & Barto 2018, section 8.4)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.algorithms.q_learning import end_episode, select_action
from gridworld.compiled import called, inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.draws import natural
from gridworld.learning.exploration import Actions, Exploration, actions_of
from gridworld.learning.loop import Rates, compiled_loop, highest, move
from gridworld.learning.model import (
    Known,
    PlanningConfig,
    check_known,
    inside_known,
    note_planned,
    nothing_known,
    observe,
    with_room,
)
from gridworld.learning.recording import NONE
from gridworld.learning.records import Inside, Step, Update
from gridworld.parameters import Real


class PrioritizedSweepingConfig(PlanningConfig):
    """Prioritized sweeping (Sutton & Barto 2018, section 8.4): the largest errors come first."""

    threshold = Real(
        default=0.0,
        bounds=(0, 1_000_000),
        label="Priority threshold",
        doc="Size θ that a TD error must exceed for its action to be put into the queue.",
    )


class PrioritizedSweepingMemory(NamedTuple):
    """What prioritized sweeping learns in.

    The queue is a binary heap of pairs ``S * n_actions + A``: the pair of greatest priority, the
    lowest one of a tie, comes first.

    Attributes:
        q_values: The Q-table, shape ``(S, A)``.
        known: The model.
        queue: The heap, shape ``(S * A,)``.
        place: Where each pair is in the heap, `NONE` for nowhere, shape ``(S * A,)``.
        priority: Priority of each pair in the heap, shape ``(S * A,)``.
        n_queued: Pairs in the heap, shape ``(1,)``.
        threshold: Size θ that a TD error must exceed.
    """

    q_values: NDArray[np.float64]
    known: Known
    queue: NDArray[np.int64]
    place: NDArray[np.int64]
    priority: NDArray[np.float64]
    n_queued: NDArray[np.int64]
    threshold: float


def fresh_memory(
    config: PrioritizedSweepingConfig,
    n_states: int,
    n_actions: int,
    max_steps: int = 0,
    n_outcomes: int = 0,
) -> PrioritizedSweepingMemory:
    """The memory at the start of a run."""
    n_pairs = n_states * n_actions
    return PrioritizedSweepingMemory(
        np.full((n_states, n_actions), config.first_q),
        nothing_known(config, n_states, n_actions, n_outcomes),
        np.zeros(n_pairs, np.int64),
        np.full(n_pairs, NONE),
        np.zeros(n_pairs),
        np.zeros(1, np.int64),
        float(config.threshold),
    )


class PrioritizedSweepingAgent(TabularAgent):
    """Tabular prioritized sweeping for any environment of discrete states and actions.

    Sutton & Barto 2018, section 8.4, page 170. A step is put into a queue by the size of its TD
    error. Then the first of the queue are updated, and what the model has leading there is put
    into it, too. Updates are expected ones, over all outcomes that the model has. What the queue
    does is in the functions below, which are those of the compiled loop. For arguments, attributes
    and errors see `TabularAgent`.
    """

    fresh_memory = staticmethod(fresh_memory)

    def select_action(self, state: int) -> int:
        """Chooses an action: two uniforms."""
        return self.choose(state)

    def update(
        self, state: int, action: int, reward: float, next_state: int, terminated: bool
    ) -> Update | None:
        """``Q(S, A) ← Q(S, A) + α Σ p̂(s′, r | S, A) [r + γ max_a Q(s′, a) − Q(S, A)]``.

        That is done for the first of the queue, as often as there are planning steps.

        Returns:
            The first update, None if nothing was in the queue.
        """
        row, column, next_row = self.count(state, action, next_state)
        self.share(with_room(self.memory), self.visits)
        memory, known = self.memory, self.memory.known
        observe(known, row, column, next_row, float(reward), bool(terminated))
        n_actions, gamma = self.q_values.shape[1], self.discount_factor
        actions, learned = actions_of(n_actions), None
        queue_if_wrong(memory, gamma, actions, row, column)
        known.n_planned[0] = 0
        while known.n_planned[0] < known.planning_steps and memory.n_queued[0]:
            row, column = divmod(int(first_of(memory)), n_actions)
            target, next_value = expected_target(memory, gamma, actions, row, column)
            state, action = row + self.first_state, column + self.first_action
            planned = self.learn(state, action, target, next_value)
            note_planned(known, row, column, planned.td_error)
            learned = learned or planned
            queue_leading_to(memory, gamma, actions, row)
        return learned


@called
def expected_target(
    memory: PrioritizedSweepingMemory, discount: float, actions: Actions, state: int, action: int
) -> tuple[float, float]:
    """The mean target of an action over its outcomes in the model, and what *S′* counts in it."""
    known = memory.known
    outcome, times = known.first[state, action], known.times[state, action]
    target, mean_value = 0.0, 0.0
    while outcome != NONE:
        next_value = 0.0
        of_outcome = known.reward[outcome]
        if not known.ends[outcome]:
            next_value = highest(memory.q_values, known.next_state[outcome], actions)
            of_outcome += discount * next_value
        share = known.counts[outcome] / times
        target += share * of_outcome
        mean_value += share * next_value
        outcome = known.chain[outcome]
    return target, mean_value


@called
def queue_if_wrong(
    memory: PrioritizedSweepingMemory, discount: float, actions: Actions, state: int, action: int
) -> None:
    """Puts an action into the queue if its TD error is large enough."""
    target, _ = expected_target(memory, discount, actions, state, action)
    priority = abs(target - memory.q_values[state, action])
    if priority > memory.threshold:
        push(memory, state * len(actions) + action, priority)


@called
def queue_leading_to(
    memory: PrioritizedSweepingMemory, discount: float, actions: Actions, state: int
) -> None:
    """Puts all actions that are known to lead to a state into the queue, if they are wrong."""
    known = memory.known
    outcome = known.first_into[state]
    while outcome != NONE:
        if not known.ends[outcome]:
            pair = known.pair[outcome]
            before = pair // len(actions)
            queue_if_wrong(memory, discount, actions, before, pair - before * len(actions))
        outcome = known.chain_into[outcome]


@called
def push(memory: PrioritizedSweepingMemory, pair: int, priority: float) -> None:
    """Puts a pair into the queue; one that is there already can only come further ahead."""
    if memory.place[pair] == NONE:
        memory.place[pair] = memory.n_queued[0]
        memory.queue[memory.n_queued[0]] = pair
        memory.n_queued[0] += 1
    elif memory.priority[pair] >= priority:
        return
    memory.priority[pair] = priority
    place = memory.place[pair]
    while place > 0:
        above = (place - 1) // 2
        if not comes_before(memory, pair, memory.queue[above]):
            break
        put(memory, memory.queue[above], place)
        place = above
    put(memory, pair, place)


@called
def first_of(memory: PrioritizedSweepingMemory) -> int:
    """Takes the first pair out of a queue that is not empty."""
    first = memory.queue[0]
    n_left = memory.n_queued[0] - 1
    memory.n_queued[0] = n_left
    memory.place[first] = NONE
    memory.priority[first] = 0.0
    if n_left == 0:
        return first  # type: ignore[no-any-return]
    last, place = memory.queue[n_left], 0
    while 2 * place + 1 < n_left:
        below = 2 * place + 1
        if below + 1 < n_left and comes_before(
            memory, memory.queue[below + 1], memory.queue[below]
        ):
            below += 1
        if not comes_before(memory, memory.queue[below], last):
            break
        put(memory, memory.queue[below], place)
        place = below
    put(memory, last, place)
    return first  # type: ignore[no-any-return]


@called
def comes_before(memory: PrioritizedSweepingMemory, pair: int, other: int) -> bool:
    """Whether a pair comes before another one."""
    own, of_other = memory.priority[pair], memory.priority[other]
    return own > of_other or (own == of_other and pair < other)  # type: ignore[no-any-return]


@called
def put(memory: PrioritizedSweepingMemory, pair: int, place: int) -> None:
    """Puts a pair to a place of the heap."""
    memory.queue[place] = pair
    memory.place[pair] = place


# The rest for the compiled loop.


@inlined
def update(
    memory: PrioritizedSweepingMemory,
    rates: Rates,
    exploration: Exploration,
    step: Step,
    learned: Update,
    rng: Any,
) -> Update:
    """`PrioritizedSweepingAgent.update`."""
    known, actions, gamma = memory.known, exploration.actions, rates.discount_factor
    observe(known, step.state, step.action, step.next_state, step.reward, step.terminated)
    queue_if_wrong(memory, gamma, actions, step.state, step.action)
    known.n_planned[0] = 0
    while known.n_planned[0] < known.planning_steps and memory.n_queued[0] > 0:
        pair = natural(first_of(memory))
        state = pair // len(actions)
        action = pair - state * len(actions)
        target, next_value = expected_target(memory, gamma, actions, state, action)
        rate = rates.learning_rate
        planned = move(memory.q_values, rates, state, action, rate, target, next_value, NONE)
        if known.n_planned[0] == 0:
            learned = planned
        note_planned(known, state, action, planned.td_error)
        queue_leading_to(memory, gamma, actions, state)
    return learned


def check(memory: PrioritizedSweepingMemory, step: int) -> None:
    """Refuses a model that cannot be, and a queue that is none."""
    check_known(memory.known)
    n_pairs, n_queued = len(memory.queue), int(memory.n_queued[0])
    if not 0 <= n_queued <= n_pairs:
        raise ValueError(f"n_queued must be from 0 to {n_pairs}, got {n_queued}")
    queue, place = memory.queue[:n_queued], np.full(n_pairs, NONE)
    if not ((queue >= 0) & (queue < n_pairs)).all():
        raise ValueError(f"queue must be from 0 to {n_pairs - 1}, got {queue.tolist()}")
    place[queue] = np.arange(n_queued)
    if not np.array_equal(place, memory.place):
        raise ValueError("place must be that of each pair in the queue, got another one")
    if not (memory.priority >= 0).all() or memory.priority[place == NONE].any():
        raise ValueError("priority must be at least 0, and 0 for what is not in the queue")
    if not memory.known.times.reshape(-1)[queue].all():
        raise ValueError("queue must be of actions that were taken")
    for i in range(1, n_queued):
        if comes_before(memory, queue[i], queue[(i - 1) // 2]):
            raise ValueError(f"queue must be a heap, got place {i} before the one above it")


def inside(memory: PrioritizedSweepingMemory) -> Inside:
    """The model, the updates of the latest planning, and the priorities in the queue."""
    priorities = memory.priority.reshape(memory.q_values.shape).copy()
    return inside_known(memory)._replace(priorities=priorities)


PRIORITIZED_SWEEPING = Algorithm(
    key="prioritized_sweeping",
    title="Prioritized sweeping",
    config=PrioritizedSweepingConfig,
    agent=PrioritizedSweepingAgent,
    memory=fresh_memory,
    loop=compiled_loop("prioritized_sweeping", select_action, update, end_episode, observe),
    equation=Equation(
        rule="Q(S, A) ← Q(S, A) + α Σ p̂(s′, r) [r + γ max_a Q(s′, a) − Q(S, A)]",
        next_value="max_a Q(s′, a)",
        meaning="the best values of all next states count that the model has, as often as they "
        "were seen; first comes the action whose value is the most wrong.",
        reference="Sutton & Barto 2018, section 8.4, page 170",
    ),
    is_on_policy=False,
    check=check,
    inside=inside,
)
