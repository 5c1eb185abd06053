"""Watching what was learned: one episode of the greedy policy, without learning."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.view import OneMessage
from dashboard.views.history import HistoryView
from dashboard.widgets.hinted import OUTLINE, Button, Hinted
from dashboard.widgets.markup import Markup
from dashboard.words.facts import cells_of, has_map, where
from dashboard.words.numbers import number
from gridworld import TRAIL_LENGTH, Cell, GreedyEpisode, Snapshot, Status, Step

#: Seconds between two steps, at most.
_STEP_SECONDS = 0.2
#: Seconds that a whole episode takes, at most.
_EPISODE_SECONDS = 20.0
#: Seconds for which the end of the episode is left to be seen.
_END_SECONDS = 2.0
#: Times round a loop that tell that it is one, and times that are shown.
_TIMES_TOLD, _TIMES_SHOWN = 3, 2

_SAID = """
:host { max-width: 130px; font-size: 12px; line-height: 16px;
        color: var(--mui-palette-text-secondary); font-variant-numeric: tabular-nums; }
"""


_LOOK = {
    **{"height": 34, "borderRadius": "8px", "fontSize": "13px", "whiteSpace": "nowrap"},
    "transition": "none",  # while it fades from grey it cannot be read well
}
_BUTTON = ".bk-btn { height: 34px; border-radius: 8px; font-size: 13px !important; }"


class PageButton(Hinted, pmui.Button):
    """A button with a hint that keeps the focus when its label changes."""


class ReplayView:
    """Shows on the grid what was learned: an episode of the greedy policy, without learning.

    It is of the moment that the history shows, or of the present while the run is paused or
    over. It ends by itself, and as soon as another moment is shown or the run goes on.

    Args:
        room: The training.
        history: Has the views show the episode.
        start: Returns the cell ``(row, col)`` to begin at; None to begin as the run does.
        one_message: Holds together the changes of a step.

    Attributes:
        panel: A button, and what came of the episode.
        watching: Whether an episode is shown now.
    """

    min_interval = 0.5

    def __init__(
        self,
        room: Room,
        history: HistoryView,
        start: Callable[[], tuple[int, int] | None] = lambda: None,
        one_message: OneMessage = pn.io.hold,
    ) -> None:
        self._room, self._history, self._start = room, history, start
        self._one_message = one_message
        self.watching = False
        self._n_watched = 0
        self._of: tuple[Snapshot | None, int, int] = (None, 0, 0)
        self._episode: tuple[GreedyEpisode, Snapshot] | None = None
        self._last, self._shown, self._began_at, self._interval = 0, 0, math.nan, _STEP_SECONDS
        self._outcome = ""
        kind, look = PageButton, {"variant": "outlined", "sx": _LOOK}
        if in_notebook():
            kind, look = Button, {"stylesheets": [OUTLINE, _BUTTON]}
        self._button = kind(
            label="Watch greedy",
            hint="Shows what it has learned: one episode of the greedy policy, without learning.",
            disabled=True,
            margin=0,
            **look,
        )
        self._said = Markup(stylesheets=[_SAID], margin=(0, 8), visible=False)
        self._button.on_click(lambda _: self.stop() if self.watching else self.watch())
        self.panel = pn.Row(
            self._button,
            pn.pane.Bokeh(self._said.model),
            styles={"align-items": "center", "flex-wrap": "wrap", "gap": "4px"},
        )
        history.on_moment(lambda: self.update(room.snapshot))
        self.update(room.snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Ends an episode that is none of what is shown any more; tells whether one may begin."""
        if self._of != self._present(snapshot):
            if self.watching:
                self.stop()
            self._say("")
        is_still = snapshot.status is not Status.RUNNING and snapshot.total_steps > 0
        is_still = is_still and snapshot.unplannable is None
        disabled = not (
            is_still
            or (self._history.moment is not None and snapshot.unplannable is None)
            or self.watching
        )
        if self._button.disabled is not disabled:
            self._button.disabled = disabled

    def watch(self) -> None:
        """Begins to show an episode, from the chosen cell or from a start."""
        snapshot, moment = self._room.snapshot, self._history.moment
        if snapshot.status is Status.RUNNING and moment is None:
            return
        start = self._start()
        try:
            episode = self._room.greedy_episode(self._n_watched, start, moment)
        except ValueError:  # the chosen cell is none that it can stand in
            episode = self._room.greedy_episode(self._n_watched, None, moment)
        self._n_watched += 1
        self._of = self._present(snapshot)
        self._last, self._outcome = outcome_of(episode, snapshot)
        self._episode = episode, moment or snapshot
        self._interval = min(_STEP_SECONDS, _EPISODE_SECONDS / max(1, self._last))
        self._began_at, self._shown, self.watching = math.nan, 0, True
        with self._one_message():
            self._button.label = "Stop watching"
            self._say(f"{_begun(episode, snapshot)}, without learning")
            self._show(0)

    def stop(self) -> None:
        """Shows again what was shown before."""
        if not self.watching:
            return
        self.watching, self._episode = False, None
        with self._one_message():
            self._button.label = "Watch greedy"
            self._history.show_replayed(None)
        self.update(self._room.snapshot)

    def tick(self, now: float) -> None:
        """Goes on with the episode; to be called at each tick.

        Args:
            now: Seconds, from a clock that never goes back.
        """
        if not self.watching:
            return
        if math.isnan(self._began_at):
            self._began_at = now
        passed, last = now - self._began_at, self._last
        due = min(last, int(passed / self._interval + 1e-6))
        if due != self._shown:
            self._shown = due
            with self._one_message():
                self._show(due)
                if due == last:
                    self._say(self._outcome)
        elif due == last:
            if not last:
                self._say(self._outcome)
            if passed >= last * self._interval + _END_SECONDS:
                self.stop()

    def _show(self, i: int) -> None:
        if self._episode is not None:
            self._history.show_replayed(frame_of(*self._episode, i))

    def _present(self, snapshot: Snapshot) -> tuple[Snapshot | None, int, int]:
        """What an episode would be of now."""
        moment = self._history.moment
        steps = snapshot.total_steps if moment is None else moment.total_steps
        return moment, self._room.run_number, steps

    def _say(self, text: str) -> None:
        said = f'<div role="status">{text}</div>' if text else ""
        if said != self._said.text:
            self._said.text, self._said.visible = said, bool(text)


