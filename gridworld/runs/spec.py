"""`RunSpec`: all that a run is made from; `Held`: a run that can be brought back."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import gymnasium
import param

from gridworld.algorithms import ALGORITHMS, algorithm_of
from gridworld.learning.config import LearningConfig
from gridworld.runs.run import Run
from gridworld.runs.snapshot import Change
from gridworld.runs.status import Status
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env_config import EnvConfig
from gridworld.worlds.environments import name_of
from gridworld.worlds.maps import format_layout, is_same_map, parse_layout


class RunSpec(NamedTuple):
    """All that a run is made from.

    Attributes:
        world: Parameters of the `GridWorldConfig`; of an `EnvConfig` its environment, too, as
            ``env``.
        algorithm: Key of the algorithm in `ALGORITHMS`.
        learning: Parameters of the algorithm's config.
        seed: Whole number from 0.
        scheduled: Changes of parameters to make during the run.
    """

    world: dict[str, Any]
    algorithm: str
    learning: dict[str, Any]
    seed: int
    scheduled: tuple[Change, ...]

    @classmethod
    def of(
        cls,
        world: GridWorldConfig | EnvConfig,
        learning: LearningConfig,
        seed: int,
        scheduled: tuple[Change, ...],
    ) -> "RunSpec":
        """The spec that the configs describe now.

        Raises:
            ValueError: If the learner's config belongs to no algorithm.
        """
        key = algorithm_of(learning).key
        return cls(parameters_of(world), key, parameters_of(learning), seed, scheduled)

    @property
    def env(self) -> gymnasium.Env[Any, Any] | None:
        """The environment that is the world; None for a grid world."""
        return self.world.get("env") if isinstance(self.world, dict) else None

    @property
    def world_config(self) -> Any:
        """A new config of the world."""
        return GridWorldConfig(**self.world) if self.env is None else EnvConfig(**self.world)

    @property
    def level(self) -> str:
        """The name of the level, or of the environment."""
        return str(self.world["level"]) if self.env is None else name_of(self.env)

    @property
    def learning_config(self) -> LearningConfig:
        """A new config of the learner."""
        return ALGORITHMS[self.algorithm].config(**self.learning)

    @property
    def first_q(self) -> float:
        """Value of every entry of the Q-table at the start of the run."""
        is_optimistic = self.learning["exploration"] == "optimistic"
        return float(self.learning["optimistic_q" if is_optimistic else "initial_q"])

    def makes_the_same_run_as(self, other: "RunSpec") -> bool:
        """Whether both make the same run; the names of their maps do not matter."""
        if not (self.env is other.env is None):
            return self == other
        return _beside_the_map(self) == _beside_the_map(other) and is_same_map(
            self.world["layout"], other.world["layout"]
        )

    def to_python(self, n_steps: int = 0, changes: Iterable[Change] = ()) -> str:
        """Python lines that make a trainer of this spec, and train it.

        With the steps that a run has taken and the changes that it has made, its Q-table comes
        out the same, bit for bit.

        Args:
            n_steps: Steps to train; with 0 no line for it is written.
            changes: Changes of parameters to make during these steps.
        """
        world, learning, changes = self.world_config, self.learning_config, list(changes)
        used = [type(learning).__name__, "Trainer"] + ["Change"] * bool(changes)
        if self.env is None:
            imported, made_of = [], _call(world, _world_arguments(world))
            used.append("GridWorldConfig")
        else:
            imported, made_of = ["import gymnasium"], _made(self.env)
        arguments = [
            made_of,
            _call(learning, _differing(learning, type(learning)())),
            f"seed={self.seed!r}",
        ]
        if changes:
            made = "".join(f"        {_plain_change(change)!r},\n" for change in changes)
            arguments.append(f"changes=[\n{made}    ]")
        lines = [
            *imported,
            f"from gridworld import {', '.join(sorted(used))}",
            "",
            "trainer = Trainer(",
            *(f"    {argument}," for argument in arguments),
            ")",
        ]
        if n_steps:
            lines.append(f"trainer.advance({n_steps})")
        return "\n".join(lines)


class Held(NamedTuple):
    """A run and the settings beside it, for `Trainer.bring_back`.

    Attributes:
        run: The run itself, not a copy.
        origin: The spec that it was made from.
        status: Its status.
        settings: The spec that the next run would have been made from.
    """

    run: Run
    origin: RunSpec
    status: Status
    settings: RunSpec


def parameters_of(config: GridWorldConfig | EnvConfig | LearningConfig) -> dict[str, Any]:
    """A config's parameters, of types that JSON can hold, but for an environment."""
    of_env = {"env": config.env} if isinstance(config, EnvConfig) else {}
    return of_env | {name: getattr(config, name) for name in _names(config)}


def _made(env: gymnasium.Env[Any, Any]) -> str:
    """Python that makes an environment again; ``env`` if Gymnasium does not know how."""
    if env.spec is None:
        return "env"
    options = "".join(f", {name}={value!r}" for name, value in env.spec.kwargs.items())
    return f"gymnasium.make({env.spec.id!r}{options})"


def _names(config: param.Parameterized) -> list[str]:
    return [name for name in config.param if name != "name"]


def _beside_the_map(spec: RunSpec) -> tuple[Any, ...]:
    of_the_map = GridWorldConfig.MAP_PARAMETERS
    world = {name: value for name, value in spec.world.items() if name not in of_the_map}
    world["wind"] = any(world["wind"]) and world["wind"]  # no wind equals a wind of zeros
    later = world["later_layout"]
    world["later_layout"] = later and format_layout(parse_layout(later))
    return world, spec.algorithm, spec.learning, spec.seed, spec.scheduled


def _world_arguments(config: GridWorldConfig) -> dict[str, Any]:
    """Arguments that make a world's config: its map, and the differences from its level."""
    drawn = GridWorldConfig.DRAWN_PARAMETERS
    given = {"random": ("level", *drawn), "custom": ("layout",)}.get(config.level, ("level",))
    arguments = {name: getattr(config, name) for name in given}
    differing = _differing(config, GridWorldConfig(**arguments))
    return arguments | {name: value for name, value in differing.items() if name not in drawn}


def _differing(config: param.Parameterized, other: param.Parameterized) -> dict[str, Any]:
    """Parameters of a config that differ from another one's."""
    return {
        name: getattr(config, name)
        for name in _names(config)  # in the order of the class
        if getattr(config, name) != getattr(other, name)
    }


def _call(config: param.Parameterized, arguments: dict[str, Any]) -> str:
    given = ", ".join(f"{name}={_plain(value)!r}" for name, value in arguments.items())
    return f"{type(config).__name__}({given})"


def _plain_change(change: Change) -> Change:
    return Change(*map(_plain, change))


def _plain(value: Any) -> Any:
    """A value of a Python type in place of a NumPy scalar, so that its repr is Python."""
    return value.item() if hasattr(value, "item") else value
