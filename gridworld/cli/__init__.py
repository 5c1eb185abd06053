"""The command line: ``gridworld train``, ``evaluate``, ``export``, ``serve`` and ``levels``."""

from gridworld.cli.commands import main

__all__ = ["main"]
