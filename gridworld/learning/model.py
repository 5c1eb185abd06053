"""What a learner knows of the world: every outcome that it has seen, with its count.

These functions are for the readable agents and for the compiled loops alike. The memory of an
algorithm that plans with what it knows has it as ``known``.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import called, inlined
from gridworld.learning.agent import doubled
from gridworld.learning.config import LearningConfig
from gridworld.learning.draws import draw, natural
from gridworld.learning.recording import NONE
from gridworld.learning.records import Inside, Outcomes, Planned
from gridworld.parameters import Choice, Whole

#: Most times that an outcome can have been seen; JSON and floats keep them exact.
_MAX_COUNT = 2**53


class PlanningConfig(LearningConfig):
    """The settings of every learner that plans with what it knows."""

    planning_steps = Whole(
        default=5,
        bounds=(0, 1000),
        label="Planning steps",
        doc="Updates from the learned model after each step in the world.",
    )
    model = Choice(
        default="all",
        objects={"All outcomes seen": "all", "Latest outcome": "latest"},
        doc="What it remembers of an action: all outcomes seen, as often as they came; or the "
        "latest one alone, which is right where nothing is by chance but the world may change.",
    )


class Known(NamedTuple):
    """A learned model: ``N`` places for outcomes, and the latest planning.

    The outcomes of one action form a chain in the order in which they were first seen, and so do
    those that lead to one state, in the reverse order.

    Attributes:
        pair: State and action of each outcome, as ``S * n_actions + A``, shape ``(N,)``.
        next_state, reward, ends: What it is, shapes ``(N,)``.
        counts: How often it was seen, shape ``(N,)``; where only the latest outcome is kept, how
            often the action was taken.
        chain: The next outcome of the same action, `NONE` for none, shape ``(N,)``.
        chain_into: The next outcome that leads to the same state, shape ``(N,)``.
        n_seen: How many outcomes there are, shape ``(1,)``.
        first: The first outcome of each action, shape ``(S, A)``.
        times: How often each action was taken, shape ``(S, A)``.
        first_into: The first outcome that leads to each state, shape ``(S,)``.
        acted_in: States in which the agent has acted, in their order, shape ``(S,)``.
        n_acted_in: How many these are, shape ``(1,)``.
        planned: Pairs updated by the latest planning, shape ``(M,)``.
        planned_errors: Their TD errors, shape ``(M,)``.
        n_planned: How many these are, shape ``(1,)``.
        planning_steps: Updates by planning after each step.
        keeps_latest: Whether only the latest outcome of an action is kept.
    """

    pair: NDArray[np.int64]
    next_state: NDArray[np.int64]
    reward: NDArray[np.float64]
    ends: NDArray[np.bool_]
    counts: NDArray[np.int64]
    chain: NDArray[np.int64]
    chain_into: NDArray[np.int64]
    n_seen: NDArray[np.int64]
    first: NDArray[np.int64]
    times: NDArray[np.int64]
    first_into: NDArray[np.int64]
    acted_in: NDArray[np.int64]
    n_acted_in: NDArray[np.int64]
    planned: NDArray[np.int64]
    planned_errors: NDArray[np.float64]
    n_planned: NDArray[np.int64]
    planning_steps: int
    keeps_latest: bool


#: Fields with a place for each outcome.
_OF_OUTCOMES = ("pair", "next_state", "reward", "ends", "counts", "chain", "chain_into")


def nothing_known(
    config: PlanningConfig, n_states: int, n_actions: int, n_outcomes: int = 0
) -> Known:
    """The model at the start of a run.

    Args:
        config: The learner's settings.
        n_states: Number of states.
        n_actions: Number of actions.
        n_outcomes: Most outcomes of an action; 0 if it is not known: `with_room` makes more.
    """
    room = n_states * n_actions * max(n_outcomes, 1)
    n_planning = int(config.planning_steps)
    return Known(
        pair=np.zeros(room, np.int64),
        next_state=np.zeros(room, np.int64),
        reward=np.zeros(room),
        ends=np.zeros(room, np.bool_),
        counts=np.zeros(room, np.int64),
        chain=np.zeros(room, np.int64),
        chain_into=np.zeros(room, np.int64),
        n_seen=np.zeros(1, np.int64),
        first=np.full((n_states, n_actions), NONE),
        times=np.zeros((n_states, n_actions), np.int64),
        first_into=np.full(n_states, NONE),
        acted_in=np.zeros(n_states, np.int64),
        n_acted_in=np.zeros(1, np.int64),
        planned=np.zeros(n_planning, np.int64),
        planned_errors=np.zeros(n_planning),
        n_planned=np.zeros(1, np.int64),
        planning_steps=n_planning,
        keeps_latest=config.model == "latest",
    )


def with_room(memory: Any) -> Any:
    """The memory with room for at least one more outcome."""
    known = memory.known
    if known.n_seen[0] < len(known.pair):
        return memory
    return memory._replace(known=doubled(known, _OF_OUTCOMES))


@called
def observe(
    known: Known, state: int, action: int, next_state: int, reward: float, terminated: bool
) -> None:
    """Counts an outcome."""
    outcome, last = known.first[state, action], NONE
    if known.keeps_latest and outcome != NONE:
        replace_outcome(known, outcome, next_state, reward, terminated)
    while outcome != NONE and not (
        known.next_state[outcome] == next_state
        and known.reward[outcome] == reward
        and known.ends[outcome] == terminated
    ):
        last = outcome
        outcome = known.chain[outcome]
    if outcome == NONE:
        outcome = known.n_seen[0]
        if outcome == len(known.pair):
            return  # a file said that more was seen than there is in its world
        known.n_seen[0] += 1
        known.next_state[outcome] = next_state
        known.reward[outcome] = reward
        known.ends[outcome] = terminated
        known.counts[outcome] = 0
        add_to_chains(known, outcome, last, state, action)
    known.counts[outcome] += 1
    known.times[state, action] += 1


@called
def add_to_chains(known: Known, outcome: int, last: int, state: int, action: int) -> None:
    """Puts an outcome that is seen for the first time behind the ``last`` one of its action."""
    n_actions = known.first.shape[1]
    if last == NONE:
        n_taken = 0
        for other in range(n_actions):
            n_taken += known.first[state, other] != NONE
        if n_taken == 0:
            known.acted_in[known.n_acted_in[0]] = state
            known.n_acted_in[0] += 1
        known.first[state, action] = outcome
    else:
        known.chain[last] = outcome
    next_state = known.next_state[outcome]
    known.chain[outcome] = NONE
    known.chain_into[outcome] = known.first_into[next_state]
    known.first_into[next_state] = outcome
    known.pair[outcome] = state * n_actions + action


@called
def replace_outcome(
    known: Known, outcome: int, next_state: int, reward: float, terminated: bool
) -> None:
    """Has a place tell of another outcome, and puts it where it belongs in its chain."""
    known.reward[outcome] = reward
    known.ends[outcome] = terminated
    if known.next_state[outcome] == next_state:
        return
    link(known, outcome, known.next_state[outcome], known.chain_into[outcome])
    known.next_state[outcome] = next_state
    # The chain goes from the latest place to the first one.
    following = known.first_into[next_state]
    while following > outcome:
        following = known.chain_into[following]
    known.chain_into[outcome] = following
    link(known, following, next_state, outcome)


@called
def link(known: Known, before: int, state: int, outcome: int) -> None:
    """Has what leads to ``before`` in the chain into a state lead to ``outcome``."""
    place = known.first_into[state]
    if place == before:
        known.first_into[state] = outcome
        return
    while known.chain_into[place] != before:
        place = known.chain_into[place]
    known.chain_into[place] = outcome


@inlined
def outcome_of(known: Known, state: int, action: int, rng: Any) -> int:
    """An outcome of an action, each as probable as it was frequent; `NONE` if it has none.

    Draws a uniform if there are several.
    """
    outcome = known.first[state, action]
    if outcome == NONE or known.chain[outcome] == NONE:
        return outcome  # type: ignore[no-any-return]
    left = draw(rng) * known.times[state, action]
    while left >= known.counts[outcome] and known.chain[outcome] != NONE:
        left -= known.counts[outcome]
        outcome = known.chain[outcome]
    return outcome  # type: ignore[no-any-return]


@inlined
def state_to_plan(known: Known, rng: Any) -> int:
    """A state in which the agent has acted, each equally probable. Draws a uniform."""
    return natural(known.acted_in[int(draw(rng) * known.n_acted_in[0])])


@inlined
def action_to_plan(known: Known, state: int, rng: Any) -> int:
    """An action taken before in a state, each equally probable. Draws a uniform."""
    n_actions, n_taken = known.first.shape[1], 0
    for action in range(n_actions):
        n_taken += known.first[state, action] != NONE
    skip = int(draw(rng) * n_taken)
    for action in range(n_actions):
        if known.first[state, action] != NONE:
            if skip == 0:
                return natural(action)
            skip -= 1
    return 0  # never: the agent has acted in the state


@inlined
def note_planned(known: Known, state: int, action: int, td_error: float) -> None:
    """Notes an update by planning."""
    i = known.n_planned[0]
    known.planned[i] = state * known.first.shape[1] + action
    known.planned_errors[i] = td_error
    known.n_planned[0] = i + 1


def check_known(known: Known) -> None:
    """Refuses a model that cannot be: its chains must be those of its outcomes."""
    (n_states, n_actions), room = known.first.shape, len(known.pair)
    n_seen, n_planned = int(known.n_seen[0]), int(known.n_planned[0])
    if not 0 <= n_seen <= room:
        raise ValueError(f"known_n_seen must be from 0 to {room}, got {n_seen}")
    if not 0 <= n_planned <= known.planning_steps:
        raise ValueError(
            f"known_n_planned must be from 0 to {known.planning_steps}, got {n_planned}"
        )
    for name, values, low, high in (
        ("pair", known.pair[:n_seen], 0, n_states * n_actions - 1),
        ("next_state", known.next_state[:n_seen], 0, n_states - 1),
        ("counts", known.counts[:n_seen], 1, _MAX_COUNT),
        ("planned", known.planned, 0, n_states * n_actions - 1),
    ):
        if not ((values >= low) & (values <= high)).all():
            raise ValueError(f"known_{name} must be from {low} to {high}, got {values.tolist()}")
    if known.keeps_latest and len(np.unique(known.pair[:n_seen])) < n_seen:
        raise ValueError("known_pair must be different ones, as only the latest outcome is kept")
    again = known._replace(
        pair=known.pair.copy(),
        chain=np.zeros(room, np.int64),
        chain_into=np.zeros(room, np.int64),
        first=np.full((n_states, n_actions), NONE),
        times=np.zeros((n_states, n_actions), np.int64),
        first_into=np.full(n_states, NONE),
        acted_in=np.zeros(n_states, np.int64),
        n_acted_in=np.zeros(1, np.int64),
    )
    last: dict[int, int] = {}
    for outcome, pair in enumerate(known.pair[:n_seen].tolist()):
        state, action = divmod(pair, n_actions)
        add_to_chains(again, outcome, last.get(pair, NONE), state, action)
        again.times[state, action] += known.counts[outcome]
        last[pair] = outcome
    for name in ("chain", "chain_into", "first", "times", "first_into", "acted_in", "n_acted_in"):
        used = n_seen if name.startswith("chain") else None
        if not np.array_equal(getattr(known, name)[:used], getattr(again, name)[:used]):
            raise ValueError(f"known_{name} must be that of the outcomes seen, got another one")


def inside_known(memory: Any) -> Inside:
    """The model, and the updates of the latest planning."""
    known, n_actions = memory.known, memory.known.first.shape[1]
    seen, done = slice(known.n_seen[0]), slice(known.n_planned[0])
    planned = np.divmod(known.planned[done], n_actions)
    fields = (known.next_state, known.reward, known.ends, known.counts)
    return Inside(
        planned=Planned(planned[0], planned[1], known.planned_errors[done].copy()),
        outcomes=Outcomes(
            *np.divmod(known.pair[seen], n_actions), *(field[seen].copy() for field in fields)
        ),
    )
