"""`Analysis`: what exact planning says about a run, at its learner's present discount."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.planning.bellman import Plan
from gridworld.planning.evaluation import Followed, best_actions, following, stays_within
from gridworld.planning.optimum import optimising
from gridworld.planning.resumable import Resumable
from gridworld.planning.solve import gap_to_optimal, planning
from gridworld.worlds.world import World


class Findings(NamedTuple):
    """What `gridworld.Snapshot` has under the same names; None where it is not worked out."""

    plan: Plan | None = None
    optimal_return: float | None = None
    planned_return: float | None = None
    optimal_length: float | None = None
    gap: float | None = None
    greedy_ends: float | None = None


class Analysis:
    """Exact answers, worked out on request and kept as long as the discount stays.

    Args:
        world: The world.
        q_values: The learner's values, shape ``(S, A)``, which change as it learns.
        discount_factor: Its discount γ.
        max_steps: Steps after which an episode is cut off.

    Attributes:
        discount_factor: The present discount; to be set when it changes.
    """

    def __init__(
        self, world: World, q_values: NDArray[np.float64], discount_factor: float, max_steps: int
    ) -> None:
        self._world, self._q_values, self._max_steps = world, q_values, max_steps
        self.discount_factor = discount_factor
        self._findings = Findings()
        self._discount: float | None = None  # discount of the findings
        self._policy = b""  # policy of the findings' gap
        self._next_discount: float | None = None  # discount of the plan under way
        self._planning: Resumable[Plan | None]
        self._planned: Resumable[tuple[float, float]] | None = None
        self._greedy: Resumable[Followed]
        # The highest return does not depend on the discount.
        self._optimum = Resumable(partial(optimising, world, max_steps))

    def for_learner(self, q_values: NDArray[np.float64], discount_factor: float) -> "Analysis":
        """The analysis of another run in the same world; all but the Q-table's part is kept."""
        other = Analysis(self._world, q_values, discount_factor, self._max_steps)
        other._findings = self._findings._replace(gap=None, greedy_ends=None)
        other._discount, other._optimum = self._discount, self._optimum
        if self._next_discount is not None:
            other._next_discount, other._planning = self._next_discount, self._planning
        return other

    @property
    def findings(self) -> Findings:
        """The results so far; none if the discount has changed since."""
        return self._findings if self._discount == self.discount_factor else Findings()

    def plan(self) -> Plan | None:
        """The optimal policy and values; None where rewards can be gathered without end."""
        for _ in self._plan():
            pass
        return self._findings.plan

    def compute(self) -> Iterator[None]:
        """Works out all findings in pieces; those that depend on the Q-table each time."""
        yield from self._plan()
        if self._findings.plan is not None:
            yield from self._compare(self._findings.plan)
        if self._findings.optimal_return is None:
            yield from self._optimum
            most, planned = self._optimum.result(), self._findings.planned_return
            # No policy earns more than the optimum, but two sums of the same may round
            # differently. NaN stays NaN.
            most = most if planned is None else max(most, planned)
            self._findings = self._findings._replace(optimal_return=most)

    def _compare(self, plan: Plan) -> Iterator[None]:
        """Works out the return of the plan's policy, and the gap between it and the greedy one."""
        if self._findings.planned_return is None:
            if self._planned is None:
                self._planned = Resumable(partial(_follow, self._world, plan, self._max_steps))
            yield from self._planned
            planned_return, optimal_length = self._planned.result()
            self._findings = self._findings._replace(
                planned_return=planned_return, optimal_length=optimal_length
            )
        # The gap depends on the greedy policy only: as long as that stays, so does the gap.
        world, greedy = self._world, best_actions(self._q_values)
        policy = greedy.tobytes()
        if self._findings.gap is None or policy != self._policy:
            gap = gap_to_optimal(world, self._q_values, self.discount_factor, plan)
            self._findings = self._findings._replace(gap=gap, greedy_ends=None)
            self._policy = policy
            self._greedy = Resumable(partial(following, world, greedy, self._max_steps))
        if self._findings.greedy_ends is None:
            yield from self._greedy
            self._findings = self._findings._replace(greedy_ends=self._greedy.result().ends)

    def _plan(self) -> Iterator[None]:
        discount = self.discount_factor
        if discount == self._discount:
            return
        if discount != self._next_discount:
            self._planning = Resumable(partial(_make_plan, self._world, discount))
            self._next_discount = discount
        yield from self._planning
        self._findings, self._discount = Findings(self._planning.result()), discount
        self._planned = None

    def is_optimal(self) -> bool:
        """Whether the greedy policy is optimal in every state that it can reach."""
        plan = self.plan()
        if plan is None:
            return False
        if not stays_within(self._world, best_actions(self._q_values), plan.optimal):
            return False
        # With discount 1 an action of the best value may still lead round in circles.
        discount = self.discount_factor
        return discount < 1 or gap_to_optimal(self._world, self._q_values, discount, plan) == 0


# Functions, so that work that is kept for another run does not keep this one in memory.


def _make_plan(world: World, discount: float) -> Generator[None, None, Plan | None]:
    try:
        return (yield from planning(world, discount))
    except ValueError:  # rewards can be gathered without end
        return None


def _follow(world: World, plan: Plan, max_steps: int) -> Generator[None, None, tuple[float, float]]:
    """Expected return and length of an episode under the plan's policy."""
    optimal = np.eye(world.n_actions, dtype=np.bool_)[plan.policy]
    counting = replace(world, reward=np.ones_like(world.reward))  # 1 for each step
    earned = yield from following(world, optimal, max_steps)
    taken = yield from following(counting, optimal, max_steps)
    return earned.expected_return, taken.expected_return
