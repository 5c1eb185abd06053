"""`Transport`: the bar that sets a run going, holds it still and says how far it is."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui
import param

from dashboard.controls.speed import SpeedControl
from dashboard.rooms.discarded import UNDO_OFFER
from dashboard.rooms.room import Room
from dashboard.session.notebook import in_notebook
from dashboard.session.runner import Runner
from dashboard.session.toasts import toast
from dashboard.views.progress import ProgressView
from dashboard.widgets import icons
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button, Hinted
from dashboard.widgets.theme import BAR_HEIGHT, IF_NARROW, ON_PHONE
from dashboard.widgets.told import Told
from dashboard.words.facts import has_phases
from gridworld import ALGORITHMS, Snapshot, Status

_IDLE, _RUNNING, _PAUSED = Status.IDLE, Status.RUNNING, Status.PAUSED
_OVER = (Status.STOPPED, Status.FINISHED, Status.FAILED)


class Command(NamedTuple):
    """What a button asks of the room.

    Attributes:
        label: Name of the button.
        method: Method of the room.
        statuses: Where it may be pressed.
        hint: What it does, in plain words.
        icon: Name of its icon; empty for none.
    """

    label: str
    method: str
    statuses: frozenset[Status]
    hint: str
    icon: str = ""


#: What the one big button does in each status.
_START = Command(
    "Start", "start", frozenset({_IDLE, *_OVER}), "Begin a new run with these settings.", "play"
)
_PAUSE = Command("Pause", "pause", frozenset({_RUNNING}), "Hold the run still.", "pause")
_RESUME = Command("Resume", "resume", frozenset({_PAUSED}), "Go on with the run.", "play")
_TURNS = {_RUNNING: _PAUSE, _PAUSED: _RESUME}

_EPISODE = Command(
    "Episode",
    "step_episode",
    frozenset({_IDLE, _PAUSED}),
    "Go on to the episode's end.",
    "episode",
)
#: What the same button is where planning goes in sweeps.
_SWEEP = _EPISODE._replace(label="Sweep", hint="Go on to the end of the sweep over all states.")
_EVALUATE = Command(
    "Evaluate",
    "step_phase",
    frozenset({_IDLE, _PAUSED}),
    "Sweep until the policy is evaluated.",
    "phase",
)
#: What the same button is once that is done.
_IMPROVE = _EVALUATE._replace(
    label="Improve", hint="Take the best action in each state from now on, by these values."
)
#: The buttons beside it.
_ADVANCING = (
    Command(
        "Step",
        "step",
        frozenset({_IDLE, _PAUSED}),
        "Take one step of the agent, and learn from it.",
        "step",
    ),
    _EPISODE,
    _EVALUATE,
    Command(
        "Finish",
        "finish",
        frozenset({_IDLE, _RUNNING, _PAUSED}),
        "Go on to the end of the run, as fast as it goes.",
        "finish",
    ),
)
#: The buttons of the menu.
_MENU = (
    Command("Stop", "stop", frozenset({_RUNNING, _PAUSED}), "End the run and unlock the settings."),
    Command(
        "Reset", "reset", frozenset({_RUNNING, _PAUSED, *_OVER}), "Clear all that was learned."
    ),
    Command(
        "Undo",
        "undo",
        frozenset(Status),
        "Bring back the run that was shown before this one, and the settings it was left with.",
    ),
    Command(
        "Run to",
        "run_to_goal",
        frozenset({_IDLE, _RUNNING, _PAUSED, *_OVER}),
        "Train until so many episodes are completed, then pause.",
    ),
)

#: Toast after a button has replaced a run in which something was learned.
_REPLACED = {
    "start": f"A new run has begun. {UNDO_OFFER}",
    "finish": f"A new run has begun. {UNDO_OFFER}",
    "run_to_goal": f"A new run has begun. {UNDO_OFFER}",
    "reset": f"Cleared. {UNDO_OFFER}",
    "undo": "The earlier run is back. Undo leads to the other one again.",
}
#: What trains at once, and so has to wait for an algorithm that is being prepared.
_AT_ONCE = ("step", "step_episode", "step_phase")
#: What needs no map on which a run can begin.
_NEEDS_NO_MAP = ("reset", "undo")


class MainButton(Hinted, pmui.Button):
    """A button that keeps the focus when its label changes; Panel's own does not."""


