"""The levels that are grid worlds of this package's own: with slip, rewards and wind to be set."""

from gridworld import LEVELS

GRIDS = [name for name, level in LEVELS.items() if level.env is None]
