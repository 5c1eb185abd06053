"""Compiles what runs need, ahead of time: `prepare`, and `is_prepared`."""

from collections.abc import Callable

from gridworld.algorithms import ALGORITHMS, algorithm_named
from gridworld.compiled import functions, is_ready
from gridworld.trainer import Trainer
from gridworld.worlds.config import GridWorldConfig


def prepare(algorithm: str) -> None:
    """Compiles all that a run of an algorithm and its comparison with planning need.

    The code is kept on disk for later processes; what is there already is not compiled again.

    Args:
        algorithm: Key in `ALGORITHMS`.

    Raises:
        ValueError: If there is no such algorithm.
    """
    config = algorithm_named(algorithm).config(num_episodes=1, optimal_evaluations=1)
    trainer = Trainer(GridWorldConfig(layout="S.\n.G"), config)
    trainer.train(show_progress=False)
    trainer.analyse()


def prepare_all(tell: Callable[[str], None]) -> None:
    """Prepares all algorithms that are not prepared yet.

    Args:
        tell: Takes a line before each of them.
    """
    for key, algorithm in ALGORITHMS.items():
        if not is_prepared(key):
            tell(f"Preparing {algorithm.title} …")
            prepare(key)


def is_prepared(algorithm: str) -> bool:
    """Whether a run of an algorithm has nothing left to compile.

    Args:
        algorithm: Key in `ALGORITHMS`.

    Raises:
        ValueError: If there is no such algorithm.
    """
    its = algorithm_named(algorithm).loop
    of_others = [each.loop for each in ALGORITHMS.values() if each.loop is not its]
    return all(is_ready(function) for function in functions() if function not in of_others)
