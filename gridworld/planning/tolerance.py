"""The one tolerance: when the difference of two sums is only rounding.

The tolerance is a share of the numbers that were added up to make the sums. A fixed number, or a
share of the largest reward, would be wrong: exact values can be small because rewards are
small, or because a goal is improbable.
"""

from typing import Any

#: Rounding error of a sum, as a share of all that was added up; one addition has 2**-53.
ROUNDING = 2.0**-46


def is_rounding(difference: Any, added: Any) -> Any:
    """Whether the difference of two sums is small enough to be a rounding error.

    Args:
        difference: A number or an array; for NaN the answer is no.
        added: Sum of the absolute values that were added up to make both sums.
    """
    return difference <= ROUNDING * added
