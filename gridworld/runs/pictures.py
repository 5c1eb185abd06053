"""`Pictures`: what environments draw of themselves."""

import os
import sys
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from gridworld.runs.run import Run
from gridworld.runs.spec import RunSpec
from gridworld.worlds.levels import LEVELS

_MODE = "rgb_array"


def made_to_show(name: str) -> gymnasium.Env[Any, Any]:
    """An environment by its name in Gymnasium's registry, that draws itself if it can."""
    env = gymnasium.make(name)
    if not _can_draw(env):
        return env
    env.close()
    return gymnasium.make(name, render_mode=_MODE)


class Pictures:
    """Pictures of the states of a run.

    An environment with a table is drawn in any state; one that is stepped itself, as it is.
    """

    def __init__(self) -> None:
        self._of: Any = None  # what the environment was made for
        self._env: gymnasium.Env[Any, Any] | None = None

    def of(self, run: Run, origin: RunSpec, state: int | None) -> NDArray[np.uint8] | None:
        """The picture of a state, shape ``(H, W, 3)``; None where there is none.

        Raises:
            ImportError: If what draws it is not installed.
        """
        try:
            if run.stepped is not None:
                env = run.stepped.env
                is_drawn = env.render_mode == _MODE and state is None and run.stepped.has_begun
                return _pixels(env) if is_drawn else None
            own = self._env_of(origin)
            if own is None or not hasattr(own.unwrapped, "s"):
                return None
            own.unwrapped.s = int(run.progress["state"][0]) if state is None else state
            return _pixels(own)
        except gymnasium.error.DependencyNotInstalled as error:
            raise ImportError(f"Its picture needs another package: {error}") from None

    def _env_of(self, origin: RunSpec) -> gymnasium.Env[Any, Any] | None:
        made_for = origin.env or LEVELS[origin.level].env
        if made_for is None:
            return None
        if made_for is not self._of:
            if isinstance(made_for, str):
                self._env = made_to_show(made_for)
            else:
                self._env = _again_to_show(made_for)
            self._of = made_for
            if self._env is not None:
                self._env.reset(seed=0)
        return self._env


def _can_draw(env: gymnasium.Env[Any, Any]) -> bool:
    return _MODE in (env.metadata.get("render_modes") or ())


def _again_to_show(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any] | None:
    """The same environment once more, that draws itself; None if it cannot."""
    if env.spec is None or not _can_draw(env):
        return None
    options = {key: value for key, value in env.spec.kwargs.items() if key != "render_mode"}
    return gymnasium.make(env.spec.id, render_mode=_MODE, **options)


def _pixels(env: gymnasium.Env[Any, Any]) -> NDArray[np.uint8] | None:
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        # Without a screen Pygame would look for one, and complain.
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    drawn = env.render()
    return drawn if isinstance(drawn, np.ndarray) and drawn.ndim == 3 else None
