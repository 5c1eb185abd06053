"""`Evaluations`: exact expected returns of the greedy policies of a run."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridworld.learning.recording import Policies
from gridworld.planning.evaluation import Followed, following
from gridworld.planning.resumable import Resumable
from gridworld.runs.arrays import read_only
from gridworld.worlds.world import World


class Evaluations:
    """Exact expected returns of the greedy policies of a run, worked out on request.

    Args:
        policies: The policies; what is worked out is written there.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._under_way: tuple[int, Resumable[Followed]] | None = None
        self._columns: dict[str, NDArray] = {}
        self._columns_of: tuple[int, ...] = ()  # what they were made of

    def __len__(self) -> int:
        return int(self._policies.thinning["count"][0])

    @property
    def interval(self) -> int:
        """Episodes between two evaluations."""
        return int(self._policies.thinning["interval"][0])

    @property
    def latest_episode(self) -> int:
        """Episodes completed at the latest evaluation."""
        return (len(self) - 1) * self.interval

    def compute(self, world_after: Callable[[int], World], max_steps: int) -> Iterator[None]:
        """Works out the expected returns in pieces; that of the latest policy comes first.

        Args:
            world_after: The world that the run was in after so many episodes.
            max_steps: Steps after which an episode is cut off.
        """
        while True:
            if self._under_way is None:
                pending = np.flatnonzero(~self._policies.known[: len(self)])
                if not pending.size:
                    return
                episode = int(pending[-1]) * self.interval
                world = world_after(episode)
                shape = world.n_states, world.n_actions
                policy = self._policies.best[pending[-1]].copy().reshape(shape)
                self._under_way = episode, Resumable(partial(following, world, policy, max_steps))
            episode, work = self._under_way
            yield from work
            # The policies may have been thinned out in the meantime.
            place, odd = divmod(episode, self.interval)
            if not odd:
                self._policies.returns[place] = work.result().expected_return
                self._policies.known[place] = True
            self._under_way = None

    def columns(self) -> dict[str, Any]:
        """The evaluations that are worked out, as the fields of a `gridworld.Snapshot`."""
        known = self._policies.known[: len(self)]
        made_of = (len(self), self.interval, int(known.sum()))
        if made_of != self._columns_of:
            places = np.flatnonzero(known)
            columns = {
                "evaluation_episodes": places * self.interval,
                "evaluation_epsilons": self._policies.epsilons[places],
                "evaluation_returns": self._policies.returns[places],
            }
            self._columns = {name: read_only(column) for name, column in columns.items()}
            self._columns_of = made_of
        return self._columns