def outcome_of(episode: GreedyEpisode, snapshot: Snapshot) -> tuple[int, str]:
    """Steps of an episode that are worth being shown, and what came of it in words.

    Of an episode that goes round in circles to its end, two rounds are shown.
    """
    states, actions, rewards = episode
    cells = cells_of(snapshot)
    begun = _begun(episode, snapshot)
    n_steps = len(actions)
    counted = "1 step" if n_steps == 1 else f"{n_steps:,} steps"
    earned = f"return {number(rewards.sum(), 2)}"
    if not has_map(snapshot) and n_steps < snapshot.max_steps:
        return n_steps, f"{begun}: ended after {counted}, {earned}"
    kind = cells.flat[states[-1]]
    if kind == Cell.GOAL:
        return n_steps, f"{begun}: reached the goal in {counted}, {earned}"
    if kind == Cell.PIT:
        return n_steps, f"{begun}: ended in a pit after {counted}, {earned}"
    missed = f"{begun}: did not reach the goal within {counted}"
    since, length = _loop_of(states)
    if not length:
        return n_steps, missed
    of = "stays where it is" if length == 1 else f"goes round in a loop of {length:,} steps"
    return min(n_steps, since + _TIMES_SHOWN * length), f"{missed}: it {of}"


def frame_of(episode: GreedyEpisode, shown: Snapshot, i: int) -> Snapshot:
    """A snapshot after ``i`` steps of an episode.

    It is the given one but for the agent, its trail and its latest step; nothing is learned.
    """
    states, cells = episode.states, cells_of(shown)
    trail = np.stack(
        np.divmod(states[max(0, i + 1 - TRAIL_LENGTH) : i + 1], cells.shape[1]), axis=1
    )
    step = None
    if i:
        state, next_state = int(states[i - 1]), int(states[i])
        action, reward = int(episode.actions[i - 1]), float(episode.rewards[i - 1])
        terminated = cells.flat[next_state] in (Cell.GOAL, Cell.PIT)
        if not has_map(shown):
            terminated = i == len(episode.actions) < shown.max_steps
        step = Step(state, action, reward, next_state, bool(terminated), explored=False)
    row, col = trail[-1].tolist()
    return replace(
        shown, position=(row, col), trail=trail, step=i, last_step=step, last_update=None
    )


def _begun(episode: GreedyEpisode, snapshot: Snapshot) -> str:
    return f"Greedy from {where(snapshot, int(episode.states[0]))}"


def _loop_of(states: np.ndarray) -> tuple[int, int]:
    """The step from which on an episode repeats itself to its end, and the steps of a round.

    Both are 0 where it does not do so often enough to be sure.
    """
    earlier = np.flatnonzero(states[:-1] == states[-1])
    if not earlier.size:
        return 0, 0
    length = len(states) - 1 - int(earlier[-1])
    others = np.flatnonzero(states[length:] != states[:-length])
    since = int(others[-1]) + 1 if others.size else 0
    # A few rounds may also come about by chance, under slip or ties.
    repeated = len(states) - 1 - since
    is_sure = repeated >= max(_TIMES_TOLD * length, (len(states) - 1) / 2)
    return (since, length) if is_sure else (0, 0)
