"""GridWorld Dashboard: watch a tabular agent learn, live."""

from dashboard.page import GridWorldDashboard

__all__ = ["GridWorldDashboard"]
