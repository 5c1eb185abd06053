"""Widgets made from the Param classes, and the buttons that call the room."""

from functools import partial
from typing import Any

import panel as pn
import param

from dashboard.rooms.discarded import UNDO_OFFER
from dashboard.rooms.room import Room
from dashboard.session.runner import Runner
from dashboard.session.toasts import toast
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button
from dashboard.widgets.layout import wrapping_row
from gridworld import LEVELS, TUNABLE, LearningConfig, Snapshot, Status

LOCKED = "Locked while training. Stop to change."
_UNLOCKED = "Changes apply to the next run."

_IDLE, _RUNNING, _PAUSED = Status.IDLE, Status.RUNNING, Status.PAUSED
_OVER = {Status.STOPPED, Status.FINISHED, Status.FAILED}

#: Label, method of the room, statuses in which it is enabled, tooltip.
_BUTTONS = (
    ("Start", "start", {_IDLE, *_OVER}, "Begin a new run with these settings."),
    ("Pause", "pause", {_RUNNING}, "Hold the run still."),
    ("Resume", "resume", {_PAUSED}, "Go on with the run."),
    ("Step", "step", {_IDLE, _PAUSED}, "Take one step of the agent, and learn from it."),
    ("Episode", "step_episode", {_IDLE, _PAUSED}, "Go on to the end of the episode."),
    ("Stop", "stop", {_RUNNING, _PAUSED}, "End the run and unlock the settings."),
    ("Reset", "reset", {_RUNNING, _PAUSED, *_OVER}, "Clear all that was learned."),
    (
        "Undo: earlier run",
        "undo",
        set(Status),
        "Bring back the run that was shown before this one, and the settings it was left with.",
    ),
    (
        "Run to",
        "run_to_goal",
        {_IDLE, _RUNNING, _PAUSED, *_OVER},
        "Train until so many episodes are completed, then pause.",
    ),
)

#: Toast after a button has replaced a run in which something was learned.
_REPLACED = {
    "start": f"A new run has begun. {UNDO_OFFER}",
    "run_to_goal": f"A new run has begun. {UNDO_OFFER}",
    "reset": f"Cleared. {UNDO_OFFER}",
    "undo": "The earlier run is back. Undo leads to the other one again.",
}

#: Fields that only one level has.
_LEVEL_FIELDS = {
    "random": ("n_rows", "n_cols", "wall_density", "map_seed"),
}
#: Parameters of all learners that are about the run, and the others.
_RUN = ("num_episodes", "optimal_evaluations")
_AGENT = tuple(name for name in LearningConfig.param if name not in ("name", *_RUN))
_PACE = ("update_interval", "frame_rate", "finish_in", "turbo")


