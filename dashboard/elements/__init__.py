"""The views by themselves, as HoloViews elements: compose them with ``*`` and ``+``.

Example:
    >>> from dashboard.elements import policy, values, visits
    >>> values(trainer) * policy(trainer) + visits(trainer)
"""

from dashboard.elements.grid import policy, q_values, values, visits
from dashboard.elements.returns import comparison, learning_curve

__all__ = ["comparison", "learning_curve", "policy", "q_values", "values", "visits"]
