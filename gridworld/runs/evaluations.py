"""`Evaluations`: the greedy policies of a run, and their exact expected returns."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.planning.evaluation import Evaluation
from gridworld.runs.arrays import read_only
from gridworld.runs.thinning import ThinnedRecords
from gridworld.worlds.world import World


class Evaluations(ThinnedRecords[Evaluation]):
    """Greedy policies after evenly spaced numbers of episodes, evaluated on request.

    Args:
        capacity: Most evaluations that are kept.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self._under_way: Evaluation | None = None
        self._arrays: dict[str, NDArray] | None = None  # None when out of date

    def add(self, record: Evaluation) -> None:
        """Adds the evaluation after ``due`` episodes."""
        self._arrays = None
        super().add(record)

    def compute(self, world: World, max_steps: int) -> Iterator[None]:
        """Works out the expected returns in pieces; that of the latest policy comes first.

        Args:
            world: The run's world.
            max_steps: Steps after which an episode is cut off.
        """
        self._arrays = None
        while True:
            if self._under_way is None:
                pending = [each for each in self if each.expected_return is None]
                if not pending:
                    return
                self._under_way = pending[-1]
            yield from self._under_way.evaluate(world, max_steps)
            self._under_way = None

    def arrays(self) -> dict[str, Any]:
        """The evaluations that are worked out, as the fields of a `gridworld.Snapshot`."""
        if self._arrays is None:
            done = [each for each in self if each.expected_return is not None]
            columns = {
                "evaluation_episodes": np.array([each.episode for each in done], np.int64),
                "evaluation_epsilons": np.array([each.epsilon for each in done], float),
                "evaluation_returns": np.array([each.expected_return for each in done], float),
            }
            self._arrays = {name: read_only(column) for name, column in columns.items()}
        return self._arrays
