"""`RunSpec`: all that a run is made from; `Held`: a run that can be brought back."""

from typing import Any, NamedTuple

from gridworld.algorithms.q_learning import QLearningConfig
from gridworld.learning.base import LearningConfig
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change, Status
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.maps import is_same_map


class RunSpec(NamedTuple):
    """All that a run is made from.

    Attributes:
        world: Parameters of the `GridWorldConfig`.
        learning: Parameters of the `QLearningConfig`.
        seed: Whole number from 0.
        scheduled: Changes of parameters to make during the run.
    """

    world: dict[str, Any]
    learning: dict[str, Any]
    seed: int
    scheduled: tuple[Change, ...]

    @classmethod
    def of(
        cls,
        world: GridWorldConfig,
        learning: LearningConfig,
        seed: int,
        scheduled: tuple[Change, ...],
    ) -> "RunSpec":
        """The spec that the configs describe now."""
        return cls(parameters_of(world), parameters_of(learning), seed, scheduled)

    @property
    def world_config(self) -> GridWorldConfig:
        """A new config of the world."""
        return GridWorldConfig(**self.world)

    @property
    def learning_config(self) -> QLearningConfig:
        """A new config of the learner."""
        return QLearningConfig(**self.learning)

    def makes_the_same_run_as(self, other: "RunSpec") -> bool:
        """Whether both make the same run; the names of their maps do not matter."""
        return _beside_the_map(self) == _beside_the_map(other) and is_same_map(
            self.world["layout"], other.world["layout"]
        )


class Held(NamedTuple):
    """A run and the settings beside it, for `Trainer.bring_back`.

    Attributes:
        run: The run itself, not a copy.
        origin: What it was made from.
        status: Its status.
        settings: What the next run would have been made from.
    """

    run: Run
    origin: RunSpec
    status: Status
    settings: RunSpec


def parameters_of(config: GridWorldConfig | LearningConfig) -> dict[str, Any]:
    """A config's parameters, of types that JSON can hold."""
    return {name: value for name, value in config.param.values().items() if name != "name"}


def _beside_the_map(spec: RunSpec) -> tuple[Any, ...]:
    of_the_map = GridWorldConfig.MAP_PARAMETERS
    world = {name: value for name, value in spec.world.items() if name not in of_the_map}
    world["wind"] = any(world["wind"]) and world["wind"]  # no wind equals a wind of zeros
    return world, spec.learning, spec.seed, spec.scheduled
