"""`Run`: everything that one training run has learned and recorded, and its next steps."""

import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, Literal

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.learning.agent import generator_of, rates_of
from gridworld.learning.algorithm import Algorithm
from gridworld.learning.config import LearningConfig
from gridworld.learning.draws import draws_of
from gridworld.learning.exploration import actions_of
from gridworld.learning.loop import Model, Rates
from gridworld.learning.recording import due
from gridworld.learning.records import Inside, Step
from gridworld.planning.analysis import Analysis, Findings
from gridworld.planning.evaluation import best_actions
from gridworld.runs.arrays import read_only
from gridworld.runs.evaluations import Evaluations
from gridworld.runs.history import fresh_recording, step_of, trail_of, update_of
from gridworld.runs.snapshot import Change, NewMap, Snapshot
from gridworld.runs.stages import Stage, n_outcomes_of, stage_at
from gridworld.runs.status import Status
from gridworld.runs.stepped import SteppedLoop
from gridworld.worlds.world import World

#: Most steps of one call of the loop, so that interrupts and other threads wait milliseconds.
_STEPS_A_CALL = 250_000
#: The same where an environment is stepped in Python.
_STEPS_A_STEPPED_CALL = 500
_SIDES: tuple[Literal["left"], Literal["right"]] = "left", "right"


