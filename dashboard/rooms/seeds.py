"""Seeds that are drawn for a person."""

from random import randrange

#: Seeds are drawn below this: short enough to be written down.
_LIMIT = 1_000_000


def draw_seed() -> int:
    """A seed that nobody chose, of a run or of a random map."""
    return randrange(_LIMIT)
