"""`Answers`: what exact planning says about a run, at its agent's present discount."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gridworld.agents import QLearningAgent
from gridworld.evaluation import best_actions, expected_return, stays_within
from gridworld.planning import Plan, gap_to_optimal, value_iteration
from gridworld.world import World

#: Error within which a value counts as the optimal one.
_TOLERANCE = 1e-9


class Known(NamedTuple):
    """As far as worked out, else None; as `gridworld.Snapshot` has them."""

    plan: Plan | None = None
    optimal_return: float | None = None
    optimal_length: float | None = None
    gap: float | None = None


class Answers:
    """Exact answers, worked out when asked for and kept while the discount stays.

    Args:
        world: The world.
        agent: The agent in training.
        max_steps: Steps after which an episode is cut off.
    """

    def __init__(self, world: World, agent: QLearningAgent, max_steps: int) -> None:
        self._world, self._agent, self._max_steps = world, agent, max_steps
        self._discount: float | None = None  # that all the rest was worked out for
        self._known = Known()
        self._policy = b""  # that the gap was worked out for

    def of(self, agent: QLearningAgent) -> "Answers":
        """Answers on another run in the same world, with all that does not depend on its agent."""
        answers = Answers(self._world, agent, self._max_steps)
        answers._known, answers._discount = self._known._replace(gap=None), self._discount
        return answers

    @property
    def known(self) -> Known:
        """What has been worked out."""
        return self._known if self._discount == self._agent.discount_factor else Known()

    def plan(self) -> Plan | None:
        """The optimal policy and values; None if there are none."""
        discount = self._agent.discount_factor
        if discount != self._discount:
            try:
                plan = value_iteration(self._world, discount)
            except ValueError:  # rewards can be gathered for ever
                plan = None
            self._known, self._discount = Known(plan), discount
        return self._known.plan

    def work_out(self) -> None:
        """Works out all that is ``known``: what depends on the Q-table anew."""
        plan, world = self.plan(), self._world
        if plan is None:
            return
        if self._known.optimal_return is None:
            optimal = np.eye(world.n_actions, dtype=np.bool_)[plan.policy]
            counting = replace(world, reward=np.ones_like(world.reward))  # one for each step
            self._known = self._known._replace(
                optimal_return=expected_return(world, optimal, self._max_steps),
                optimal_length=expected_return(counting, optimal, self._max_steps),
            )
        agent = self._agent
        # The gap is the greedy policy's: as long as that stays the same, so does the gap.
        policy = best_actions(agent.q_values).tobytes()
        if self._known.gap is None or policy != self._policy:
            gap = gap_to_optimal(world, agent.q_values, agent.discount_factor, plan)
            self._known, self._policy = self._known._replace(gap=gap), policy

    def is_optimal(self) -> bool:
        """Whether the greedy policy is an optimal one, wherever it can come to."""
        plan, agent = self.plan(), self._agent
        if plan is None:
            return False
        # At discount 1 an action has no value if it may lead where pay never ends.
        q_values = np.where(np.isnan(plan.q_values), -np.inf, plan.q_values)
        best = q_values.max(axis=1, keepdims=True)
        near = np.isfinite(q_values) & (q_values >= best - _TOLERANCE * (1 + abs(best)))
        if not stays_within(self._world, best_actions(agent.q_values), near):
            return False
        # There, too, an action may look as good as the best and yet lead round for ever.
        discount = agent.discount_factor
        return discount < 1 or bool(
            gap_to_optimal(self._world, agent.q_values, discount, plan) <= _TOLERANCE
        )
