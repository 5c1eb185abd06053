"""`Answers`: what exact planning says about a run, at its agent's present discount."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gridworld.planning.bellman import Plan
from gridworld.planning.evaluation import Followed, best_actions, following, stays_within
from gridworld.planning.optimum import optimising
from gridworld.planning.resumable import Resumable
from gridworld.planning.solve import gap_to_optimal, planning
from gridworld.worlds.world import World


class Known(NamedTuple):
    """As far as worked out, else None; as `gridworld.Snapshot` has them."""

    plan: Plan | None = None
    optimal_return: float | None = None
    planned_return: float | None = None
    optimal_length: float | None = None
    gap: float | None = None
    greedy_ends: float | None = None


class Learner(Protocol):
    """What is asked of a learner: its values, shape ``(S, A)``, and its present discount."""

    q_values: NDArray[np.float64]
    discount_factor: float


class Answers:
    """Exact answers, worked out when asked for and kept while the discount stays.

    Args:
        world: The world.
        agent: The agent in training.
        max_steps: Steps after which an episode is cut off.
    """

    def __init__(self, world: World, agent: Learner, max_steps: int) -> None:
        self._world, self._agent, self._max_steps = world, agent, max_steps
        self._discount: float | None = None  # that all the rest was worked out for
        self._known = Known()
        self._policy = b""  # that the gap was worked out for
        self._planned_for: float | None = None  # the discount of what is next
        self._planning: Resumable[Plan | None]
        self._planned: Resumable[tuple[float, float]] | None = None
        self._greedy: Resumable[Followed]
        # The most that can be earned has nothing to do with the discount.
        self._optimum = Resumable(lambda: optimising(world, max_steps))

    def of(self, agent: Learner) -> "Answers":
        """Answers on another run in the same world, with all that does not depend on its agent."""
        answers = Answers(self._world, agent, self._max_steps)
        answers._known = self._known._replace(gap=None, greedy_ends=None)
        answers._discount, answers._optimum = self._discount, self._optimum
        if self._planned_for is not None:
            answers._planned_for, answers._planning = self._planned_for, self._planning
        return answers

    @property
    def known(self) -> Known:
        """What has been worked out."""
        return self._known if self._discount == self._agent.discount_factor else Known()

    def plan(self) -> Plan | None:
        """The optimal policy and values; None if there are none."""
        for _ in self._plan():
            pass
        return self._known.plan

    def work_out(self) -> Iterator[None]:
        """Works out all that is ``known`` in pieces: what depends on the Q-table anew."""
        yield from self._plan()
        if self._known.plan is not None:
            yield from self._compare(self._known.plan)
        if self._known.optimal_return is None:
            yield from self._optimum
            most, planned = self._optimum.result(), self._known.planned_return
            # Two ways to add up the same need not round alike: no policy earns more than this.
            most = most if planned is None else max(most, planned)  # NaN stays NaN
            self._known = self._known._replace(optimal_return=most)

    def _compare(self, plan: Plan) -> Iterator[None]:
        """Works out what the plan's policy earns, and how far the greedy one is from it."""
        if self._known.planned_return is None:
            if self._planned is None:
                self._planned = Resumable(lambda: self._follow(plan))
            yield from self._planned
            planned_return, optimal_length = self._planned.result()
            self._known = self._known._replace(
                planned_return=planned_return, optimal_length=optimal_length
            )
        # As long as the greedy policy stays the same, so does all that is to be said of it.
        agent = self._agent
        greedy = best_actions(agent.q_values)
        policy = greedy.tobytes()
        if self._known.gap is None or policy != self._policy:
            gap = gap_to_optimal(self._world, agent.q_values, agent.discount_factor, plan)
            self._known = self._known._replace(gap=gap, greedy_ends=None)
            self._policy = policy
            self._greedy = Resumable(lambda: following(self._world, greedy, self._max_steps))
        if self._known.greedy_ends is None:
            yield from self._greedy
            self._known = self._known._replace(greedy_ends=self._greedy.result().ends)

    def _plan(self) -> Iterator[None]:
        discount = self._agent.discount_factor
        if discount == self._discount:
            return
        if discount != self._planned_for:
            self._planning = Resumable(lambda: self._make_plan(discount))
            self._planned_for = discount
        yield from self._planning
        self._known, self._discount = Known(self._planning.result()), discount
        self._planned = None

    def _make_plan(self, discount: float) -> Generator[None, None, Plan | None]:
        try:
            return (yield from planning(self._world, discount))
        except ValueError:  # rewards can be gathered for ever
            return None

    def _follow(self, plan: Plan) -> Generator[None, None, tuple[float, float]]:
        """Expected return and length of an episode under the plan's policy."""
        world = self._world
        optimal = np.eye(world.n_actions, dtype=np.bool_)[plan.policy]
        counting = replace(world, reward=np.ones_like(world.reward))  # one for each step
        earned = yield from following(world, optimal, self._max_steps)
        taken = yield from following(counting, optimal, self._max_steps)
        return earned.expected_return, taken.expected_return

    def is_optimal(self) -> bool:
        """Whether the greedy policy is an optimal one, wherever it can come to."""
        plan, agent = self.plan(), self._agent
        if plan is None:
            return False
        if not stays_within(self._world, best_actions(agent.q_values), plan.optimal):
            return False
        # At discount 1 an action may look as good as the best and yet lead round for ever.
        discount = agent.discount_factor
        return discount < 1 or gap_to_optimal(self._world, agent.q_values, discount, plan) == 0
