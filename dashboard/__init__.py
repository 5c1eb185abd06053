"""GridWorld Dashboard: watch a tabular agent learn, live."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.page import GridWorldDashboard
    from dashboard.session.inline import extension

__all__ = ["GridWorldDashboard", "extension"]


def __getattr__(name: str) -> Any:
    # Not imported before it is asked for: a static file cannot be made in a process that
    # knows the Material components.
    if name == "GridWorldDashboard":
        from dashboard.page import GridWorldDashboard

        return GridWorldDashboard
    if name == "extension":
        from dashboard.session.inline import extension

        return extension
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
