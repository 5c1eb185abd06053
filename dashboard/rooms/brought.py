"""`Brought`: what the level that is chosen brings, its learner and its pace."""

from functools import cache
from typing import Any

from dashboard.rooms.learner import LearnerChoice
from dashboard.rooms.pace import Pace
from gridworld import LEVELS, GridWorldConfig

#: Parameters of the world that a level has besides its map.
_OF_LEVEL = (*GridWorldConfig.LEVEL_PARAMETERS, "slip")
#: What every other level sets too, by its map.
_SIZE = ("n_rows", "n_cols")


class Brought:
    """Keeps learner and pace in step with the level, as far as no person has set them.

    What is as one level brought it becomes what the next level brings: the algorithm, each
    parameter of the learner, and the pace. What is not was set by a person, and stays, as does
    the size of a map that is drawn. A map of one's own brings nothing.

    Args:
        world: Has the level.
        learner: The learner.
        pace: The pace.

    Attributes:
        level: Name of the level that was the last to bring something.
    """

    def __init__(self, world: GridWorldConfig, learner: LearnerChoice, pace: Pace) -> None:
        self._world, self._learner, self._pace = world, learner, pace
        self.level = str(world.level)
        self._size: dict[str, int] = {}  # of the map that is drawn, as a person set it
        world.param.watch(lambda *_: self._keep_size(), list(_SIZE))

    def _keep_size(self) -> None:
        if self.level == self._world.level == "random":
            self._size = {name: getattr(self._world, name) for name in _SIZE}

    def follow(self) -> None:
        """Brings what comes with the level that is chosen now."""
        before, level = self.level, str(self._world.level)
        if level == "custom":
            return
        self.level = level
        if level == "random" and self._size:
            self._world.param.update(**self._size)
        self._learner.move(before, level)
        if self._pace.is_at(LEVELS[before].speed):
            self._pace.set_speed(LEVELS[level].speed)

    def take_all(self) -> None:
        """Brings all of it, the rewards of the level too, whatever a person has set.

        A level that is in no book brings the defaults; a world of one's own stays as it is.
        """
        self.level = level = str(self._world.level)
        if level != "custom":
            self._world.param.update(**_world_of(level))
        self._learner.take(level)
        self._pace.set_speed(LEVELS[level].speed)

    def is_as_in_the_book(self) -> bool | None:
        """Whether world and learner are the textbook's; None for a level that is in no book."""
        level = str(self._world.level)
        if LEVELS[level].book is None:
            return None
        brought = _world_of(level).items()
        is_same = all(getattr(self._world, name) == value for name, value in brought)
        return is_same and self._learner.is_of(level)


@cache
def _world_of(level: str) -> dict[str, Any]:
    """Parameters of the world, the map left out, that a level has."""
    config = GridWorldConfig(level=level)
    return {name: getattr(config, name) for name in _OF_LEVEL}