class Controls:
    """Sidebar and control bar.

    Attributes:
        sidebar: Environment, Agent and Run, locked while training.
        bar: Buttons and pace.
        buttons: The row of buttons in it.
    """

    min_interval = 0.0

    def __init__(self, room: Room, runner: Runner) -> None:
        self._room, self._runner = room, runner
        self._status: Status | None = None
        self._can_undo = False
        self._preparing: str | None = None
        self._ready = False
        self._problem: str | None = None
        watch = runner.subscriptions.watch
        self._fields: dict[tuple[param.Parameterized, str], Field] = {}
        # Fields of what all learners have turn from one config to another.
        self._first_config = room.learning_config
        self._pace = {name: Field(room.pace, name, width=130, watch=watch) for name in _PACE}
        self._goal = Field(room, "goal_episode", width=130, watch=watch)
        self._tuning_switch = Field(room.tuning, "allowed", watch=watch)
        self._tuned: dict[str, Field] = {}
        self._buttons = {
            label: Button(
                label=label,
                hint=hint,
                color="primary" if label == "Start" else "default",
                variant="solid" if label == "Start" else "outline",
                margin=4,
            )
            for label, _, _, hint in _BUTTONS
        }
        for label, method, *_ in _BUTTONS:
            self._buttons[label].on_click(partial(self._on_press, method))
        self._lock_note = pn.pane.HTML(_UNLOCKED, **_NOTE)
        self._level_note = pn.pane.HTML(**_NOTE)
        self._level_fields = pn.Column(sizing_mode="stretch_width")
        self._own_fields = pn.Column(sizing_mode="stretch_width")
        self._tuned_fields = pn.Column(sizing_mode="stretch_width")
        self.sidebar = self._make_sidebar()
        *buttons, _ = self._buttons.values()
        self.buttons = wrapping_row(*buttons, margin=_ROW_MARGIN)
        self.bar = self._make_bar()
        watch(room.world_config, ["level"], self._show_level)
        watch(room.learner, ["algorithm"], self._show_learner)
        watch(room.tuning, ["allowed"], self._show_tuning)
        self._show_level()
        self._show_learner()
        self.update(room.snapshot)
        for owner in room.setting_owners:
            watch(owner, list(owner.param), runner.draw)

    def update(self, snapshot: Snapshot) -> None:
        """Enables the buttons and fields that the status allows."""
        can_undo, preparing = self._room.can_undo, self._room.preparing
        before = self._status, self._can_undo, self._preparing
        if (snapshot.status, can_undo, preparing) == before:
            return
        self._status, self._can_undo, self._preparing = snapshot.status, can_undo, preparing
        for label, method, statuses, *_ in _BUTTONS:
            allowed = self._ready and not self._refuses(method) and self._status in statuses
            if method == "undo":
                allowed = allowed and can_undo
            if method in ("step", "step_episode"):  # these train at once
                allowed = allowed and not preparing
            self._buttons[label].disabled = not allowed
        for field in self._fields.values():
            field.widget.disabled = self._room.locked or not self._ready
        for field in (*self._pace.values(), self._goal, self._tuning_switch):
            field.widget.disabled = not self._ready
        for field in self._tuned.values():
            field.widget.disabled = not self._room.locked
        self._lock_note.object = LOCKED if self._room.locked else _UNLOCKED

    def set_ready(self) -> None:
        """Enables the widgets; to be called once the page has loaded.

        Panel sends nothing before, so a change of a setting would not be shown.
        """
        self._ready, self._status = True, None
        self.update(self._room.snapshot)

    def hold(self, problem: str | None) -> None:
        """Lets no run begin while the map has a problem; None for none."""
        self._problem, self._status = problem, None
        self.update(self._room.snapshot)

    def _on_press(self, method: str, _: param.parameterized.Event) -> None:
        if self._refuses(method):
            toast("warning", str(self._problem))
            return
        number, has_learned = self._room.run_number, self._room.snapshot.total_steps > 0
        self._runner.act(getattr(self._room, method))
        if has_learned and number != self._room.run_number and method in _REPLACED:
            toast("info", _REPLACED[method])

    def _refuses(self, method: str) -> bool:
        """Whether a problem of the map forbids this button."""
        is_refused = self._problem is not None and not self._room.locked
        return is_refused and method not in ("reset", "undo")

    def _widgets(self, owner: param.Parameterized, *names: str) -> list[Any]:
        """The fields' widgets; made when they are first shown, since each costs load time."""
        for name in names:
            if (owner, name) not in self._fields:
                field = Field(
                    owner,
                    name,
                    lambda: self._room.locked,
                    watch=self._runner.subscriptions.watch,
                    lock=self._room.lock,
                )
                field.widget.disabled = self._room.locked or not self._ready
                self._fields[owner, name] = field
        return [self._fields[owner, name].widget for name in names]

    def _show_level(self) -> None:
        world = self._room.world_config
        self._level_note.object = LEVELS[world.level].description
        self._level_fields[:] = self._widgets(world, *_LEVEL_FIELDS.get(world.level, ()))

    def _show_learner(self) -> None:
        config = self._room.learning_config
        for name in _AGENT + _RUN:
            self._fields[self._first_config, name].turn_to(config)
        own = [name for name in config.param if name not in LearningConfig.param]
        self._own_fields[:] = self._widgets(config, *own)

    def _show_tuning(self) -> None:
        room = self._room
        if room.tuning.allowed and not self._tuned:
            for name in TUNABLE:
                self._tuned[name] = field = Field(
                    room.tuning,
                    name,
                    lambda: not (room.locked and room.tuning.allowed),
                    why_locked="may change during a run only.",
                    watch=self._runner.subscriptions.watch,
                    lock=room.lock,
                )
                field.widget.disabled = not room.locked
        widgets = [field.widget for field in self._tuned.values()]
        self._tuned_fields[:] = widgets if room.tuning.allowed else []

    def _make_sidebar(self) -> pn.Column:
        def title(text: str) -> pn.pane.HTML:
            return pn.pane.HTML(f"<h2>{text}</h2>", stylesheets=[_TITLE], margin=(8, 10, 0, 10))

        room = self._room
        return pn.Column(
            self._lock_note,
            title("Environment"),
            *self._widgets(room.world_config, "level"),
            self._level_note,
            self._level_fields,
            *self._widgets(room.world_config, "slip", "max_steps"),
            title("Agent"),
            *self._widgets(room.learner, "algorithm"),
            *self._widgets(self._first_config, *_AGENT),
            self._own_fields,
            title("Run"),
            *self._widgets(self._first_config, *_RUN),
            *self._widgets(room, "seed"),
            self._tuning_switch.widget,
            self._tuned_fields,
            sizing_mode="stretch_width",
        )

    def _make_bar(self) -> pn.Column:
        pace = (field.widget for field in self._pace.values())
        run_to = self._buttons["Run to"]
        run_to.margin = (20, 4, 4, 4)  # level with the field beside it
        return pn.Column(
            self.buttons,
            wrapping_row(*pace, self._goal.widget, run_to, margin=_ROW_MARGIN),
            sizing_mode="stretch_width",
        )


_ROW_MARGIN = (4, 0)
_NOTE = {"margin": (8, 10), "sizing_mode": "stretch_width", "styles": {"font-size": "0.9rem"}}
_TITLE = "h2 { margin: 0; font-size: 1.1rem; }"
