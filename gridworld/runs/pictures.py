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
    if _MODE not in (env.metadata.get("render_modes") or ()):
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
        name = LEVELS[origin.level].env if origin.env is None else None
        made_for = origin.env or name
        if made_for is not None and made_for is not self._of:
            self._of, self._env = made_for, self._made(origin.env, name)
            if self._env is not None:
                self._env.reset(seed=0)
        return self._env if made_for is not None else None

    @staticmethod
    def _made(
        env: gymnasium.Env[Any, Any] | None, name: str | None
    ) -> gymnasium.Env[Any, Any] | None:
        if name is not None:
            return made_to_show(name)
        if env is None or env.spec is None:
            return None
        if _MODE not in (env.metadata.get("render_modes") or ()):
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
