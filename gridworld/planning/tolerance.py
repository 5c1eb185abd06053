"""The one tolerance: when two sums are the same but for rounding.

It is a share of what was added up to make them, never of anything else: a value is small
where rewards are, and where a goal is improbable, and is a right answer all the same.
"""

from typing import Any

#: Share of all that was added up by which rounding may put a sum off; an addition has 2**-53.
ROUNDING = 2.0**-46


def is_rounding(difference: Any, added: Any) -> Any:
    """Whether the difference of two sums is not above what rounding may make of it.

    Args:
        difference: A number or an array; NaN is no rounding.
        added: What was added up on the way to both sums, step by step and without signs.
    """
    return difference <= ROUNDING * added
