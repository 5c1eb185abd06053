"""`EnvConfig`: an environment of another maker as a world to learn in."""

from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import gymnasium
import numpy as np
import param

from gridworld.parameters import Whole
from gridworld.spaces import Spaces
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env import GridWorldEnv
from gridworld.worlds.environments import disagreement, has_table, name_of
from gridworld.worlds.levels import LEVELS, NO_LIMIT, WITHOUT_MAP, Level
from gridworld.worlds.maps import MAX_SIZE, MIN_SIZE, Cell, format_layout
from gridworld.worlds.world import World


class _Found(NamedTuple):
    """What is known of an environment: the world of its table, and how it differs from that."""

    table: World | None
    disagreement: str | None


#: What is known of each environment. It is looked at once: that resets it and steps it.
_found: "WeakKeyDictionary[gymnasium.Env[Any, Any], _Found]" = WeakKeyDictionary()


def _looked_at(env: gymnasium.Env[Any, Any]) -> _Found:
    if env not in _found:
        table = World.from_env(env) if has_table(env) else None
        _found[env] = _Found(table, None if table is None else disagreement(env, table))
    return _found[env]


class EnvConfig(param.Parameterized):
    """A world that is a Gymnasium environment: discrete actions, observations that are counted.

    Where it has a table ``P`` that tells the truth, as a few thousand steps show, its world is
    that of the table. Where it has none, or steps come out otherwise, it is stepped itself.

    Args:
        env: The environment, with its wrappers. Its observations are `Discrete`,
            `MultiDiscrete`, `MultiBinary` or a `Tuple` of these.
        **params: Parameters.

    Attributes:
        env: The environment. It is reset and stepped when it is first looked at.
        name_of_env: Its name in Gymnasium's registry, or that of its class.

    Raises:
        ValueError: If a space is of another type.
    """

    max_steps = Whole(
        default=NO_LIMIT,
        bounds=(1, 10_000_000),
        label="Maximum steps",
        doc="Steps after which an episode is cut off (truncated): the environment's own limit, if "
        "it has one.",
    )

    def __init__(self, env: gymnasium.Env[Any, Any], **params: Any) -> None:
        limit = None if env.spec is None else env.spec.max_episode_steps
        super().__init__(**({"max_steps": limit or NO_LIMIT} | params))
        self.env, self.name_of_env = env, name_of(env)
        self.spaces = Spaces.of(env)

    @property
    def disagreement(self) -> str | None:
        """How the environment differs from its table, in a sentence; None if nothing shows."""
        return _looked_at(self.env).disagreement

    @property
    def world(self) -> World | None:
        """The world of its table; None where there is none that tells the truth."""
        found = _looked_at(self.env)
        return None if found.disagreement else found.table

    @property
    def unplannable(self) -> str | None:
        """Why nothing can be planned, in a sentence; None if it can."""
        if self.world is not None:
            return None
        return self.disagreement or "It has no table of its outcomes."

    @cached_property
    def layout(self) -> str:
        """Text of the map that the states are cells of; empty without one."""
        return "" if self.world is None else map_of(self.world)

    def copy_from(self, other: "EnvConfig") -> None:
        """Sets all parameters to those of another config of the same environment."""
        self.param.update(max_steps=other.max_steps)


@lru_cache(maxsize=16)
def env_of_level(name: str) -> EnvConfig:
    """The environment of a level, by its name in Gymnasium's registry."""
    return EnvConfig(gymnasium.make(name))


def add_environment(name: str) -> None:
    """Makes an environment a level: it can be chosen on the page, in links and in files.

    No other environment can be had there. One that is a level already stays as it is.

    Args:
        name: Its name in Gymnasium's registry. The module in ``module:Name`` is imported.

    Raises:
        ValueError: If there is none, or its observations or actions cannot be counted.
    """
    if name in LEVELS:
        return
    LEVELS[name] = WITHOUT_MAP[name] if name in WITHOUT_MAP else _level_of(name)
    GridWorldConfig.param.level.objects = {level.title: key for key, level in LEVELS.items()}


def _level_of(name: str) -> Level:
    """The level of an environment in Gymnasium's registry."""
    try:
        known = env_of_level(name)
    except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
        raise ValueError(f"environment {name!r} cannot be had: {error}") from None
    told = "" if known.unplannable is None else f" {known.unplannable}"
    limit = {"max_steps": int(known.max_steps)}
    return Level(name, f"An environment of Gymnasium.{told}", known.layout, limit, env=name)


def map_of(world: World) -> str:
    """The map of a world whose states are its cells, as text; empty if they are not.

    Goals are cells in which an episode that ends is a success, pits all others in which one ends.
    A cell to which no way leads is a wall.
    """
    sizes_fit = all(MIN_SIZE <= size <= MAX_SIZE for size in world.shape)
    if world.moves is None or not sizes_fit or not world.goal.any():
        return ""
    kinds = np.full(world.n_states, Cell.FREE)
    kinds[~world.reachable] = Cell.WALL
    kinds[world.terminal] = Cell.PIT
    kinds[world.goal] = Cell.GOAL
    kinds[world.start_states] = Cell.START
    return format_layout(kinds.reshape(world.shape))


def config_of(world: GridWorldConfig | EnvConfig | gymnasium.Env | None) -> Any:
    """The config of a world.

    Args:
        world: A config; None for the easy level; or an environment. One that is a level, or this
            package's own, gives the config of that.

    Raises:
        ValueError: If it is an environment with a space that cannot be counted.
        TypeError: If it is something else.
    """
    if world is None:
        return GridWorldConfig()
    if isinstance(world, GridWorldConfig | EnvConfig):
        return world
    if not isinstance(world, gymnasium.Env):
        kind = type(world).__name__
        raise TypeError(f"world must be a GridWorldConfig or a Gymnasium environment, got {kind}")
    inner, spec = world.unwrapped, world.spec
    if isinstance(inner, GridWorldEnv) and not _is_wrapped(world):
        return inner.config
    if spec is not None and spec.id in LEVELS and spec == gymnasium.make(spec.id).spec:
        return GridWorldConfig(level=spec.id)
    return EnvConfig(world)


def _is_wrapped(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether an environment has a wrapper that may change what happens."""
    harmless = gymnasium.wrappers.OrderEnforcing, gymnasium.wrappers.PassiveEnvChecker
    while isinstance(env, gymnasium.Wrapper):
        if not isinstance(env, harmless):
            return True
        env = env.env
    return False
