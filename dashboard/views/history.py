"""The way back to earlier moments of a run, and to the present one."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.view import OneMessage, PlacedView
from dashboard.widgets.hinted import Button, Hinted
from dashboard.widgets.markup import Markup
from dashboard.widgets.sliding import UNTITLED
from dashboard.widgets.theme import ON_PHONE
from dashboard.words.facts import episode_shown, unit
from gridworld import Snapshot, Status

#: Moments that are played in a second.
_PLAYED_A_SECOND = 8
#: Most moments of a whole run that are played; of more, some are left out.
_MOST_PLAYED = 600
#: Completed episodes from which on the slider goes from episode to episode, not by steps.
_EPISODES_TO_GO_BY = 2
#: The slider is extended once the run has grown by this factor: that costs as much as a frame.
_GROWTH = 1.1
#: Places of the slider that the browser may still send back.
_MOST_ECHOES = 32
#: Stands for no place of the slider.
_NO_PLACE = -1

_NOTE = """
:host { flex: none; font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap;
        font-weight: 600; color: var(--mui-palette-success-main); line-height: 20px; }
"""
# Panel's own look is more specific than a class.
_LINK = """
:host { flex: none; }
.bk-btn.bk-btn-default { border: 0 !important; background: none !important;
    box-shadow: none !important; padding: 0 6px !important; height: 28px !important;
    min-height: 24px; line-height: 20px !important; white-space: nowrap;
    font-size: 12px !important; font-weight: 600 !important; border-radius: 8px;
    font-variant-numeric: tabular-nums; color: var(--mui-palette-primary-main) !important; }
.bk-btn.bk-btn-default:hover { text-decoration: underline; }
.bk-btn.bk-btn-default:focus-visible {
    outline: 2px solid var(--mui-palette-primary-main) !important; outline-offset: 0; }
"""
# The name of the button stays in it as text, for those who hear it.
_PLAY_LABEL, _PAUSE_LABEL = "Play history", "Pause history"
_PLAY = """
:host { flex: none; }
.bk-btn.bk-btn-default { width: 32px; height: 32px !important; padding: 0 !important;
    border: 0 !important; border-radius: 8px; position: relative; overflow: hidden;
    font-size: 0 !important; background: none !important; box-shadow: none !important;
    color: var(--mui-palette-text-secondary) !important; }
.bk-btn.bk-btn-default::before { content: ""; position: absolute; inset: 9px 10px 9px 11px;
    background: currentColor; clip-path: polygon(0 0, 100% 50%, 0 100%); }
:host(.playing) .bk-btn.bk-btn-default::before {
    clip-path: polygon(0 0, 35% 0, 35% 100%, 65% 100%, 65% 0, 100% 0, 100% 100%, 0 100%); }
.bk-btn.bk-btn-default:hover:not(:disabled) { color: var(--mui-palette-primary-main) !important; }
.bk-btn.bk-btn-default:disabled { opacity: 0.4; }
.bk-btn.bk-btn-default:focus-visible {
    outline: 2px solid var(--mui-palette-primary-main) !important; outline-offset: -2px; }
"""
_BANNER = """
:host { flex: 1 1 auto; min-width: 0; font-size: 14px; line-height: 20px;
        color: var(--mui-palette-text-primary); font-variant-numeric: tabular-nums; }
"""
_BANNER += f"{ON_PHONE} {{ .exactly {{ display: none; }} }}"


class IntSlider(Hinted, pmui.IntSlider):
    """A slider with a hint; Panel's own has no name that can be read out."""


class NotebookSlider(Hinted, pn.widgets.IntSlider):
    """A slider with a hint for a notebook."""


