"""Eligibility traces: how much each state and action is credited for what happens now.

The memory of an algorithm with traces has them as ``credit``.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import inlined
from gridworld.learning.agent import TabularAgent
from gridworld.learning.config import LearningConfig
from gridworld.learning.loop import Rates, move
from gridworld.learning.records import Inside, Step, Update
from gridworld.parameters import Choice, Real

#: A trace below it counts as 0: what it would credit is lost in rounding.
LEAST_TRACE = 2.0**-50
#: Kinds of traces, as compiled code knows them.
ACCUMULATING, REPLACING, DUTCH = range(3)
_KINDS = {"accumulating": ACCUMULATING, "replacing": REPLACING, "dutch": DUTCH}


class TracesConfig(LearningConfig):
    """The settings of every learner with eligibility traces."""

    trace_decay = Real(
        default=0.9,
        bounds=(0, 1),
        step=0.05,
        label="Trace decay",
        doc="Trace decay λ: with each step traces are multiplied by γλ. 0 credits the latest "
        "action alone, 1 all since the start of the episode as their rewards are discounted.",
    )
    trace_kind = Choice(
        default="replacing",
        objects={"Accumulating": "accumulating", "Replacing": "replacing", "Dutch": "dutch"},
        label="Traces",
        doc="What happens to the trace of an action that is taken: 1 is added (accumulating), it "
        "becomes 1 (replacing), or it comes nearer to that by α and 1 is added (dutch).",
    )


class Traces(NamedTuple):
    """Eligibility traces.

    Attributes:
        traces: Shape ``(S, A)``.
        live: States and columns of the pairs whose trace is not 0, shape ``(S * A, 2)``.
        n_live: How many these are, shape ``(1,)``.
        is_over: Whether the episode of the traces is over, shape ``(1,)``.
        decay: Trace decay λ.
        kind: `ACCUMULATING`, `REPLACING` or `DUTCH`.
    """

    traces: NDArray[np.float64]
    live: NDArray[np.int64]
    n_live: NDArray[np.int64]
    is_over: NDArray[np.int64]
    decay: float
    kind: int


def fresh_traces(config: TracesConfig, n_states: int, n_actions: int) -> Traces:
    """The traces at the start of a run: none."""
    return Traces(
        traces=np.zeros((n_states, n_actions)),
        live=np.zeros((n_states * n_actions, 2), np.int64),
        n_live=np.zeros(1, np.int64),
        is_over=np.zeros(1, np.int64),
        decay=float(config.trace_decay),
        kind=_KINDS[config.trace_kind],
    )


class TraceAgent(TabularAgent):
    """A readable agent with eligibility traces."""

    def credit(
        self, state: int, action: int, target: float, next_value: float, next_action: int | None
    ) -> Update:
        """Moves all values towards what happened: ``Q ← Q + α δ Z``, with ``δ = target − Q(S, A)``.

        Before that all traces are multiplied by γλ, and that of the action is renewed.
        """
        traces = self.memory.credit.traces
        row, column = self.row("state", state), self.column(action)
        traces *= self.discount_factor * self.memory.credit.decay
        traces[traces < LEAST_TRACE] = 0.0
        traces[row, column] = {
            ACCUMULATING: traces[row, column] + 1.0,
            REPLACING: 1.0,
            DUTCH: (1.0 - self.learning_rate) * traces[row, column] + 1.0,
        }[self.memory.credit.kind]
        others = traces > 0
        others[row, column] = False
        td_error = target - self.q_values[row, column]
        step_size = self.learning_rate * traces[row, column]
        self.q_values[others] += self.learning_rate * traces[others] * td_error
        self._list_live()
        return self.learn(state, action, target, next_value, next_action, step_size=step_size)

    def forget_episode(self) -> None:
        """Sets all traces to 0 if their episode is over."""
        if self.memory.credit.is_over[0]:
            self.forget()
            self.memory.credit.is_over[0] = 0

    def forget(self) -> None:
        """Sets all traces to 0."""
        self.memory.credit.traces[:] = 0.0
        self._list_live()

    def end_episode(self) -> None:
        """Notes that the traces are to be forgotten, and lets ε decay."""
        self.memory.credit.is_over[0] = 1
        super().end_episode()

    def _list_live(self) -> None:
        credit = self.memory.credit
        live = np.argwhere(credit.traces)
        credit.live[: len(live)] = live
        credit.n_live[0] = len(live)


# The same for the compiled loop.


@inlined
def credit(
    memory: Any, rates: Rates, step: Step, target: float, next_value: float, next_action: int
) -> Update:
    """`TraceAgent.credit`."""
    state, action, credited = step.state, step.action, memory.credit
    decay = rates.discount_factor * credited.decay
    td_error = target - memory.q_values[state, action]
    trace, n_live = 0.0, 0
    for i in range(credited.n_live[0]):
        of_state, of_action = credited.live[i, 0], credited.live[i, 1]
        left = credited.traces[of_state, of_action] * decay
        if left < LEAST_TRACE:
            left = 0.0
        credited.traces[of_state, of_action] = left
        if of_state == state and of_action == action:
            trace = left
        elif left > 0.0:
            memory.q_values[of_state, of_action] += rates.learning_rate * left * td_error
            credited.live[n_live, 0] = of_state
            credited.live[n_live, 1] = of_action
            n_live += 1
    if credited.kind == ACCUMULATING:
        trace += 1.0
    elif credited.kind == REPLACING:
        trace = 1.0
    else:
        trace = (1.0 - rates.learning_rate) * trace + 1.0
    credited.traces[state, action] = trace
    credited.live[n_live, 0] = state
    credited.live[n_live, 1] = action
    credited.n_live[0] = n_live + 1
    step_size = rates.learning_rate * trace
    return move(memory.q_values, rates, state, action, step_size, target, next_value, next_action)


@inlined
def forget_episode(credited: Traces) -> None:
    """`TraceAgent.forget_episode`."""
    if credited.is_over[0] == 1:
        forget(credited)
        credited.is_over[0] = 0


@inlined
def forget(credited: Traces) -> None:
    """`TraceAgent.forget`."""
    for i in range(credited.n_live[0]):
        credited.traces[credited.live[i, 0], credited.live[i, 1]] = 0.0
    credited.n_live[0] = 0


def check_traces(memory: Any, step: int) -> None:
    """Refuses traces that cannot be, or whose list is of others."""
    credited = memory.credit
    traces, n_live, is_over = credited.traces, int(credited.n_live[0]), int(credited.is_over[0])
    if not (traces >= 0).all():
        raise ValueError(f"credit_traces must be at least 0, got {traces.min()}")
    found = np.argwhere(traces).tolist()
    fits = 0 <= n_live <= len(credited.live)
    if not fits or sorted(credited.live[:n_live].tolist()) != found:
        raise ValueError(f"credit_live must be the {len(found)} traces that are not 0, got others")
    if is_over not in (0, 1) or (is_over == 1 if step else found and is_over == 0):
        raise ValueError(f"credit_is_over must be {0 if step else 1}, got {is_over}")


def inside_traces(memory: Any) -> Inside:
    """The traces."""
    return Inside(traces=memory.credit.traces.copy())
