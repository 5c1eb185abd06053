"""The moments of a run that an export shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gridworld import Snapshot, Trainer

T = TypeVar("T")

#: Time for planning; a busy machine, too, is to make the same file of the same run.
#: What takes longer is left out.
PLANNING_SECONDS = 20.0


def moments_of(trainer: Trainer) -> list[Snapshot]:
    """The keyframes of a run, and its present moment last.

    All of them have the plan of the present moment.
    """
    present = trainer.snapshot
    before = [frame for frame in trainer.keyframes if frame.total_steps < present.total_steps]
    return [*(replace(frame, plan=present.plan) for frame in before), present]


def thinned(items: Sequence[T], most: int) -> list[T]:
    """Some of the items, evenly chosen, the first and the last among them.

    Args:
        items: The items.
        most: The most items to choose, at least 2.
    """
    if len(items) <= most:
        return list(items)
    chosen = np.linspace(0, len(items) - 1, most).round().astype(int)
    return [items[i] for i in chosen]
