"""`Algorithm`: all that the rest of the code knows of one way to learn."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from gridworld.learning.agent import TabularAgent
from gridworld.learning.config import LearningConfig
from gridworld.learning.records import Inside


class Equation(NamedTuple):
    """One update as text, to be set as mathematics by whoever shows it.

    Attributes:
        rule: The update; ``max_a`` stands for a maximum over *a*, ``Q_1`` for *Q* with a 1 below.
        next_value: What *S′* counts in the target.
        meaning: The same in words, to follow "S′ is not terminal: ".
        reference: Where it stands in the literature.
    """

    rule: str
    next_value: str
    meaning: str
    reference: str


class Memory(Protocol):
    """What an algorithm learns in: a named tuple of arrays, and of numbers that stay.

    All arrays are saved with a run, and restored to the last bit; numbers are made from the config
    again.
    """

    @property
    def q_values(self) -> NDArray:
        """The Q-table, shape ``(S, A)``, float64."""

    def _asdict(self) -> dict[str, Any]:
        """The arrays and numbers by name."""


def accept(memory: Any, step: int) -> None:
    """A check for memories that hold nothing but finite numbers."""


def show_nothing(memory: Any) -> Inside:
    """What is to be seen in a memory that holds nothing but values."""
    return Inside()


def never(memory: Any) -> bool:
    """Whether all is learned, for algorithms that cannot tell."""
    return False


@dataclass(frozen=True)
class Algorithm:
    """One way to learn: the readable agent, the compiled loop, and what is to be said of it.

    Agent and loop do the same, to the last bit. An algorithm with control flow of its own may
    have no agent, and brings a loop of its own; see `gridworld.learning.loop.compiled_loop` for
    its arguments.

    Attributes:
        key: Its name in files, in links and on the command line.
        title: Its name for people.
        config: Class of its settings; each algorithm has its own, so that it tells them apart.
        agent: Class of its readable agent; None for one that plans: a step is then one backup, an
            episode one sweep over all states, and its return what the start is worth.
        memory: Makes the memory at the start of a run, from the config, the numbers of states
            and actions, the steps after which an episode is cut off, and the most outcomes of an
            action; 0 for what is not known.
        loop: Trains many steps in one call; compiled. None for an agent that is stepped in Python.
        equation: Its update.
        is_on_policy: Whether it learns the values of what it does, exploring included.
        bootstraps: Whether its targets contain values of the Q-table, so that a truncated
            step counts otherwise than a terminated one.
        check: Raises ValueError if a memory from a file cannot be; gets the memory, with
            arrays of the right types and shapes, and the steps of the episode under way; 0
            between two episodes.
        inside: What is to be seen in a memory beside the values.
        is_done: Whether a memory says that there is nothing left to be learned.
    """

    key: str
    title: str
    config: type[LearningConfig]
    agent: type[TabularAgent] | None
    memory: Callable[[Any, int, int, int, int], Any]
    loop: Any
    equation: Equation
    is_on_policy: bool
    bootstraps: bool = True
    check: Callable[[Any, int], None] = accept
    inside: Callable[[Any], Inside] = show_nothing
    is_done: Callable[[Any], bool] = never

    @property
    def has_inside(self) -> bool:
        """Whether there is something to be seen in its memory beside the values."""
        return self.inside is not show_nothing

    @cached_property
    def fields_inside(self) -> frozenset[str]:
        """Fields of `Inside` that it has something for."""
        inside = self.inside(self.memory(self.config(), 1, 1, 1, 1))
        return frozenset(name for name, value in inside._asdict().items() if value is not None)

    @property
    def plans(self) -> bool:
        """Whether it works the values out from the world's tables, without an agent in it."""
        return self.agent is None
