"""`Stage`: the world that a run takes place in from some step on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.runs.arrays import read_only
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env_config import EnvConfig, env_of_level
from gridworld.worlds.levels import LEVELS
from gridworld.worlds.world import World


class Stage(NamedTuple):
    """The world that a run takes place in, until the next stage begins.

    Attributes:
        begins: Steps of the whole run that were taken before.
        world: The world; None for an environment that is stepped itself.
        layout: Text of its map; empty without one.
        n_states, n_actions: Numbers of states and actions.
        reachable: Whether an episode can come to a state, as far as it is known, shape ``(S,)``.
        ongoing: Whether an episode can go on from it, as far as it is known, shape ``(S,)``.
        start_probability: How probable each start is, shape ``(S,)``; zeros if it is not known.
        unplannable: Why nothing can be planned, in a sentence; None if it can.
    """

    begins: int
    world: World | None
    layout: str
    n_states: int
    n_actions: int
    reachable: NDArray[np.bool_]
    ongoing: NDArray[np.bool_]
    start_probability: NDArray[np.float64]
    unplannable: str | None = None

    @classmethod
    def of(cls, world: World, layout: str = "", begins: int = 0) -> "Stage":
        """The stage of a world."""
        starts = np.zeros(world.n_states)
        np.add.at(starts, world.start_states, world.start_probability)
        sizes = world.n_states, world.n_actions
        return cls(begins, world, layout, *sizes, world.reachable, world.ongoing, read_only(starts))

    @classmethod
    def stepped(cls, n_states: int, n_actions: int, why: str | None) -> "Stage":
        """The stage of an environment that is stepped itself."""
        possible = read_only(np.ones(n_states, np.bool_))
        unknown = read_only(np.zeros(n_states))
        return cls(0, None, "", n_states, n_actions, possible, possible, unknown, why)

    @property
    def n_cols(self) -> int:
        """Columns of the map; all states where there is none."""
        return self.n_states if self.world is None else self.world.shape[1]

    @property
    def moves(self) -> NDArray[np.int64] | None:
        """Where the actions lead over the map; None if they are no moves."""
        return None if self.world is None else self.world.moves


def stages_of(config: GridWorldConfig | EnvConfig, plans: bool) -> tuple[Stage, ...]:
    """The stages of a run.

    Args:
        config: The world.
        plans: Whether nothing but planning is done in it: that takes no steps, and stays in the
            first stage.

    Raises:
        ValueError: If there is nothing to plan with.
    """
    if isinstance(config, EnvConfig):
        return (_stage_of_env(config, config.layout, plans),)
    env = LEVELS[config.level].env
    if env is not None:
        return (_stage_of_env(env_of_level(env), str(config.layout), plans),)
    first = Stage.of(World.from_config(config), str(config.layout))
    if plans or not config.later_layout:
        return (first,)
    later = World.from_config(config, later=True)
    return first, Stage.of(later, str(config.later_layout), int(config.change_after))


def _stage_of_env(config: EnvConfig, layout: str, plans: bool) -> Stage:
    if config.world is not None:
        return Stage.of(config.world, layout)
    if plans:
        raise ValueError(
            f"P must be a table of the outcomes to plan with, {config.name_of_env} cannot be "
            f"planned: {config.unplannable}"
        )
    spaces = config.spaces
    return Stage.stepped(spaces.states.n, spaces.n_actions, config.unplannable)


def n_outcomes_of(stages: tuple[Stage, ...]) -> int:
    """The most outcomes that an action can be seen to have in a run; 0 if it is not known."""
    return sum(stage.world.next_state.shape[2] for stage in stages if stage.world is not None)


def stage_at(stages: tuple[Stage, ...], total_steps: int) -> int:
    """The place of the stage that a run is in after so many steps."""
    return sum(stage.begins <= total_steps for stage in stages) - 1