class HistoryView:
    """Has some views show an earlier moment of a run, while the run goes on.

    The slider goes from the end of one episode to that of the next one; before there are two of
    them, from step to step. Its far right is the present.

    Args:
        room: The training.
        one_message: Holds together the changes that the slider makes.

    Attributes:
        moment: The earlier moment that is shown; None for the present.
        banner: Says that what is seen is not the present, and leads back to it; to be placed
            over the grid. It is not visible while the present is shown.
        panel: One line: a button that plays the run again, a slider over it, what is shown.
    """

    min_interval = 1.0

    def __init__(self, room: Room, one_message: OneMessage = pn.io.hold) -> None:
        self._room, self._one_message = room, one_message
        self.moment: Snapshot | None = None
        self._replayed: Snapshot | None = None
        self._place = 1  # of the slider
        self._wanted = 0  # steps taken by the moment that was asked for
        self._following: list[_Following] = []
        self._told: list[Callable[[], None]] = []
        self._moving = False
        # The browser sends back what it is told, maybe after the next is told; see `_on_slider`.
        self._told_places: deque[int] = deque(maxlen=_MOST_ECHOES)
        self._by_episode = False
        self._playing, self._stride, self._next_at = False, 1, -math.inf
        self._n_played = 0
        self._play = Button(
            label=_PLAY_LABEL,
            hint="Play the run again up to the present; press again to hold it.",
            disabled=True,
            align="center",
            margin=(2, 4, 2, 0),
            stylesheets=[_PLAY],
        )
        self._slider = self._make_slider()
        self._note = Markup(stylesheets=[_NOTE], margin=(0, 0, 0, 8))
        self._back = _back_button(visible=False)
        self._play.on_click(lambda _: self._hold() if self._playing else self._begin())
        self._slider.param.watch(lambda event: self._on_slider(event.new), "value")
        self._slider.param.watch(lambda event: self._on_let_go(event.new), "value_throttled")
        self._back.on_click(lambda _: self._leave_moment())
        self.panel = pn.Row(
            self._play,
            self._slider,
            pn.pane.Bokeh(self._note.model, align="center"),
            self._back,
            sizing_mode="stretch_width",
            max_height=36,
            styles={"align-items": "center", "flex": "none"},
        )
        self._banner_text: Markup | None = None  # made when it is first shown
        self.banner = pn.Row(visible=False, sizing_mode="stretch_width", stylesheets=[_STRIP])
        self._run_number, self._snapshot = room.run_number, room.snapshot
        self.update(room.snapshot)

    def follow(self, view: PlacedView, replays: bool = True, redrawn: bool = True) -> PlacedView:
        """Wraps a view, so that it shows the chosen moment.

        Args:
            view: The view.
            replays: Whether it shows an episode that is replayed, too.
            redrawn: Whether it is drawn as soon as another moment is chosen; False for a view
                that may be out of sight.
        """
        following = _Following(self, view, replays)
        if redrawn:
            self._following.append(following)
        return following

    def on_moment(self, call: Callable[[], None]) -> None:
        """Calls a function after another moment has been chosen."""
        self._told.append(call)

    def update(self, snapshot: Snapshot) -> None:
        """Lets the slider reach the present."""
        is_less = snapshot.total_steps < self._snapshot.total_steps  # reset from elsewhere
        if is_less or not snapshot.total_steps or self._room.run_number != self._run_number:
            self._run_number = self._room.run_number  # another run
            self.moment = self._replayed = None
            self._stop_playing()
        self._snapshot = snapshot
        self._move_slider()
        self._say()

    def tick(self, now: float) -> None:
        """Goes on playing, and looks for a moment that took too long to find; at each tick.

        Args:
            now: Seconds, from a clock that never goes back.
        """
        if self.moment is not None and self.moment.total_steps != self._wanted:
            found = self._room.moment_at(self._wanted)
            if found.total_steps != self.moment.total_steps:
                self._show(found)
        elif self._playing and now >= self._next_at:
            self._next_at = max(self._next_at + 1 / _PLAYED_A_SECOND, now)
            self._n_played += 1
            self._go_to(self._place + self._stride)

    def show_episode(self, episode: int) -> None:
        """Shows the run as it was at the end of an episode; 0 for its beginning.

        An episode that has not come to its end yet is the present.
        """
        self._stop_playing()
        self._snapshot = self._room.snapshot
        if episode > self._snapshot.episode:
            self.show_present()
        else:
            total_steps = int(self._snapshot.episode_lengths[: max(0, episode)].sum())
            self._show_at(total_steps, max(0, episode) if self._by_episode else total_steps)

    def show_present(self) -> None:
        """Shows the run as it is now, from now on."""
        self._stop_playing()
        self._show(None)

    def show_replayed(self, snapshot: Snapshot | None) -> None:
        """Shows a snapshot in place of the moment, and of the present; None for these again."""
        self._replayed = snapshot
        self._redraw()

    def shown(self, replays: bool) -> Snapshot | None:
        """What the views are to show; None for the present.

        Args:
            replays: Whether that may be of an episode that is replayed.
        """
        return self._replayed or self.moment if replays else self.moment

    def _make_slider(self) -> IntSlider | NotebookSlider:
        """A slider without a label above it: its name is for those who hear it."""
        label = {"& .MuiFormLabel-root": _UNSEEN, "& .MuiSlider-root": {"padding": "12px 0"}}
        kind: type[Any] = NotebookSlider if in_notebook() else IntSlider
        look = {"stylesheets": [UNTITLED]} if in_notebook() else {"sx": label}
        return kind(
            label="History",
            hint="Go back to the end of an earlier episode; the far right is the present.",
            start=0,
            end=1,
            value=1,
            disabled=True,
            show_value=False,
            align="center",
            margin=(0, 10),
            sizing_mode="stretch_width",
            **look,
        )

    @property
    def _end(self) -> int:
        """The present, as the slider counts."""
        return _episode_of(self._snapshot) if self._by_episode else self._snapshot.total_steps

    def _steps_until(self, place: int) -> int:
        """Steps that had been taken at a place of the slider."""
        if not self._by_episode:
            return place
        return int(self._snapshot.episode_lengths[:place].sum())

    def _place_of(self, moment: Snapshot) -> int:
        """The place of a moment on the slider."""
        return _episode_of(moment) if self._by_episode else moment.total_steps

    def _begin(self) -> None:
        """Plays on from the moment, or from the beginning."""
        if not self._snapshot.total_steps:
            return
        self._playing, self._next_at, self._n_played = True, -math.inf, 0
        self._play.param.update(css_classes=["playing"], label=_PAUSE_LABEL)
        self._stride = max(1, round(self._end / _MOST_PLAYED))
        if self.moment is None:
            self._go_to(0)

    def _hold(self) -> None:
        """Stays at the moment that has been played last."""
        self._stop_playing()
        self._move_slider()

    def _stop_playing(self) -> None:
        if self._playing:
            self._playing = False
            self._play.param.update(css_classes=[], label=_PLAY_LABEL)

    def _on_slider(self, place: int) -> None:
        """Goes to a place, unless it may be an echo: then `_on_let_go` follows if it is none."""
        if not self._moving and place not in self._told_places:
            self._stop_playing()
            self._go_to(place)

    def _on_let_go(self, place: int) -> None:
        """Goes to the place where a person has let go of the slider, or to which a key led."""
        # Panel 1.10 tells of what is set here, too, as if a person had let go.
        if place == _NO_PLACE or self._moving:
            return
        # So that the same place is told again another time.
        with param.edit_constant(self._slider):
            self._slider.value_throttled = _NO_PLACE
        if self._playing or place != self._place:
            self._stop_playing()
            self._go_to(place)

    def _go_to(self, place: int) -> None:
        """Shows the moment at a place of the slider, or the present."""
        self._snapshot = self._room.snapshot
        if place >= min(self._end, int(self._slider.end)):
            self.show_present()
        else:
            self._show_at(self._steps_until(place), place)

    def _show_at(self, total_steps: int, place: int) -> None:
        self._wanted, self._place = total_steps, place
        self._show(self._room.moment_at(total_steps))

    def _show(self, moment: Snapshot | None) -> None:
        self.moment, self._replayed = moment, None
        if moment is None:
            self._snapshot = self._room.snapshot
        with self._one_message():
            self._redraw()
            self._move_slider()
            self._say()
            for call in self._told:
                call()

    def _leave_moment(self) -> None:
        """Goes back to the present; the slider gets the focus, since the button has gone."""
        self.show_present()
        if isinstance(self._slider, IntSlider):
            self._slider.focus()

    def _redraw(self) -> None:
        with self._one_message():
            for view in self._following:
                view.update(self._room.snapshot)

    def _move_slider(self) -> None:
        by_episode = self._snapshot.episode >= _EPISODES_TO_GO_BY
        is_same = by_episode == self._by_episode
        self._by_episode = by_episode
        end, slider = max(1, self._end), self._slider
        running = self._snapshot.status is Status.RUNNING
        is_live = self.moment is None and slider.value == slider.end
        if running and is_same and is_live and slider.end <= end < _GROWTH * slider.end:
            return
        place = end if self.moment is None else min(self._place_of(self.moment), end)
        if self.moment is not None and self.moment.total_steps != self._wanted:
            place = min(self._place, end)  # until the moment that is meant is found
        self._place = place
        if self._playing and self._n_played % _PLAYED_A_SECOND:
            return  # told faster than it draws, the slider in the browser would go to and fro
        self._told_places.append(place)
        has_begun = self._snapshot.total_steps > 0
        self._moving = True
        try:
            slider.param.update(end=end, value=place, disabled=not has_begun)
        finally:
            self._moving = False
        if self._play.disabled is has_begun:
            self._play.disabled = not has_begun

    def _say(self) -> None:
        moment = self.moment
        if moment is None:
            shown = _episode_of(self._snapshot)
            # During a run the episode stands above, and this would be a moment behind.
            is_still = shown and self._snapshot.status is not Status.RUNNING
            of_run = unit(self._snapshot)
            self._note.text = f"● Live · {of_run} {shown:,}" if is_still else "● Live"
        else:
            self._back.label = f"{self._name_of(moment)} · Back to live"
            self._say_on_banner(moment)
        if self._back.visible is (moment is None):
            self._note.visible, self._back.visible = moment is None, moment is not None
            self.banner.visible = moment is not None

    def _name_of(self, moment: Snapshot) -> str:
        if not moment.total_steps:
            return "Start"
        if self._by_episode:
            return f"{unit(moment).capitalize()} {_episode_of(moment):,}"
        return f"Step {moment.total_steps:,}"

    def _say_on_banner(self, moment: Snapshot) -> None:
        if self._banner_text is None:
            self._banner_text = Markup(stylesheets=[_BANNER])
            back = _back_button(label="Back to live")
            back.on_click(lambda _: self._leave_moment())
            self.banner.objects = [self._banner_text.pane()]
            self.banner.append(back)
        what = "Before the first step"
        if moment.total_steps:
            steps = "1 step" if moment.total_steps == 1 else f"{moment.total_steps:,} steps"
            exactly = f'<span class="exactly">, as it was after {steps}</span>'
            what = f"{unit(moment).capitalize()} {_episode_of(moment):,}{exactly}"
        goes_on = _GOES_ON.get(self._snapshot.status, "the run is over")
        self._banner_text.text = f'<div role="status">{what} — {goes_on}.</div>'


