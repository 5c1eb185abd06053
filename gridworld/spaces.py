"""`Encoding`: observations of a space as numbers from 0 on; `Spaces` of an environment."""

from collections.abc import Callable
from functools import partial
from math import prod
from operator import index
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

#: Most states of an environment: tables have a row for each.
MAX_STATES = 1_000_000


class Encoding:
    """The members of a finite space in an order: the last part of an observation changes fastest.

    Args:
        space: A space of type `Discrete`, `MultiDiscrete`, `MultiBinary`, or `Tuple` of these.
        name: What the space is called in errors.

    Attributes:
        space: The space.
        sizes: Numbers of values of each part of an observation, shape ``(D,)``.
        firsts: Their lowest values, shape ``(D,)``.
        n: Number of members.

    Raises:
        ValueError: If the space is of another type, or has more than `MAX_STATES` members.
    """

    def __init__(self, space: spaces.Space[Any], name: str = "observation_space") -> None:
        parts = list(_parts(space, space, name))
        self.space, self._name = space, name
        self.sizes = np.array([size for size, _ in parts], np.int64)
        self.firsts = np.array([first for _, first in parts], np.int64)
        self.n = prod(self.sizes.tolist())
        if self.n > MAX_STATES:
            raise ValueError(f"{name} must have at most {MAX_STATES:,} members, got {self.n:,}")

    def number_of(self, observation: Any) -> int:
        """The number of an observation.

        Raises:
            ValueError: If it is none of the space.
        """
        try:
            values = np.array(list(_values(self.space, observation)), np.int64) - self.firsts
            is_inside = len(values) == len(self.sizes)
        except (TypeError, ValueError, OverflowError):
            is_inside = False
        if not is_inside or (values < 0).any() or (values >= self.sizes).any():
            raise ValueError(f"observation must be one of {self.space}, got {observation!r}")
        return int(np.ravel_multi_index(tuple(values), tuple(self.sizes)))

    def observation_of(self, number: int) -> Any:
        """The observation of a number, of the type that the space has."""
        places = np.unravel_index(number, tuple(self.sizes))
        values = [int(place) + first for place, first in zip(places, self.firsts, strict=True)]
        return _made(self.space, iter(values).__next__)


class Spaces(NamedTuple):
    """The spaces of an environment, counted from 0.

    Attributes:
        states: Its observations.
        n_actions: Number of actions.
        first_action: Number of the first action in the environment.
    """

    states: Encoding
    n_actions: int
    first_action: int

    @classmethod
    def of(cls, env: gymnasium.Env[Any, Any]) -> "Spaces":
        """Those of an environment.

        Raises:
            ValueError: If a space is of a type that no table can have.
        """
        actions = env.action_space
        if not isinstance(actions, spaces.Discrete):
            raise ValueError(f"action_space must be of type Discrete, got {actions!r}")
        return cls(Encoding(env.observation_space), int(actions.n), int(actions.start))


def _parts(
    space: spaces.Space[Any], whole: spaces.Space[Any], name: str
) -> "list[tuple[int, int]]":
    """Number of values and lowest value of each part of an observation."""
    match space:
        case spaces.Discrete():
            return [(int(space.n), int(space.start))]
        case spaces.MultiDiscrete():
            starts = np.broadcast_to(space.start, space.nvec.shape)
            return list(zip(space.nvec.ravel().tolist(), starts.ravel().tolist(), strict=True))
        case spaces.MultiBinary():
            return [(2, 0)] * prod(space.shape)
        case spaces.Tuple():
            return [part for inner in space.spaces for part in _parts(inner, whole, name)]
    raise ValueError(
        f"{name} must be of type Discrete, MultiDiscrete, MultiBinary or a Tuple of these, "
        f"got {whole!r}"
    )


def _values(space: spaces.Space[Any], observation: Any) -> list[int]:
    """The parts of an observation, one after the other."""
    if isinstance(space, spaces.Tuple):
        pairs = zip(space.spaces, observation, strict=True)
        return [value for inner, part in pairs for value in _values(inner, part)]
    if isinstance(space, spaces.Discrete):
        return [index(observation)]
    array: NDArray[Any] = np.asarray(observation)
    if array.shape != space.shape or array.dtype.kind not in "iub":
        raise ValueError
    return [int(value) for value in array.ravel().tolist()]


def _made(space: spaces.Space[Any], following: Callable[[], int]) -> Any:
    """An observation from its parts."""
    if isinstance(space, spaces.Tuple):
        return tuple(map(partial(_made, following=following), space.spaces))
    if isinstance(space, spaces.Discrete):
        return space.dtype.type(following())  # type: ignore[union-attr]
    shape: Any = space.shape
    flat = [following() for _ in range(prod(shape))]
    return np.array(flat, space.dtype).reshape(shape)