class Transport:
    """One button that is Start, Pause and Resume in turn, others beside it, speed and progress.

    Args:
        room: The training.
        runner: Has the views draw.
        problem: Returns why no run can begin, in words; None if one can.

    Attributes:
        panel: The bar.
        more: Opens and closes the menu.
        menu: What is seldom needed, under the bar.
    """

    min_interval = 0.2

    def __init__(self, room: Room, runner: Runner, problem: Callable[[], str | None]) -> None:
        self._room, self._runner, self._problem = room, runner, problem
        self._ready = False
        self._drawn: tuple[Any, ...] = ()
        watch = runner.subscriptions.watch
        self._main = self._make_main()
        self._told_main = Told(self._main)
        self._main.on_click(lambda _: self._press(self._turn))
        self._buttons = {command: _make_button(command) for command in (*_ADVANCING, *_MENU)}
        for command, button in self._buttons.items():
            button.on_click(partial(self._on_press, command))
        self._goal = Field(room, "goal_episode", watch=watch)
        self.speed = SpeedControl(room, watch)
        self.progress = ProgressView(room.snapshot)
        self.more = Button(
            label="More",
            hint="Stop, Reset with Undo, and Run to an episode.",
            stylesheets=[_BARE, icons.icon("more", bare=True, size=20)],
            margin=0,
        )
        self.more.on_click(lambda _: self._toggle_menu())
        self.menu = self._make_menu()
        self.panel = pn.Row(
            self._main,
            *(self._buttons[command] for command in _ADVANCING),
            self.speed.panel,
            pn.Column(self.progress.panel, stylesheets=[_GROWING], margin=0),
            self.more,
            self.menu,
            sizing_mode="stretch_width",
            stylesheets=[BAR],
            margin=0,
            name="bar",
        )
        self.update(room.snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Enables what the status allows, and names the main button for what it does now."""
        room, names = self._room, self._names(snapshot)
        now = (
            snapshot.status,
            room.can_undo,
            room.preparing,
            self._problem(),
            self._ready,
            room.is_finishing,
            *names,
        )
        if now == self._drawn:
            return
        self._drawn = now
        turn = self._turn
        self._main.hint = turn.hint
        self._told_main.tell(
            label=turn.label, disabled=not self._allows(turn), **self._look_with(turn.icon)
        )
        for command, button in self._buttons.items():
            button.disabled = not self._allows(command)
        for command, named in zip((_EPISODE, _EVALUATE), names, strict=True):
            button = self._buttons[command]
            button.visible = named is not None
            if named is not None:
                button.param.update(label=named.label, hint=named.hint)
        self._goal.widget.disabled = not self._ready
        self.speed.enable(self._ready)

    def _names(self, snapshot: Snapshot) -> tuple[Command, Command | None]:
        """What the buttons are that go on for an episode and for a phase; None for no button."""
        key = self._room.algorithm
        if not has_phases(key):
            return _SWEEP if ALGORITHMS[key].plans else _EPISODE, None
        is_of_run = snapshot.algorithm == key and snapshot.status is _PAUSED
        sweep = snapshot.inside.sweep if is_of_run and snapshot.inside else None
        return _SWEEP, _IMPROVE if sweep is not None and sweep.improves else _EVALUATE

    def focus(self) -> None:
        """Moves the browser's focus to the main button."""
        if isinstance(self._main, MainButton):
            self._main.focus()

    def set_ready(self) -> None:
        """Enables the buttons; to be called once the page has loaded.

        Panel sends nothing before, so a change of a setting would not be shown.
        """
        self._ready = True
        self.update(self._room.snapshot)

    @property
    def _turn(self) -> Command:
        """What the main button does now."""
        return _TURNS.get(self._room.status, _START)

    def _allows(self, command: Command) -> bool:
        room = self._room
        allowed = self._ready and room.status in command.statuses and not self._refuses(command)
        match command.method:
            case "undo":
                return allowed and room.can_undo
            case "finish":
                return allowed and not room.is_finishing
            case method if method in _AT_ONCE:
                return allowed and not room.preparing
        return allowed

    def _refuses(self, command: Command) -> bool:
        """Whether a problem of the map forbids this button."""
        has_problem = self._problem() is not None and not self._room.locked
        return has_problem and command.method not in _NEEDS_NO_MAP

    def _on_press(self, command: Command, _: param.parameterized.Event) -> None:
        if command in _MENU:
            self.menu.visible = False
        self._press(command)

    def _press(self, command: Command) -> None:
        if self._refuses(command):
            toast("warning", str(self._problem()))
            return
        room = self._room
        number, has_learned = room.run_number, room.snapshot.total_steps > 0
        self._runner.act(getattr(room, command.method))
        if has_learned and number != room.run_number and command.method in _REPLACED:
            toast("info", _REPLACED[command.method])

    def _toggle_menu(self) -> None:
        self.menu.visible = not self.menu.visible

    def _make_main(self) -> Any:
        look = {"label": "Start", "hint": _START.hint, "disabled": True, "margin": 0}
        if in_notebook():
            return Button(color="primary", variant="solid", **look)
        return MainButton(color="primary", variant="contained", disable_elevation=True, **look)

    def _look_with(self, icon: str) -> dict[str, Any]:
        """The main button's look, with the icon of what it does now."""
        if isinstance(self._main, MainButton):
            return {"sx": _main_look(icon)}
        return {"stylesheets": [icons.icon(icon), _MAIN_IN_CELL]}

    def _make_menu(self) -> pn.Column:
        stop, reset, undo, run_to = (self._buttons[command] for command in _MENU)
        run_to.align = "end"
        return pn.Column(
            stop,
            reset,
            undo,
            pn.Row(self._goal.widget, run_to, sizing_mode="stretch_width"),
            visible=False,
            stylesheets=[_MENU_STYLE],
            name="more",
        )


def _make_button(command: Command) -> Button:
    sheets = [_BARE, icons.icon(command.icon), _ICON_IF_NARROW] if command.icon else [_ENTRY]
    width = {} if command.icon else {"sizing_mode": "stretch_width"}
    return Button(
        label=command.label, hint=command.hint, disabled=True, stylesheets=sheets, margin=0, **width
    )


def _main_look(icon: str) -> dict[str, Any]:
    return {
        "height": 40,
        "minWidth": 116,
        "borderRadius": "20px",
        "fontSize": "15px",
        "fontWeight": 600,
        "&::before": {**icons.mask(icon), "marginRight": "8px"},
    }


#: The main button where it is none of Material's.
_MAIN_IN_CELL = """
.bk-btn { height: 40px; min-width: 116px; border: none !important; border-radius: 20px;
          font-size: 15px; font-weight: 600;
          background: var(--mui-palette-primary-main) !important;
          color: var(--mui-palette-primary-contrastText) !important; }
.bk-btn:disabled { opacity: 0.45; }
"""

#: Look of the bar.
BAR = f"""
:host {{ position: sticky; top: 0; z-index: 20; height: {BAR_HEIGHT}px; box-sizing: border-box;
        padding: 7px 14px 0; gap: 6px; flex: none;
        background: var(--mui-palette-background-paper);
        border-bottom: 1px solid var(--mui-palette-divider); }}
{ON_PHONE} {{
  :host {{ position: fixed; top: auto; bottom: 0; left: 0; right: 0; height: auto; gap: 2px 4px;
          padding: 6px 10px; flex-wrap: wrap; justify-content: space-between;
          border: none; border-top: 1px solid var(--mui-palette-divider); }}
}}
"""
#: Where there is no room for labels they are for screen readers alone.
_ICON_IF_NARROW = f"{IF_NARROW} {{ .bk-btn {{ font-size: 0 !important; gap: 0 !important; }} }}"
_GROWING = f"""
:host {{ flex: 1 1 0; min-width: 0; }}
{ON_PHONE} {{ :host {{ order: 8; flex: 1 1 90px; width: auto !important; }} }}
"""
_BARE = """
.bk-btn { background: none !important; border: none !important; box-shadow: none !important;
          border-radius: 8px; height: 40px; min-width: 40px; padding: 0 8px;
          font-size: 14px !important; color: var(--mui-palette-text-primary) !important; }
.bk-btn:hover:not(:disabled) { background: var(--mui-palette-divider) !important; }
.bk-btn:disabled { opacity: 0.38; }
"""
_ENTRY = """
.bk-btn { width: 100%; height: 34px; text-align: left; border: none !important;
          box-shadow: none !important; background: none !important; border-radius: 8px;
          color: var(--mui-palette-text-primary) !important; }
.bk-btn:hover:not(:disabled) { background: var(--mui-palette-divider) !important; }
.bk-btn:disabled { opacity: 0.45; }
"""
_MENU_STYLE = f"""
:host {{ position: absolute; right: 10px; top: {BAR_HEIGHT - 4}px; width: 250px; z-index: 30;
        height: max-content !important; max-height: none !important; box-sizing: border-box;
        padding: 8px; gap: 2px; border-radius: 12px;
        background: var(--mui-palette-background-paper);
        border: 1px solid var(--mui-palette-divider); box-shadow: 0 8px 24px rgba(0, 0, 0, 0.2); }}
{ON_PHONE} {{ :host {{ top: auto; bottom: calc(100% + 4px); }} }}
"""
