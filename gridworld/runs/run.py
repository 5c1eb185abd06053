"""`Run`: everything that one training run has learned and recorded, and its next steps."""

import time
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from gridworld.algorithms.q_learning import QLearningAgent
from gridworld.learning import loop
from gridworld.learning.draws import Draws
from gridworld.learning.records import Transition
from gridworld.planning.analysis import Analysis, Findings
from gridworld.planning.evaluation import Evaluation, best_actions
from gridworld.runs.arrays import lazy_zeros, read_only
from gridworld.runs.evaluations import Evaluations
from gridworld.runs.snapshot import Change, Snapshot
from gridworld.runs.status import Status
from gridworld.runs.thinning import ThinnedRecords
from gridworld.worlds.world import World

#: Most keyframes that a run keeps; on large maps fewer, see `_MAX_BYTES`.
MAX_KEYFRAMES = 200
#: Most evaluations that a run keeps; on large maps fewer, see `_MAX_BYTES`.
MAX_EVALUATIONS = 200
#: Most bytes of all keyframes, and of all evaluations.
_MAX_BYTES = 32_000_000


class Run:
    """A training run: world, agent, generators, records, and history.

    Only `advance` trains. The result depends on the arguments and on the changes made by
    `tune`; the sizes of the steps do not matter. Interrupts between two calls of the loop do
    not matter either: the next call makes up for records and changes that were due.

    Args:
        world: The world.
        agent: The untrained agent.
        np_random: The world's generator.
        layout: Text of the map.
        num_episodes: Episodes of the whole run.
        max_steps: Steps after which an episode is cut off.
        optimal_evaluations: Evaluations in a row that must find the greedy policy optimal
            for the run to end; 0 for never.
        scheduled: Changes to make during the run, when their number of steps is reached.
        analysis: The analysis of an earlier run in this world, if any.

    Attributes:
        visits: Updates of each state and action, shape ``(S, A)``.
        trail, records, progress, transition: Arrays that the loop writes; see `loop.run`.
        keyframes: Snapshots at evenly spaced numbers of steps, without exact answers.
        evaluations: Greedy policies after evenly spaced numbers of episodes.
        changes: Changes of parameters made so far.
        analysis: What exact planning says about the run, as far as it is worked out.
        scheduled: Changes that are still to be made, in their order.
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
        scheduled: Iterable[Change] = (),
        analysis: Analysis | None = None,
    ) -> None:
        self.world, self.agent, self.np_random = world, agent, np_random
        self.num_episodes, self.max_steps = num_episodes, max_steps
        self.layout = layout
        self._model = loop.Model(
            world.next_state,
            world.cumulative,
            world.reward,
            world.terminated,
            world.goal,
            world.start_states,
            world.start_cumulative,
            max_steps,
        )
        self.visits = np.zeros_like(agent.q_values, dtype=np.int64)
        self.trail = np.zeros(loop.TRAIL_LENGTH, dtype=np.int64)
        self.records = loop.Records(
            lazy_zeros(num_episodes, np.float64),
            lazy_zeros(num_episodes, np.int64),
            lazy_zeros(num_episodes, np.bool_),
        )
        self.progress = np.zeros(1, dtype=loop.PROGRESS)
        self.progress["state"] = self.trail[0] = world.start_states[0]
        self.progress["epsilon"] = agent.epsilon
        self.progress["between_episodes"] = True
        self.transition = np.zeros(1, dtype=loop.TRANSITION)

        self.changes: tuple[Change, ...] = ()
        self.scheduled = tuple(sorted(scheduled, key=lambda change: change.total_steps))
        self.keyframes: ThinnedRecords[Snapshot] = ThinnedRecords(
            min(MAX_KEYFRAMES, _MAX_BYTES // (2 * agent.q_values.nbytes))
        )
        self.evaluations = Evaluations(min(MAX_EVALUATIONS, _MAX_BYTES // agent.q_values.size))
        self.optimal_evaluations = optimal_evaluations
        self.analysis = (
            analysis.for_learner(agent) if analysis else Analysis(world, agent, max_steps)
        )
        self.record_due()

    @property
    def episode(self) -> int:
        """Episodes completed."""
        return int(self.progress["episode"][0])

    @property
    def total_steps(self) -> int:
        """Steps taken."""
        return int(self.progress["total_steps"][0])

    @property
    def converged(self) -> bool:
        """Whether the greedy policy was optimal in enough evaluations to end the run."""
        latest = self.evaluations.latest
        wanted = self.optimal_evaluations
        return 0 < wanted <= (latest.n_optimal if latest else 0)

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.converged or self.episode >= self.num_episodes

    @property
    def last_update(self) -> Transition | None:
        """The latest update, None before the first."""
        return Transition(*self.transition[0].item()) if self.total_steps else None

    def advance(self, n_steps: int, last_episode: int) -> int:
        """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

        Returns:
            Steps taken.
        """
        begun = self.total_steps
        end = begun + n_steps
        self.record_due()  # an interrupt may have prevented it the last time
        while not self.ended and self.total_steps < end and self.episode < last_episode:
            stop = min(end, self.keyframes.due)
            if self.scheduled:
                stop = min(stop, self.scheduled[0].total_steps)
            self._loop(stop - self.total_steps, min(last_episode, self.evaluations.due))
            self.record_due()
        return self.total_steps - begun

    def compile(self) -> None:
        """Compiles the loop, or loads it from its cache."""
        self._loop(0, self.num_episodes)

    def tune(self, name: str, value: float) -> None:
        """Changes a parameter from the next update on, and records the change."""
        self.record_due()  # a keyframe that is due must not show the change
        self._change(name, value, self.scheduled)

    def analyse(self, seconds: float) -> bool:
        """Compares the run with the exact answers, which snapshots then contain.

        Args:
            seconds: About how long it may take.

        Returns:
            Whether all work was done in that time.
        """
        end = time.perf_counter() + seconds
        evaluating = self.evaluations.compute(self.world, self.max_steps)
        return all(time.perf_counter() < end for _ in chain(self.analysis.compute(), evaluating))

    def snapshot(self, status: Status) -> Snapshot:
        """The run at this instant; costs the same after a million episodes."""
        return Snapshot(
            **self._present(status),
            **self.evaluations.arrays(),
            converged=self.converged,
            **self.analysis.findings._asdict(),
        )

    def frame(self, status: Status) -> Snapshot:
        """The run at this instant, without what exact planning says about it."""
        return Snapshot(
            **self._present(status),
            evaluation_episodes=_NO_EPISODES,
            evaluation_epsilons=_NO_NUMBERS,
            evaluation_returns=_NO_NUMBERS,
            converged=False,
            **Findings()._asdict(),
        )

    def _present(self, status: Status) -> dict[str, Any]:
        """The fields of a snapshot that do not need planning."""
        state, step, episode, total_steps, _, epsilon, _ = self.progress[0].item()
        n_cols = self.world.shape[1]
        steps = np.arange(max(0, step + 1 - loop.TRAIL_LENGTH), step + 1)
        trail = np.empty((len(steps), 2), dtype=np.int64)
        np.divmod(self.trail[steps % loop.TRAIL_LENGTH], n_cols, trail[:, 0], trail[:, 1])
        return {
            "status": status,
            "layout": self.layout,
            "max_steps": self.max_steps,
            "episode": episode,
            "num_episodes": self.num_episodes,
            "step": step,
            "total_steps": total_steps,
            "position": divmod(state, n_cols),
            "trail": read_only(trail),
            "epsilon": epsilon,
            "learning_rate": self.agent.learning_rate,
            "discount_factor": self.agent.discount_factor,
            "q_values": read_only(self.agent.q_values.copy()),
            "reachable": self.world.reachable,
            "visits": read_only(self.visits.copy()),
            "last_update": self.last_update,
            "episode_returns": read_only(self.records.returns[:episode]),
            "episode_lengths": read_only(self.records.lengths[:episode]),
            "episode_successes": read_only(self.records.successes[:episode]),
            "changes": self.changes,
        }

    def record_due(self) -> None:
        """Takes the keyframes and evaluations that are due, and makes the changes that are."""
        self.agent.epsilon = float(self.progress["epsilon"][0])
        if self.total_steps == self.keyframes.due:
            self.keyframes.add(self.frame(Status.RUNNING))
        if self.episode == self.evaluations.due and self.progress["between_episodes"][0]:
            self.evaluations.add(self._evaluation())
        while self.scheduled and self.scheduled[0].total_steps <= self.total_steps:
            self._change(self.scheduled[0].name, self.scheduled[0].value, self.scheduled[1:])

    def _change(self, name: str, value: float, scheduled: tuple[Change, ...]) -> None:
        setattr(self.agent, name, value)
        if name == "epsilon":
            self.progress["epsilon"] = value
        changes = (*self.changes, Change(self.total_steps, self.episode, name, value))
        # Both in one statement, and last: after an earlier interrupt the change is made again.
        self.changes, self.scheduled = changes, scheduled

    def _evaluation(self) -> Evaluation:
        n_optimal = 0
        if self.optimal_evaluations and self.episode and self.analysis.is_optimal():
            latest = self.evaluations.latest
            n_optimal = 1 + (latest.n_optimal if latest else 0)
        policy = best_actions(self.agent.q_values)
        return Evaluation(self.episode, self.agent.epsilon, policy, n_optimal)

    def _loop(self, n_steps: int, last_episode: int) -> None:
        rates = loop.Rates(
            self.agent.learning_rate,
            self.agent.discount_factor,
            self.agent.epsilon_decay,
            self.agent.min_epsilon,
        )
        loop.run(
            self._model,
            rates,
            self.agent.q_values,
            self.visits,
            self.trail,
            self.records,
            self.progress,
            self.transition,
            Draws.of(self.agent.np_random),
            Draws.of(self.np_random),
            n_steps,
            last_episode,
        )


_NO_EPISODES = read_only(np.zeros(0, dtype=np.int64))
_NO_NUMBERS = read_only(np.zeros(0))
