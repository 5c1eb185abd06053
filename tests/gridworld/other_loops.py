"""Has a trainer use another loop than its algorithm's, such as one that is interrupted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from gridworld import ALGORITHMS, Trainer


@contextmanager
def other_loop(trainer: Trainer, loop: Callable[..., int]) -> Iterator[None]:
    """Lets the present run and those that follow it use the loop."""
    algorithm = ALGORITHMS[trainer.origin.algorithm]
    try:
        ALGORITHMS[algorithm.key] = trainer._run.algorithm = replace(algorithm, loop=loop)
        yield
    finally:
        ALGORITHMS[algorithm.key] = trainer._run.algorithm = algorithm
