"""Toasts: short messages on the page, by Panel's own notification area."""

import logging
from typing import Any, Literal

import panel as pn

_log = logging.getLogger(__name__)
_MILLISECONDS = 6000


def toast(kind: Literal["success", "info", "warning", "error"], message: str) -> None:
    """Shows a message for some seconds; logs it where there is no page to show it on."""
    area = pn.state.notifications
    if area is None:
        _log.info("%s", message)
    else:
        getattr(area, kind)(message, duration=_MILLISECONDS)


def forget(document: Any) -> None:
    """Lets go of the toasts of a session that has ended.

    Panel 1.9 keeps them, and through them the whole document of every page ever opened.
    """
    views = pn.state._views
    for reference in [ref for ref, (_, _, owner, _) in views.items() if owner is document]:
        del views[reference]
