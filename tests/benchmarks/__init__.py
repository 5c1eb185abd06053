"""Benchmarks: each a ratio, or a figure beside its goal, taken in one run.

``python -m tests.benchmarks`` prints the table of the README.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    goal: str
