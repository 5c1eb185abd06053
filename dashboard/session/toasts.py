"""Toasts: short messages on the page, by Panel's own notification area."""

import logging
from typing import Literal

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
