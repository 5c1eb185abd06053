"""`Settings`: what the next run is made of, as fields beside the picture."""

import math
import time
from collections.abc import Sequence
from typing import Any

import panel as pn
import param

from dashboard.controls.speed import PACE
from dashboard.rooms.room import Room
from dashboard.rooms.seeds import draw_seed
from dashboard.session.runner import Runner
from dashboard.widgets import icons
from dashboard.widgets.fields import Field
from dashboard.widgets.hinted import Button
from dashboard.widgets.sliding import SlidingField
from dashboard.widgets.theme import soft
from dashboard.words.numbers import SYMBOLS
from gridworld import LEVELS, TUNABLE, Snapshot, Status

LOCKED = "Locked while training. Stop to change."
_TUNED = 'What is shown with "now" may be tuned; all else is locked until Stop.'

#: Fields that only one level has.
_LEVEL_FIELDS = {"random": ("n_rows", "n_cols", "wall_density", "map_seed")}
#: Parameters of all learners with a slider, and its least and greatest value and its step.
_SLIDERS: dict[str, tuple[float, float, float]] = {
    "learning_rate": (0.01, 1, 0.01),
    "discount_factor": (0, 1, 0.01),
    "epsilon": (0, 1, 0.01),
    "epsilon_decay": (0.9, 1, 0.001),
}
#: What explores otherwise than by ε; made when it is first wanted.
_OF_OTHER_WAYS = ("epsilon_episodes", "temperature", "confidence", "optimistic_q")
#: Parameters of all learners that are seldom changed.
_RARE = ("min_epsilon", "initial_q", "optimal_evaluations")
_SHOWN = (*_SLIDERS, "exploration", *_RARE, "num_episodes")
#: Time between two looks at what holds in the run, for what may be tuned.
_FOLLOW_SECONDS = 1.0


