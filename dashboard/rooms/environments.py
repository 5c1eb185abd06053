"""Environments of other makers that can be chosen on this server's pages."""

import logging
import os
from functools import cache

from gridworld import add_environment

#: Those that every server has besides the levels.
_ALWAYS = ("Taxi-v4", "Blackjack-v1")
#: Environment variable with the names of others, with commas between them.
NAMES = "GRIDWORLD_ENVS"
_log = logging.getLogger(__name__)


@cache
def offer_environments() -> None:
    """Makes them levels, once; what cannot be had is logged."""
    others = [name.strip() for name in os.environ.get(NAMES, "").split(",")]
    for name in (*_ALWAYS, *filter(None, others)):
        try:
            add_environment(name)
        except ValueError as error:
            _log.warning("%s", error)
