"""Which of these modules are in use, and what is said where one cannot be."""

import logging
import os
from functools import cache

_log = logging.getLogger(__name__)
_VARIABLE = "GRIDWORLD_WITHOUT"


def is_on(module: str) -> bool:
    """Whether a module is to be used: all are, but those that the environment names."""
    return module not in os.environ.get(_VARIABLE, "").split(",")


@cache
def say_lost(what: str, why: str) -> None:
    """Logs, once, that something goes the public way since a private name is gone.

    Args:
        what: What is lost by it, as the subject of a sentence.
        why: The error's message.
    """
    _log.warning("%s, as these versions of Panel and Bokeh lack a private name: %s", what, why)