class Settings:
    """The learner, the run and what is seldom changed; locked while training.

    Args:
        room: The training.
        runner: Has the views draw.

    Attributes:
        panel: The fields in a column, or in a sheet on a phone.
    """

    min_interval = 0.2

    def __init__(self, room: Room, runner: Runner) -> None:
        self._room, self._runner = room, runner
        self._watch = runner.subscriptions.watch
        self._drawn: tuple[Any, ...] = ()
        self._fields: dict[tuple[param.Parameterized, str], Field] = {}
        # Fields of what all learners have turn from one config to another.
        self._first_config = room.learning_config
        self._pace = [Field(room.pace, name, watch=self._watch) for name in PACE]
        self._tuning_switch = Field(room.tuning, "allowed", watch=self._watch)
        self._tuned: dict[str, Field] = {}
        self._follow_at = -math.inf
        self._lock_note = pn.pane.HTML(stylesheets=[_LOCK], sizing_mode="stretch_width", margin=0)
        self._lock_note.visible = False
        self._level_note = pn.pane.HTML(stylesheets=[_NOTE], margin=(0, 0, 2, 0))
        self._book = Button(
            label="As in the book",
            hint="Bring back the world, the learner and the pace of the textbook's example.",
            visible=False,
            sizing_mode="stretch_width",
            stylesheets=[_BUTTON],
            margin=0,
        )
        self._book.on_click(lambda _: runner.act(room.as_in_the_book))
        self._level_fields, self._own_fields, self._way_fields, self._tuned_fields = (
            pn.Column(sizing_mode="stretch_width", margin=0) for _ in range(4)
        )
        self._dice = {
            name: _make_dice(f"Draw a {words}", hint)
            for name, words, hint in (
                ("seed", "seed", "Draw another seed of the run."),
                ("map_seed", "map seed", "Draw another map of this size and wall density."),
            )
        }
        for name, dice in self._dice.items():
            dice.on_click(lambda _, name=name: self._draw_seed(name))
        self._advanced_switch = Button(
            label="Advanced",
            hint="Slip, step limit, pace and other settings that are seldom changed.",
            stylesheets=[_DISCLOSE],
            margin=(4, 0),
        )
        self._advanced_switch.on_click(lambda _: self._show_advanced())
        self._advanced = pn.Column(visible=False, sizing_mode="stretch_width", margin=0)
        self.panel = self._lay_out()
        watch = self._watch
        watch(room.world_config, ["level"], self._show_level)
        watch(room.learner, ["algorithm"], self._show_learner)
        for config in room.learner.configs.values():
            # What one of them says decides which others matter.
            choices = [name for name in config.param if name in ("exploration", "averaging")]
            watch(config, choices, self._show_learner)
        watch(room.tuning, ["allowed"], self._refresh)
        self._show_level()
        self._show_learner()
        self.update(room.snapshot)
        for owner in room.setting_owners:
            watch(owner, list(owner.param), runner.draw)

    def update(self, snapshot: Snapshot) -> None:
        """Enables the fields that the status allows."""
        room = self._room
        is_tuning = room.locked and room.tuning.allowed
        if is_tuning:
            self._follow_run()
        is_other = not room.locked and room.is_as_in_the_book is False
        now = snapshot.status, room.locked, room.tuning.allowed, is_other
        if now == self._drawn:
            return
        self._drawn = now
        self._book.visible = is_other
        for field in self._fields.values():
            field.disabled = room.locked
        for dice in self._dice.values():
            dice.disabled = room.locked
        self._lock_note.param.update(object=_TUNED if is_tuning else LOCKED, visible=room.locked)
        self._show_tuning(is_tuning)

    def _follow_run(self) -> None:
        """Has the fields that may be tuned show what holds now, unless a person is typing."""
        room, now = self._room, time.monotonic()
        if now >= self._follow_at or room.status is not Status.RUNNING:
            self._follow_at = now + _FOLLOW_SECONDS
            if not any(field.is_being_typed for field in self._tuned.values()):
                room.follow_run()

    def _refresh(self) -> None:
        self.update(self._room.snapshot)

    def _draw_seed(self, name: str) -> None:
        room = self._room
        owner = room if name == "seed" else room.world_config
        with room.lock:
            if not room.locked:
                owner.param.update(**{name: draw_seed()})

    def _field(self, owner: param.Parameterized, name: str) -> Field:
        """A field; made when it is first shown, since each costs load time."""
        if (owner, name) not in self._fields:
            common: dict[str, Any] = {
                "is_locked": lambda: self._room.locked,
                "watch": self._watch,
                "lock": self._room.lock,
                "symbol": SYMBOLS.get(name, ""),
            }
            make = self._sliding if name in _SLIDERS else Field
            field = make(owner, name, **common)
            field.disabled = self._room.locked
            self._fields[owner, name] = field
        return self._fields[owner, name]

    def _sliding(self, owner: param.Parameterized, name: str, **options: Any) -> SlidingField:
        return SlidingField(owner, name, *_SLIDERS[name], **options)

    def _widgets(self, owner: param.Parameterized, *names: str) -> list[Any]:
        return [self._field(owner, name).widget for name in names]

    def _show_level(self) -> None:
        world = self._room.world_config
        self._level_note.object = LEVELS[world.level].description
        widgets = self._widgets(world, *_LEVEL_FIELDS.get(world.level, ()))
        if widgets:
            *sizes, density, seed = widgets
            widgets = [_in_row(sizes), density, _in_row([seed, self._dice["map_seed"]])]
        self._level_fields[:] = widgets
        self._show_slip()

    def _show_slip(self) -> None:
        """Hides what the environment of a level has of its own."""
        world = self._room.world_config
        slip = self._fields.get((world, "slip"))
        if slip is not None:
            slip.widget.visible = LEVELS[world.level].env is None

    def _show_learner(self) -> None:
        config = self._room.learning_config
        used = config.in_effect
        own = [name for name in used if name not in config.common()]
        if self._own_fields.objects != (fields := self._widgets(config, *own)):
            self._own_fields[:] = fields
        of_way = [name for name in _OF_OTHER_WAYS if name in used]
        if self._way_fields.objects != (fields := self._widgets(self._first_config, *of_way)):
            self._way_fields[:] = fields
        for field in self._common_fields.values():
            field.turn_to(config)
        self._show_used()

    @property
    def _common_fields(self) -> dict[str, Field]:
        """The fields of what all learners have, as far as they are made, by their names."""
        return {
            name: field
            for (owner, name), field in self._fields.items()
            if owner is self._first_config and name in (*_SHOWN, *_OF_OTHER_WAYS)
        }

    def _show_used(self) -> None:
        """Shows the fields that matter, those that may be tuned in place of those that are not."""
        room, config = self._room, self._room.learning_config
        is_tuning = room.locked and room.tuning.allowed
        used = [name for name in config.in_effect if name in config.common()]
        for name, field in self._common_fields.items():
            field.widget.visible = name in used and not (is_tuning and name in TUNABLE)
        for name, field in self._tuned.items():
            field.widget.visible = name in used

    def _show_tuning(self, is_tuning: bool) -> None:
        """Has the fields that may be tuned take the place of those that are locked."""
        room = self._room
        if is_tuning and not self._tuned:
            for name in TUNABLE:
                make = self._sliding if name in _SLIDERS else Field
                self._tuned[name] = make(
                    room.tuning,
                    name,
                    is_locked=lambda: not (room.locked and room.tuning.allowed),
                    why_locked="may change during a run only.",
                    watch=self._watch,
                    lock=room.lock,
                    symbol=SYMBOLS[name],
                )
            self._tuned_fields[:] = [field.widget for field in self._tuned.values()]
        self._tuned_fields.visible = is_tuning
        self._show_used()

    def _show_advanced(self) -> None:
        if not len(self._advanced):
            self._advanced[:] = self._make_advanced()
            self._drawn = ()
            self._refresh()
        self._advanced.visible = not self._advanced.visible
        self._advanced_switch.stylesheets = (
            [_DISCLOSE, _OPEN] if self._advanced.visible else [_DISCLOSE]
        )

    def _make_advanced(self) -> Sequence[Any]:
        pace = [field.widget for field in self._pace]
        of_world = self._widgets(self._room.world_config, "slip", "max_steps")
        self._show_slip()
        return [*of_world, *self._widgets(self._first_config, *_RARE), *pace]

    def _lay_out(self) -> pn.Column:
        room = self._room
        first = self._first_config
        self._widgets(first, *_RARE)
        return pn.Column(
            self._lock_note,
            self._level_note,
            self._book,
            self._level_fields,
            _title("Learner"),
            *self._widgets(room.learner, "algorithm"),
            self._tuned_fields,
            *self._widgets(first, "learning_rate", "discount_factor"),
            self._own_fields,
            *self._widgets(first, "exploration", "epsilon", "epsilon_decay"),
            self._way_fields,
            _title("Run"),
            _in_row(
                [
                    *self._widgets(first, "num_episodes"),
                    *self._widgets(room, "seed"),
                    self._dice["seed"],
                ]
            ),
            self._advanced_switch,
            self._advanced,
            self._tuning_switch.widget,
            stylesheets=[_COLUMN],
            sizing_mode="stretch_width",
            margin=0,
            name="settings",
        )


