"""The learning curves: what each file draws, chooses or says of them; and their view."""

from dashboard.views.curves.view import CurvesView

__all__ = ["CurvesView"]
