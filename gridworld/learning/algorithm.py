"""`Algorithm`: all that the rest of the code knows of one way to learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from gridworld.learning.agent import TabularAgent
from gridworld.learning.config import LearningConfig


class Equation(NamedTuple):
    """One update as text, to be set as mathematics by whoever shows it.

    Attributes:
        rule: The update; ``max_a`` stands for a maximum over *a*.
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


def accept(memory: Any, between_episodes: bool) -> None:
    """A check for memories that hold nothing but finite numbers."""


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
        agent: Class of its readable agent; None for one that plans.
        memory: Makes the memory at the start of a run, from the config, the numbers of states
            and actions, and the steps after which an episode is cut off; 0 if it is not known.
        loop: Trains many steps in one call; compiled.
        equation: Its update.
        bootstraps: Whether its targets contain values of the Q-table, so that a truncated
            step counts otherwise than a terminated one.
        check: Raises ValueError if a memory from a file cannot be; gets the memory, with
            arrays of the right types and shapes, and whether the run is between two episodes.
    """

    key: str
    title: str
    config: type[LearningConfig]
    agent: type[TabularAgent] | None
    memory: Callable[[Any, int, int, int], Any]
    loop: Any
    equation: Equation
    bootstraps: bool = True
    check: Callable[[Any, bool], None] = accept