def _title(text: str) -> pn.pane.HTML:
    return pn.pane.HTML(f"<h2>{text}</h2>", stylesheets=[_TITLE], margin=(6, 0, 2, 0))


def _in_row(widgets: Sequence[Any]) -> pn.Row:
    return pn.Row(*widgets, sizing_mode="stretch_width", margin=0, stylesheets=[_ROW])


def _make_dice(label: str, hint: str) -> Button:
    return Button(
        label=label,
        hint=hint,
        stylesheets=[_DICE, icons.icon("dice", bare=True)],
        align="end",
        margin=0,
    )


_COLUMN = ":host { gap: 6px; flex: none; }"
_LOCK = f"""
:host {{ padding: 6px 10px; border-radius: 8px; font-size: 12.5px; line-height: 1.35;
        box-sizing: border-box; background: {soft()};
        color: var(--mui-palette-text-secondary); }}
"""
_NOTE = ":host { font-size: 12.5px; line-height: 1.35; color: var(--mui-palette-text-secondary); }"
_TITLE = """
h2 { margin: 0; font-size: 11.5px; font-weight: 700; letter-spacing: 0.06em;
     text-transform: uppercase; color: var(--mui-palette-text-secondary); }
"""
_ROW = ":host { gap: 8px; align-items: end; }"
_BUTTON = """
.bk-btn { height: 32px; border-radius: 8px; font-size: 13px !important; padding: 0 10px;
          background: none !important; box-shadow: none !important;
          border: 1px solid var(--mui-palette-divider) !important;
          color: var(--mui-palette-primary-main) !important; }
"""
_DISCLOSE = """
.bk-btn { text-align: left !important; padding: 4px 0 !important; height: 28px;
          border: none !important; background: none !important; box-shadow: none !important;
          font-size: 13.5px !important;
          color: var(--mui-palette-text-primary) !important; }
.bk-btn::before { content: "▸" / ""; display: inline-block; width: 1.2em; }
"""
_OPEN = '.bk-btn::before { content: "▾" / ""; }'
_DICE = """
.bk-btn { width: 34px; height: 34px; padding: 0; border-radius: 8px; flex: none;
          border: 1px solid var(--mui-palette-divider) !important; box-shadow: none !important;
          background: none !important; color: var(--mui-palette-primary-main) !important; }
.bk-btn:disabled { opacity: 0.4; }
"""