class _Following:
    """A view that draws an earlier moment once, and the present at each update."""

    def __init__(self, history: HistoryView, view: PlacedView, replays: bool) -> None:
        self._history, self._view, self._replays = history, view, replays
        self.panel = view.panel
        self._drawn: Snapshot | None = None

    @property
    def min_interval(self) -> float:
        return self._view.min_interval

    def update(self, snapshot: Snapshot) -> None:
        moment = self._history.shown(self._replays)
        if moment is None:
            self._view.update(snapshot)
        elif moment is not self._drawn:
            # Keyframes have no plan of their own; the present plan holds for the whole map.
            self._view.update(replace(moment, plan=moment.plan or snapshot.plan))
        self._drawn = moment


def _episode_of(snapshot: Snapshot) -> int:
    """The episode that a moment is in; 0 before the first step, where the slider begins."""
    return episode_shown(snapshot) if snapshot.total_steps else 0


def _back_button(label: str = "Back to live", visible: bool = True) -> Button:
    hint = "Show the run as it is now."
    look = {"align": "center", "margin": (0, 2), "stylesheets": [_LINK]}
    return Button(label=label, hint=hint, visible=visible, **look)


_GOES_ON = {Status.RUNNING: "the run goes on", Status.PAUSED: "the run is paused"}
#: Out of sight, but read out.
_UNSEEN = {
    "position": "absolute",
    "width": "1px",
    "height": "1px",
    "overflow": "hidden",
    "clip-path": "inset(50%)",
    "white-space": "nowrap",
}
_STRIP = f"""
:host {{ align-items: center; gap: 8px; padding: 4px 6px 4px 12px; box-sizing: border-box;
        border-radius: 8px; background: color-mix(in srgb, var(--mui-palette-primary-main) 10%,
        var(--mui-palette-background-paper, #ffffff)); }}
{ON_PHONE} {{ :host {{ padding: 0 4px 0 10px; }} }}
"""