class Run:
    """A training run: world, learner, generators, records, and history.

    Only `advance` trains. The result depends on the arguments and on the changes made by
    `tune`; the sizes of the steps do not matter. Interrupts between two calls of the loop do
    not matter either: the next call makes up for what was due, in this run or in a copy that was
    saved and loaded.

    Args:
        stages: The worlds that it takes place in, of the same states and actions.
        algorithm: The way to learn.
        config: The learner's settings; later changes to it do not change the run.
        seed: Seed from which both generators derive.
        max_steps: Steps after which an episode is cut off.
        scheduled: Changes to make during the run, when their number of steps is reached.
        analyses: The analyses of an earlier run of the same stages, if any.
        env: The environment to be stepped, where no world has its tables, or where the algorithm
            has no compiled loop.

    Attributes:
        stages: The worlds that it takes place in.
        agent: The readable agent, which shares ``memory`` with the loop; None if the algorithm
            has none.
        learner_random: The learner's generator.
        rates: The learner's parameters, as they are now.
        exploration: Key of the way to explore.
        in_effect: Names of the settings that matter.
        recording: What the loop writes beside what is learned.
        evaluations: Greedy policies after evenly spaced numbers of episodes.
        optimal_in_a_row: Episodes completed at the latest check of the greedy policy, and
            checks in a row up to it that found the policy optimal.
        changes: Changes of parameters made so far.
        analyses: What exact planning says about the run in each stage, as far as it is worked out.
        scheduled: Changes that are still to be made, in their order.
    """

    def __init__(
        self,
        stages: tuple[Stage, ...],
        algorithm: Algorithm,
        config: LearningConfig,
        seed: int,
        *,
        max_steps: int,
        scheduled: Iterable[Change] = (),
        analyses: Sequence[Analysis] = (),
        env: gymnasium.Env[Any, Any] | None = None,
    ) -> None:
        self.stages, self.algorithm, self.max_steps = stages, algorithm, max_steps
        worlds = [stage.world for stage in stages if stage.world is not None]
        self.num_episodes = int(config.num_episodes)
        self.optimal_evaluations = int(config.optimal_evaluations)
        self.exploration, self.in_effect = str(config.exploration), config.in_effect
        self._np_random = np.random.default_rng(seed)
        n_states, n_actions = stages[0].n_states, stages[0].n_actions
        self._memory = algorithm.memory(
            config, n_states, n_actions, max_steps, n_outcomes_of(stages)
        )
        self.agent = None
        if algorithm.agent is None:
            self.learner_random = generator_of(seed)
        else:
            self.agent = algorithm.agent(config, n_states, n_actions, seed)
            self.learner_random = self.agent.np_random
        self.rates = rates_of(config)
        self._initial_rates = self.rates
        self._ended: dict[int, tuple[int, int]] = {}
        self._models = [_model_of(world, max_steps) for world in worlds]
        self._stepped: SteppedLoop | None = None
        if env is not None and self.agent is not None:
            goal = worlds[0].goal if worlds else None
            self._stepped = SteppedLoop(env, self.agent, max_steps, seed, goal)
        self.recording = fresh_recording(self._memory.q_values, self.num_episodes)
        progress = self.progress
        if worlds:
            progress["state"] = self.recording.trail[0] = worlds[0].start_states[0]
        if self.agent is not None:
            self.agent.share(self._memory, self.recording.visits)
        progress["epsilon"] = config.first_epsilon
        progress["between_episodes"] = True
        self.evaluations = Evaluations(self.recording.policies)
        self.optimal_in_a_row = (0, 0)
        self.changes: tuple[Change, ...] = ()
        self.scheduled = tuple(sorted(scheduled, key=lambda change: change.total_steps))
        discount = self.rates.discount_factor
        self.analyses = [each.for_learner(self.q_values, discount) for each in analyses] or [
            Analysis(world, self.q_values, discount, max_steps) for world in worlds
        ]
        self._keep_first()
        self._catch_up()

    @property
    def stage(self) -> int:
        """Place of the present stage in `stages`."""
        return stage_at(self.stages, self.total_steps)

    @property
    def world(self) -> World | None:
        """The present world; None for an environment that is stepped itself."""
        return self.stages[self.stage].world

    @property
    def analysis(self) -> Analysis | None:
        """What exact planning says about the run in its present world; None without one."""
        return self.analyses[self.stage] if self.analyses else None

    @property
    def stepped(self) -> SteppedLoop | None:
        """Steps the environment itself; None where a world has its tables."""
        return self._stepped

    @property
    def memory(self) -> Any:
        """What the algorithm learns in."""
        # An agent that does not know how many outcomes there are makes more room by itself.
        return self.agent.memory if self._stepped and self.agent else self._memory

    @property
    def np_random(self) -> np.random.Generator:
        """The world's generator."""
        return self._stepped.np_random if self._stepped else self._np_random

    @property
    def world_generator_state(self) -> Any:
        """The state of the world's generator after the latest step of this run."""
        if self._stepped is not None:
            return self._stepped.generator_state
        return self._np_random.bit_generator.state

    @property
    def q_values(self) -> NDArray[np.float64]:
        """The Q-table, shape ``(S, A)``."""
        return self.memory.q_values  # type: ignore[no-any-return]

    @property
    def progress(self) -> NDArray:
        """Where the run stands, shape ``(1,)`` of `learning.recording.PROGRESS`."""
        return self.recording.progress

    @property
    def episode(self) -> int:
        """Episodes completed."""
        return int(self.progress["episode"][0])

    @property
    def total_steps(self) -> int:
        """Steps taken."""
        return int(self.progress["total_steps"][0])

    @property
    def longest_episode(self) -> int:
        """Steps that an episode has at most; those of a sweep where sweeps are episodes."""
        if self.algorithm.plans:
            return self._models[0].ongoing.size * self.stages[0].n_actions
        return self.max_steps

    @property
    def converged(self) -> bool:
        """Whether the run ends as nothing is left to be learned.

        Its greedy policy was optimal in enough evaluations, or planning has come to its end.
        """
        return 0 < self.optimal_evaluations <= self.optimal_in_a_row[1] or (
            self.algorithm.is_done(self.memory)
        )

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.converged or self.episode >= self.num_episodes

    @property
    def last_step(self) -> Step | None:
        """The latest step, None before the first."""
        return step_of(self.recording.step[0]) if self.total_steps else None

    def advance(self, n_steps: int, last_episode: int) -> int:
        """Trains for ``n_steps``, or until ``last_episode`` episodes are completed.

        Returns:
            Steps taken.
        """
        begun = self.total_steps
        end = begun + n_steps
        self._catch_up()  # an interrupt may have prevented it the last time
        while not self.ended and self.total_steps < end and self.episode < last_episode:
            most = _STEPS_A_STEPPED_CALL if self._stepped else _STEPS_A_CALL
            stop, last = min(end, self.total_steps + most), last_episode
            if self.scheduled:
                stop = min(stop, self.scheduled[0].total_steps)
            if self.stage + 1 < len(self.stages):
                stop = min(stop, self.stages[self.stage + 1].begins)
            if self.optimal_evaluations:
                last = min(last, due(self.recording.policies.thinning))
            self._loop(stop - self.total_steps, last)
            self._catch_up()
        return self.total_steps - begun

    def compile(self) -> None:
        """Compiles the loop, or loads it from its cache; nothing is done where none is needed."""
        self._loop(0, self.num_episodes)

    def begin_again(self, world_generator_state: Any) -> None:
        """Goes on, after all else has been restored, with this state of the world's generator."""
        if self._stepped is None:
            self._np_random.bit_generator.state = world_generator_state
        else:
            self._stepped.generator_state = world_generator_state
            self._stepped.has_begun = self.total_steps > 0

    def tune(self, name: str, value: float) -> None:
        """Changes a parameter from the next update on, and records the change."""
        self._catch_up()
        self._change(name, value, self.scheduled)

    def analyse(self, seconds: float) -> bool:
        """Compares the run with the exact answers, which snapshots then contain.

        Args:
            seconds: About how long it may take.

        Returns:
            Whether all work was done in that time.
        """
        if self.analysis is None:
            return True
        end = time.perf_counter() + seconds
        evaluating = self.evaluations.compute(self._world_after, self.max_steps)
        return all(time.perf_counter() < end for _ in chain(self.analysis.compute(), evaluating))

    def snapshot(self, status: Status) -> Snapshot:
        """The run at this instant; costs the same after a million episodes."""
        return Snapshot(
            **self._present(),
            **self.evaluations.columns(),
            status=status,
            converged=self.converged,
            **(self.analysis.findings if self.analysis else Findings())._asdict(),
        )

    def moment(self) -> Snapshot:
        """The run at this instant as a keyframe tells it, without what exact planning says."""
        return _kept(self._present())

    @property
    def keyframe_steps(self) -> range:
        """Steps that had been taken at each keyframe."""
        count, interval = self.recording.keyframes.thinning[0].item()
        return range(0, count * interval, interval)

    def keyframe(self, i: int) -> Snapshot:
        """The run as it was at the ``i``-th keyframe, without what exact planning says."""
        return self._keyframe(i, [change.total_steps for change in self.changes])

    def keyframes(self) -> Iterator[Snapshot]:
        """The run at evenly spaced numbers of steps."""
        made_at = [change.total_steps for change in self.changes]
        return (self._keyframe(i, made_at) for i in range(len(self.keyframe_steps)))

    def _keyframe(self, i: int, made_at: list[int]) -> Snapshot:
        kept, shape = self.recording.keyframes, self.q_values.shape
        changes = self.changes[: bisect_left(made_at, self.keyframe_steps[i])]
        rates = _changed(self._initial_rates, {change.name: change.value for change in changes})
        return _kept(
            self._moment(
                *(kept.progress[i], kept.steps[i], kept.updates[i], kept.trails[i]),
                *(kept.q_values[i].reshape(shape), kept.visits[i].reshape(shape), rates, changes),
            )
        )

    def _present(self) -> dict[str, Any]:
        """The fields of a snapshot of this instant that do not need planning."""
        now = self.recording
        fields = self._moment(
            *(now.progress[0], now.step[0], now.update[0], now.trail),
            *(self.q_values, now.visits, self.rates, self.changes),
        )
        return fields | {"inside": self.algorithm.inside(self.memory)}

    def _moment(
        self,
        progress: np.void,
        step: np.void,
        update: np.void,
        ring: NDArray[np.int64],
        q_values: NDArray[np.float64],
        visits: NDArray[np.int64],
        rates: Rates,
        changes: tuple[Change, ...],
    ) -> dict[str, Any]:
        """The fields of a snapshot that do not need planning."""
        state, of_episode, episode, total_steps, _, epsilon, _ = progress.item()
        stage = self.stages[stage_at(self.stages, total_steps)]
        n_cols, episodes = stage.n_cols, self.recording.episodes
        visited = [state] if self.algorithm.plans else trail_of(ring, of_episode)
        trail = np.empty((len(visited), 2), np.int64)
        np.divmod(visited, n_cols, trail[:, 0], trail[:, 1])
        return {
            "algorithm": self.algorithm.key,
            "layout": stage.layout,
            "moves": stage.moves,
            "new_maps": self._new_maps(total_steps),
            "max_steps": self.max_steps,
            "episode": episode,
            "num_episodes": self.num_episodes,
            "step": of_episode,
            "total_steps": total_steps,
            "position": divmod(state, n_cols),
            "trail": read_only(trail),
            "exploration": self.exploration,
            "epsilon": epsilon,
            "temperature": rates.temperature,
            "confidence": rates.confidence,
            "learning_rate": rates.learning_rate,
            "discount_factor": rates.discount_factor,
            "inside": None if self.algorithm.has_inside else Inside(),
            "q_values": read_only(q_values.copy()),
            "reachable": stage.reachable,
            "ongoing": stage.ongoing,
            "start_probability": stage.start_probability,
            "unplannable": stage.unplannable,
            "visits": read_only(visits.copy()),
            "last_step": step_of(step) if total_steps else None,
            "last_update": update_of(update),
            "episode_returns": read_only(episodes.returns[:episode]),
            "episode_lengths": read_only(episodes.lengths[:episode]),
            "episode_successes": read_only(episodes.successes[:episode]),
            "changes": changes,
        }

    def _new_maps(self, total_steps: int) -> tuple[NewMap, ...]:
        """The changes of the map within so many steps."""
        return tuple(
            NewMap(stage.begins, self._ended_by(stage)[1], before.layout)
            for before, stage in pairwise(self.stages)
            if stage.begins <= total_steps
        )

    def _world_after(self, episode: int) -> World:
        """The world that the run was in after so many episodes."""
        begun = [
            stage
            for stage in self.stages[1:]
            if stage.begins <= self.total_steps and self._ended_by(stage)[0] < episode
        ]
        world = self.stages[len(begun)].world
        assert world is not None
        return world

    def _ended_by(self, stage: Stage) -> tuple[int, int]:
        """Episodes that ended before the last step to a stage that has begun, and with it."""
        if stage.begins not in self._ended:
            ends = self.recording.episodes.lengths[: self.episode].cumsum()
            before, by = (int(np.searchsorted(ends, stage.begins, side)) for side in _SIDES)
            self._ended[stage.begins] = before, by
        return self._ended[stage.begins]

    def _keep_first(self) -> None:
        """Takes the keyframe and the policy from before the first step."""
        now, kept, policies = self.recording, self.recording.keyframes, self.recording.policies
        kept.q_values[0], kept.visits[0] = kept.present_q_values, kept.present_visits
        kept.trails[0], kept.progress[0] = now.trail, now.progress[0]
        kept.steps[0], kept.updates[0] = now.step[0], now.update[0]
        kept.thinning["count"] = 1
        policies.best[0] = best_actions(self.q_values).reshape(-1)
        policies.epsilons[0], policies.known[0] = self.progress["epsilon"][0], False
        policies.thinning["count"] = 1

    def _catch_up(self) -> None:
        """Does what is due between two calls of the loop."""
        if self.agent is not None:
            self.agent.epsilon = float(self.progress["epsilon"][0])
        is_evaluated = self.episode == self.evaluations.latest_episode
        if self.optimal_evaluations and is_evaluated and self.optimal_in_a_row[0] != self.episode:
            is_optimal = self.analysis is not None and self.analysis.is_optimal()
            n_optimal = self.optimal_in_a_row[1] + 1 if is_optimal else 0
            self.optimal_in_a_row = self.episode, n_optimal
        while self.scheduled and self.scheduled[0].total_steps <= self.total_steps:
            self._change(self.scheduled[0].name, self.scheduled[0].value, self.scheduled[1:])

    def _change(self, name: str, value: float, scheduled: tuple[Change, ...]) -> None:
        self.set_rates({name: value})
        changes = (*self.changes, Change(self.total_steps, self.episode, name, value))
        # Both in one statement, and last: after an earlier interrupt the change is made again.
        self.changes, self.scheduled = changes, scheduled

    def set_rates(self, values: dict[str, float]) -> None:
        """Sets parameters of the learner, without a record of it."""
        self.rates = _changed(self.rates, values)
        for analysis in self.analyses:
            analysis.discount_factor = self.rates.discount_factor
        self.progress["epsilon"] = values.get("epsilon", self.progress["epsilon"][0])
        if self.agent is not None:
            for name, value in values.items():
                setattr(self.agent, name, value)

    def _loop(self, n_steps: int, last_episode: int) -> None:
        if self._stepped is not None:
            self._stepped.run(self.recording, n_steps, last_episode)
            return
        self.algorithm.loop(
            self._models[self.stage],
            self.memory,
            self.rates,
            self.recording,
            draws_of(self.learner_random),
            draws_of(self.np_random),
            n_steps,
            last_episode,
        )


def _model_of(world: World, max_steps: int) -> Model:
    """What the loop needs of a world."""
    return Model(
        world.next_state,
        world.probability,
        world.cumulative,
        world.reward,
        world.terminated,
        world.goal,
        world.start_states,
        world.start_probability,
        world.start_cumulative,
        np.flatnonzero(world.ongoing),
        max_steps,
        actions_of(world.n_actions),
    )


def _changed(rates: Rates, values: dict[str, float]) -> Rates:
    """The parameters with other values; those that are none of them do not matter."""
    changed: dict[str, Any] = {name: values[name] for name in values if name in rates._fields}
    return rates._replace(**changed)


def _kept(fields: dict[str, Any]) -> Snapshot:
    """A snapshot of these fields, in mid-run and without what exact planning says."""
    return Snapshot(
        **fields,
        status=Status.RUNNING,
        evaluation_episodes=_NO_EPISODES,
        evaluation_epsilons=_NO_NUMBERS,
        evaluation_returns=_NO_NUMBERS,
        converged=False,
        **Findings()._asdict(),
    )


_NO_EPISODES = read_only(np.zeros(0, dtype=np.int64))
_NO_NUMBERS = read_only(np.zeros(0))
