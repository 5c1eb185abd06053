"""`Origin`: what a run was made from; `Held`: a run that can be brought back."""

from typing import Any, NamedTuple

from gridworld.algorithms.q_learning import QLearningConfig
from gridworld.learning.base import LearningConfig
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change, Status
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.maps import is_same_map

#: Parameters of a world that make its map; the cells alone tell whether it is another one.
_OF_THE_MAP = ("level", "n_rows", "n_cols", "wall_density", "map_seed", "layout")


class Origin(NamedTuple):
    """What a run was made from.

    Attributes:
        world: Parameters of the `GridWorldConfig`.
        learning: Parameters of the `QLearningConfig`.
        seed: Whole number from 0.
        scheduled: Changes of parameters to make on the way.
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
    ) -> "Origin":
        """What the configs tell at this time."""
        return cls(parameters_of(world), parameters_of(learning), seed, scheduled)

    @property
    def world_config(self) -> GridWorldConfig:
        """The world, as a new config."""
        return GridWorldConfig(**self.world)

    @property
    def learning_config(self) -> QLearningConfig:
        """The learner, as a new config."""
        return QLearningConfig(**self.learning)

    def makes_the_same_run_as(self, other: "Origin") -> bool:
        """Whether both make the same run, whatever their maps are called."""
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
    origin: Origin
    status: Status
    settings: Origin


def parameters_of(config: GridWorldConfig | LearningConfig) -> dict[str, Any]:
    """A config's parameters, as JSON has them."""
    return {name: value for name, value in config.param.values().items() if name != "name"}


def _beside_the_map(origin: Origin) -> tuple[Any, ...]:
    world = {name: value for name, value in origin.world.items() if name not in _OF_THE_MAP}
    world["wind"] = any(world["wind"]) and world["wind"]  # none is as good as calm
    return world, origin.learning, origin.seed, origin.scheduled
