"""`GridWorldEnv`: the Gymnasium face of a `World`."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.maps import Cell, parse_layout
from gridworld.worlds.world import World

CELL_PIXELS = 32

_COLOURS = {
    Cell.FREE: (250, 250, 250),
    Cell.START: (198, 219, 239),
    Cell.GOAL: (116, 196, 118),
    Cell.WALL: (82, 82, 82),
    Cell.PIT: (37, 37, 37),
    Cell.CLIFF: (230, 140, 60),
}
_AGENT_COLOUR = (8, 81, 156)
_LINE_COLOUR = (217, 217, 217)


class GridWorldEnv(gymnasium.Env[Any, Any]):
    """A grid in which an agent walks from a start to a goal.

    ## Description
    The agent moves over a map of free cells and walls. Goals and pits end the episode;
    a cliff throws the agent back to the start, and the episode goes on. Moving into a
    wall or over the edge leaves the agent where it is. Under `slip` a move goes to one
    of the two perpendicular directions; `wind` lifts the agent, column by column, and with
    `gust` by one cell less or more. After `change_after` steps, counted from the latest
    reset with a seed, `later_layout` takes the place of the map.

    ## Action Space
    `Discrete(4)`: 0 up, 1 right, 2 down, 3 left (`gridworld.Action`). With `moves="king"`
    `Discrete(8)`: 4 up-right, 5 down-right, 6 down-left, 7 up-left, too; and with
    `moves="king_or_stay"` `Discrete(9)`: 8 stay, too.

    ## Observation Space
    `Discrete(n_rows * n_cols)`: the state `row * n_cols + col`, row 0 at the top. With
    `observation="position"` the array `[row, col]`, `MultiDiscrete([n_rows, n_cols])`.

    ## Starting State
    The start cell; one of them, drawn uniformly, where there are several.

    ## Rewards
    By default -0.01 a step, -0.05 for bumping into a wall or the edge, 1 for the goal,
    -1 for a pit, -1 for a cliff. All are parameters, and the textbook levels bring
    their own.

    ## Episode End
    Terminated in a goal or a pit. Truncated after `max_steps` steps. Never both.

    ## Information
    `reset` and `step` return `{"position": array([row, col])}`.

    ## Arguments
    ```python
    gymnasium.make("GridWorld-v0", level="hard", slip=0.1, observation="state")
    ```
    Every parameter of `GridWorldConfig`, or a whole `config`; `observation` is
    `"state"` or `"position"`; `render_mode` is `"ansi"` or `"rgb_array"`.

    Randomness comes from `np_random` alone: one uniform for a start out of several, one
    for a step whose outcome is by chance, none otherwise.

    ## References
    Sutton & Barto, *Reinforcement Learning: An Introduction*, 2nd edition, 2018.

    ## Version History
    * v0: initial version.
    """

    metadata = {  # noqa: RUF012 - Gymnasium's own form
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": 10,
    }

    def __init__(
        self,
        config: GridWorldConfig | None = None,
        *,
        observation: str = "state",
        render_mode: str | None = None,
        **parameters: Any,
    ) -> None:
        if config is not None and parameters:
            raise ValueError(f"config and {', '.join(parameters)} cannot be given together")
        if observation not in ("state", "position"):
            raise ValueError(f"observation must be one of state, position, got {observation!r}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be one of ansi, rgb_array, got {render_mode!r}")
        self.config = config or GridWorldConfig(**parameters)
        self._taken = 0
        self._changes_at = int(self.config.change_after) if self.config.later_layout else None
        self._enter(later=False)
        self.render_mode = render_mode
        self.action_space = spaces.Discrete(self.world.n_actions)
        self.observation_space = (
            spaces.Discrete(self.world.n_states)
            if observation == "state"
            else spaces.MultiDiscrete(list(self.world.shape))
        )
        self._observes_state = observation == "state"
        self._max_steps = int(self.config.max_steps)
        self._positions = np.stack(
            np.unravel_index(range(self.world.n_states), self.world.shape), 1
        )
        self._state = self._first_start
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: Seed of `np_random`, as in Gymnasium: once, before the first episode.
            options: `{"steps_taken": n}` goes on as after so many steps; by the later map, if it
                has come by then.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._taken = 0
            if self._is_later:
                self._enter(later=False)
        self._taken = (options or {}).get("steps_taken", self._taken)
        self._change_if_due()
        self._state = self._first_start
        if len(self.world.start_states) > 1:
            self._state = self.world.start_of(self.np_random.random())
        self._steps = 0
        return self._observation(), self._info()

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Moves the agent.

        Raises:
            ValueError: If there is no such action.
        """
        if not 0 <= action < self.world.n_actions:
            raise ValueError(f"action must be from 0 to {self.world.n_actions - 1}, got {action!r}")
        self._change_if_due()
        outcomes = self._outcomes[self._state][action]
        outcome = outcomes[0]
        if outcome[0] < 1.0:
            draw = self.np_random.random()
            outcome = next(outcome for outcome in outcomes if draw < outcome[0])
        _, self._state, reward, terminated = outcome
        self._steps += 1
        self._taken += 1
        truncated = not terminated and self._steps >= self._max_steps
        return self._observation(), reward, terminated, truncated, self._info()

    def render(self) -> Any:
        """The map with the agent: text for ``ansi``, pixels ``(H, W, 3)`` for ``rgb_array``."""
        if self.render_mode == "ansi":
            rows = [list(row) for row in self._cells]
            row, col = self._positions[self._state]
            rows[row][col] = "A"
            return "\n".join("".join(row) for row in rows) + "\n"
        if self.render_mode == "rgb_array":
            return self._pixels()
        gymnasium.logger.warn(
            "render() was called without a render_mode; choose ansi or rgb_array."
        )
        return None

    def _change_if_due(self) -> None:
        is_due = self._changes_at is not None and self._taken >= self._changes_at
        if is_due and not self._is_later:
            self._enter(later=True)

    def _enter(self, later: bool) -> None:
        """Takes the first map, or the later one."""
        config, self._is_later = self.config, later
        self.world = world = World.from_config(config, later=later)
        self._cells = parse_layout(config.later_layout if later else config.layout)
        # Lists, as a step reads single entries, which is slow with arrays.
        self._outcomes = [
            [list(zip(*outcomes, strict=True)) for outcomes in zip(*rows, strict=True)]
            for rows in zip(
                world.cumulative.tolist(),
                world.next_state.tolist(),
                world.reward.tolist(),
                world.terminated.tolist(),
                strict=True,
            )
        ]
        self._first_start = int(world.start_states[0])

    def _observation(self) -> int | NDArray[np.int64]:
        return self._state if self._observes_state else self._positions[self._state].copy()

    def _info(self) -> dict[str, Any]:
        return {"position": self._positions[self._state].copy()}

    def _pixels(self) -> NDArray[np.uint8]:
        pixels = np.empty((*self._cells.shape, 3), dtype=np.uint8)
        for cell, colour in _COLOURS.items():
            pixels[self._cells == cell] = colour
        pixels = pixels.repeat(CELL_PIXELS, axis=0).repeat(CELL_PIXELS, axis=1)
        pixels[::CELL_PIXELS] = pixels[:, ::CELL_PIXELS] = _LINE_COLOUR
        row, col = self._positions[self._state] * CELL_PIXELS
        offset = np.arange(CELL_PIXELS) - (CELL_PIXELS - 1) / 2
        disc = np.hypot(offset[:, None], offset) < CELL_PIXELS * 0.35
        pixels[row : row + CELL_PIXELS, col : col + CELL_PIXELS][disc] = _AGENT_COLOUR
        return pixels
