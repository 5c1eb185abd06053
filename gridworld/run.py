"""`Run`: all that one training run has learned and recorded, and how it goes on."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gridworld import kernel
from gridworld.agents import QLearningAgent
from gridworld.evaluation import best_actions, expected_return, stays_within
from gridworld.history import Spaced
from gridworld.planning import Plan, gap_to_optimal, value_iteration
from gridworld.snapshot import Change, Snapshot, Status, Transition
from gridworld.world import World

#: Most keyframes and evaluations of a run; fewer where they would take too much memory.
MAX_KEYFRAMES = 200
MAX_EVALUATIONS = 200
_MAX_BYTES = 32_000_000
#: Error within which a value counts as the optimal one.
_TOLERANCE = 1e-9


class Run:
    """A training run: world, agent, generators, records, and history.

    It goes on by `advance` alone, and what it becomes depends on what it was made from
    and on the changes made by `tune`, not on the sizes of the steps.

    Args:
        world: The world.
        agent: The agent, as it begins.
        np_random: The world's generator.
        layout: Text of the map.
        num_episodes: Episodes of the whole run.
        max_steps: Steps after which an episode is cut off.
        optimal_evaluations: Evaluations in a row that must find the greedy policy optimal
            for the run to end; 0 for never.
        planned: Changes to make on the way, when their number of steps is reached.

    Attributes:
        keyframes: Snapshots at evenly spaced numbers of steps.
        changes: Changes of parameters made so far.
        converged: Whether the run ended since its policy was optimal for long enough.
    """

    def __init__(
        self,
        world: World,
        agent: QLearningAgent,
        np_random: np.random.Generator,
        *,
        layout: str,
        num_episodes: int,
        max_steps: int,
        optimal_evaluations: int = 0,
        planned: Iterable[Change] = (),
    ) -> None:
        self.world, self.agent, self.np_random = world, agent, np_random
        self.num_episodes, self.max_steps = num_episodes, max_steps
        self._layout = layout
        self._model = kernel.Model(
            world.next_state,
            world.cumulative,
            world.reward,
            world.terminal,
            world.goal,
            world.start_states,
            max_steps,
        )
        self._visits = np.zeros_like(agent.q_values, dtype=np.int64)
        self._trail = np.zeros(kernel.TRAIL_LENGTH, dtype=np.int64)
        # Memory is committed as it is written, so a long run costs nothing up front.
        self._records = kernel.Records(
            np.zeros(num_episodes),
            np.zeros(num_episodes, dtype=np.int64),
            np.zeros(num_episodes, dtype=np.bool_),
        )
        self._progress = np.zeros(1, dtype=kernel.PROGRESS)
        self._progress["state"] = self._trail[0] = world.start_states[0]
        self._progress["epsilon"] = agent.epsilon
        self._progress["between_episodes"] = True
        self._transition = np.zeros(1, dtype=kernel.TRANSITION)

        self.changes: tuple[Change, ...] = ()
        self._planned = sorted(planned, key=lambda change: change.total_steps)
        self.keyframes: Spaced[Snapshot] = Spaced(
            min(MAX_KEYFRAMES, _MAX_BYTES // (2 * agent.q_values.nbytes))
        )
        self._evaluations: Spaced[_Evaluation] = Spaced(
            min(MAX_EVALUATIONS, _MAX_BYTES // agent.q_values.size)
        )
        self._optimal_evaluations = optimal_evaluations
        self._n_optimal = 0
        self.converged = False
        self._plan: Plan | None = None
        self._planned_for: float | None = None  # discount of the plan
        self._optimal_return: float | None = None
        self._gap: float | None = None
        self._settle()

    @property
    def episode(self) -> int:
        """Episodes completed."""
        return int(self._progress["episode"][0])

    @property
    def total_steps(self) -> int:
        """Steps taken."""
        return int(self._progress["total_steps"][0])

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.converged or self.episode >= self.num_episodes

    @property
    def last_update(self) -> Transition | None:
        """The latest update, None before the first."""
        return Transition(*self._transition[0].item()) if self.total_steps else None

    def advance(self, n_steps: int, last_episode: int) -> int:
        """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

        Returns:
            Steps taken.
        """
        begun = self.total_steps
        end = begun + n_steps
        while not self.ended and self.total_steps < end and self.episode < last_episode:
            self._settle()  # again, should the last time have been interrupted
            stop = min(end, self.keyframes.due)
            if self._planned:
                stop = min(stop, self._planned[0].total_steps)
            self._loop(stop - self.total_steps, min(last_episode, self._evaluations.due))
            self._settle()
        return self.total_steps - begun

    def compile(self) -> None:
        """Has the loop compiled, or loaded from its cache."""
        self._loop(0, self.num_episodes)

    def tune(self, name: str, value: float) -> None:
        """Changes a parameter from the next update on, and records the change."""
        setattr(self.agent, name, value)
        if name == "epsilon":
            self._progress["epsilon"] = value
        self.changes += (Change(self.total_steps, self.episode, name, value),)

    def analyse(self) -> None:
        """Compares with the exact answers; from then on snapshots tell them."""
        plan = self.plan()
        if plan is not None and self._optimal_return is None:
            optimal = np.eye(self.world.n_actions, dtype=np.bool_)[plan.policy]
            self._optimal_return = expected_return(self.world, optimal, self.max_steps)
        if plan is not None:
            q_values, discount = self.agent.q_values, self.agent.discount_factor
            self._gap = gap_to_optimal(self.world, q_values, discount, plan)
        for evaluation in self._evaluations:
            evaluation.evaluate(self.world, self.max_steps)

    def plan(self) -> Plan | None:
        """The optimal policy and values at the present discount; None if there are none."""
        discount = self.agent.discount_factor
        if discount != self._planned_for:
            self._planned_for, self._optimal_return, self._gap = discount, None, None
            try:
                self._plan = value_iteration(self.world, discount)
            except ValueError:  # rewards can be gathered for ever
                self._plan = None
        return self._plan

    def snapshot(self, status: Status) -> Snapshot:
        """The run at this instant; costs the same after a million episodes."""
        progress = self._progress[0]
        episode, step = int(progress["episode"]), int(progress["step"])
        steps = np.arange(max(0, step + 1 - kernel.TRAIL_LENGTH), step + 1)
        states = self._trail[steps % kernel.TRAIL_LENGTH]
        evaluated = [e for e in self._evaluations if e.expected_return is not None]
        current = self._planned_for == self.agent.discount_factor
        return Snapshot(
            status=status,
            layout=self._layout,
            episode=episode,
            num_episodes=self.num_episodes,
            step=step,
            total_steps=int(progress["total_steps"]),
            position=self.world.position(progress["state"]),
            trail=_read_only(np.stack(np.divmod(states, self.world.shape[1]), axis=1)),
            epsilon=float(progress["epsilon"]),
            learning_rate=self.agent.learning_rate,
            discount_factor=self.agent.discount_factor,
            q_values=_read_only(self.agent.q_values.copy()),
            visits=_read_only(self._visits.copy()),
            last_update=self.last_update,
            episode_returns=_read_only(self._records.returns[:episode]),
            episode_lengths=_read_only(self._records.lengths[:episode]),
            episode_successes=_read_only(self._records.successes[:episode]),
            evaluation_episodes=_read_only(np.array([e.episode for e in evaluated], np.int64)),
            evaluation_epsilons=_read_only(np.array([e.epsilon for e in evaluated], np.float64)),
            evaluation_returns=_read_only(
                np.array([e.expected_return for e in evaluated], np.float64)
            ),
            changes=self.changes,
            converged=self.converged,
            plan=self._plan if current else None,
            optimal_return=self._optimal_return if current else None,
            gap=self._gap if current else None,
        )

    def _settle(self) -> None:
        """Makes the changes and takes the records that are due."""
        while self._planned and self._planned[0].total_steps <= self.total_steps:
            change = self._planned.pop(0)
            self.tune(change.name, change.value)
        if self.episode == self._evaluations.due and self._progress["between_episodes"][0]:
            policy = best_actions(self.agent.q_values)
            epsilon = float(self._progress["epsilon"][0])
            self._evaluations.add(_Evaluation(self.episode, epsilon, policy))
            if self._optimal_evaluations:
                self._n_optimal = self._n_optimal + 1 if self._is_optimal(policy) else 0
                self.converged = self._n_optimal >= self._optimal_evaluations
        if self.total_steps == self.keyframes.due:
            self.keyframes.add(self.snapshot(Status.RUNNING))

    def _is_optimal(self, policy: NDArray[np.bool_]) -> bool:
        plan = self.plan()
        if plan is None:
            return False
        best = plan.q_values.max(axis=1, keepdims=True)
        near = plan.q_values >= best - _TOLERANCE * (1 + abs(best))
        if not stays_within(self.world, policy, near):
            return False
        discount = self.agent.discount_factor
        # At discount 1 an action may look as good as the best and yet lead round for ever.
        return discount < 1 or bool(
            gap_to_optimal(self.world, self.agent.q_values, discount, plan) <= _TOLERANCE
        )

    def _loop(self, n_steps: int, last_episode: int) -> None:
        rates = kernel.Rates(
            self.agent.learning_rate,
            self.agent.discount_factor,
            self.agent.epsilon_decay,
            self.agent.min_epsilon,
        )
        kernel.run(
            self._model,
            rates,
            self.agent.q_values,
            self._visits,
            self._trail,
            self._records,
            self._progress,
            self._transition,
            self.agent.np_random,
            self.np_random,
            n_steps,
            last_episode,
        )
        self.agent.epsilon = float(self._progress["epsilon"][0])


class _Evaluation:
    """The greedy policy after some episodes; what it earns is worked out when asked for."""

    def __init__(self, episode: int, epsilon: float, policy: NDArray[np.bool_]) -> None:
        self.episode = episode
        self.epsilon = epsilon
        self.policy = policy
        self.expected_return: float | None = None

    def evaluate(self, world: World, max_steps: int) -> None:
        if self.expected_return is None:
            self.expected_return = expected_return(world, self.policy, max_steps)


def _read_only(array: NDArray) -> NDArray:
    """A read-only view of an array."""
    view = array.view()
    view.setflags(write=False)
    return view
