"""The command line: ``gridworld train`` and the other commands."""

from gridworld.cli.commands import main

__all__ = ["main"]
