"""`MapEditor`: changes the map by brush, on the grid itself, and by its toolbar."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import param
from bokeh.models import Plot

from dashboard.editor.brushes import HINT, in_words
from dashboard.editor.draft import BRUSHES, MAX_SIZE, MIN_SIZE, Draft
from dashboard.editor.note import Note
from dashboard.editor.pointer import Place, PointerStrokes
from dashboard.editor.toolbar import Toolbar
from dashboard.rooms.seeds import draw_seed
from dashboard.session.labels import with_label
from dashboard.session.subscriptions import Watch, watch_always
from dashboard.session.toasts import toast
from gridworld import (
    LEVELS,
    GridWorldConfig,
    Snapshot,
    format_layout,
    parameters,
    random_layout,
    read_cells,
)

#: Parameters that a new random map leaves as they are.
_KEPT = tuple(
    name for name in GridWorldConfig.LEVEL_PARAMETERS if name not in ("wind", "later_layout")
)


class MapEditor(param.Parameterized):
    """Turns brush strokes and the toolbar's buttons into maps for a config.

    A person draws a draft. The config gets each draft that can be played at once, a stroke
    when it ends. For any other draft the problem is shown, and the config keeps the last good
    map. A map that the config gets from elsewhere becomes the draft, as a step that can be
    undone. The map that takes the place of the first one in mid-run has a draft of its own.

    Args:
        config: The world whose map is changed.
        is_locked: Returns whether it must not change now. Locking drops a draft that is not
            applied; `undo` brings it back.
        on_draft: Called with the draft's map text, None when it is the config's own, and
            with the problem of the draft, None without one; when either has changed.
        watch: Watches the config.

    Attributes:
        draft: The map that is being drawn.
        switch: A button that stays pressed while the map is edited.
        panel: All tools while it is; they have room in a column of 236 pixels.
        note: A line with the problem, to be placed above the map.
    """

    min_interval = 0.0

    editing = param.Boolean(
        default=False,
        label="Edit map",
        doc="Shows brushes; click or drag on the map to change its cells.",
    )
    draws_later = param.Boolean(
        default=False,
        label="Later map",
        doc="Draws the map that takes the place of the first one in mid-run.",
    )
    brush: Any = param.Selector(default="Wall", objects=list(BRUSHES), doc=HINT)
    row = parameters.Whole(
        default=0,
        bounds=(0, MAX_SIZE - 1),
        label="Cell row",
        doc="Row of the cell that the button Paint changes, from 0 at the top.",
    )
    col = parameters.Whole(
        default=0,
        bounds=(0, MAX_SIZE - 1),
        label="Cell column",
        doc="Column of the cell that the button Paint changes, from 0 at the left.",
    )
    n_rows = parameters.Whole(
        default=MIN_SIZE,
        bounds=(MIN_SIZE, MAX_SIZE),
        label="Map rows",
        doc="Height of the map, in cells; changed at its lower edge.",
    )
    n_cols = parameters.Whole(
        default=MIN_SIZE,
        bounds=(MIN_SIZE, MAX_SIZE),
        label="Map columns",
        doc="Width of the map, in cells; changed at its right edge.",
    )
    text = parameters.Text(
        default="",
        label="Map text",
        doc="The map, to be copied or pasted, one line a row: S start, G goal, . free, "
        "# wall, X pit (ends the episode), C cliff (back to start).",
    )

    def __init__(
        self,
        config: GridWorldConfig,
        is_locked: Callable[[], bool] = lambda: False,
        on_draft: Callable[[str | None, str | None], None] = lambda layout, problem: None,
        watch: Watch = watch_always,
    ) -> None:
        super().__init__()
        self.config, self._is_locked, self._on_draft = config, is_locked, on_draft
        self.watch = watch
        self._drafts: dict[str, Draft] = {}
        self._followed: dict[str, str] = {}
        self._problem: str | None = None
        self._unreadable = False  # the text that was entered is no map
        self._told: tuple[str | None, str | None] = (None, None)
        self._stroking = False
        self._busy_until = 0.0
        self._locked = is_locked()
        self._strokes: PointerStrokes | None = None
        self._note = Note()
        self.note = self._note.panel
        self._show()
        self._toolbar = Toolbar(self)
        self.switch, self.panel = self._toolbar.switch, self._toolbar.panel
        self.param.watch(lambda _: self._listen(), "editing")
        self.param.watch(lambda _: self._say(), ["editing", "brush"])
        self.param.watch(lambda _: self._changed(), "draws_later")
        self.param.watch(lambda _: self._tell(), "editing")
        self.param.watch(self._on_size, ["n_rows", "n_cols"])
        self.param.watch(self._on_text, "text")
        watch(config, [*GridWorldConfig.MAP_PARAMETERS, "later_layout"], self._follow)
        watch(config, ["wind", "gust", "moves"], self._judge_again)

    @property
    def draft(self) -> Draft:
        """The map that is being drawn: the first one, or the later one."""
        name = self._drawn
        if name not in self._drafts:
            self._followed[name] = self._text_of(name)
            self._drafts[name] = Draft(self._followed[name])
        return self._drafts[name]

    @property
    def active(self) -> bool:
        """Whether clicks on the map change it."""
        return self.editing and not self._is_locked()

    @property
    def locked(self) -> bool:
        """Whether nothing may change."""
        return self._is_locked()

    @property
    def unapplied(self) -> str | None:
        """The draft's map text, None if the config has that map."""
        return None if self._is_applied else self.draft.text

    @property
    def shown(self) -> str | None:
        """The map text to be shown in place of the run's or the config's map, None for that."""
        is_drawn = self.editing and (self.draws_later or not self.config.layout)
        return self.draft.text if is_drawn else self.unapplied

    @property
    def problem(self) -> str | None:
        """Why the map that is being drawn cannot be played, in words; None if it can."""
        return self._problem

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._unreadable or self.draft.can_undo

    def update(self, snapshot: Snapshot | None = None) -> None:
        """Locks or unlocks itself, like a view that draws snapshots."""
        locked = self._is_locked()
        if locked == self._locked:
            return
        self._locked = locked
        if locked:
            self._follow()
        self._toolbar.lock(locked)
        self._listen()
        self._say()

    def undo(self) -> None:
        """Takes the last change of the map back; first of all text that is no map."""
        self._change((lambda: None) if self._unreadable else self.draft.undo)

    def redo(self) -> None:
        """Makes the last change that was undone again."""
        self._change(self.draft.redo)

    def clear(self) -> None:
        """Makes every cell free."""
        self._change(self.draft.clear)

    def draw_random(self) -> None:
        """Draws a new random map of the present size; rewards stay, wind is calm."""
        if self._refuses():
            return
        if self.draws_later:
            drawn = random_layout(*self.draft.shape, self.config.wall_density, draw_seed())
            self._change(lambda: self.draft.replace(drawn))
            return
        kept = {name: getattr(self.config, name) for name in _KEPT}
        n_rows, n_cols = self.draft.shape
        self.config.param.update(
            level="random", n_rows=n_rows, n_cols=n_cols, map_seed=draw_seed(), wind=()
        )
        self.config.param.update(**kept)
        self._follow()

    def drop_later(self) -> None:
        """Has the map stay as it is during the run."""
        if not self._refuses():
            self.config.param.update(later_layout="")
            self._follow()

    def paint_cell(self) -> str:
        """Paints the cell at `row` and `col`; returns what became of it, in words."""
        if self._refuses():
            return ""
        try:
            is_changed = self.draft.paint(self.row, self.col, BRUSHES[self.brush])
        except ValueError as error:
            return with_label(error, self)
        self._changed()
        how = "now" if is_changed else "already"
        return f"({self.row}, {self.col}) is {in_words(self.brush)} {how}."

    def attach(self, plot: Plot) -> None:
        """Takes strokes on a plot whose cell ``(row, col)`` is centred at ``x=col, y=row``."""
        self._strokes = PointerStrokes(plot, self)
        self._listen()

    def begin_stroke(self) -> None:
        """Makes all painting from now on one step."""
        if self.active:
            self.draft.begin_stroke()
            self._stroking = True

    def paint(self, cells: Iterable[Place]) -> None:
        """Makes cells of the brush's kind, in a stroke; those beside the map are ignored."""
        if not (self.active and self._stroking):
            return
        n_rows, n_cols = self.draft.shape
        inside = [(i, j) for i, j in cells if 0 <= i < n_rows and 0 <= j < n_cols]
        changed = [self.draft.paint(*cell, BRUSHES[self.brush]) for cell in inside]
        started = time.monotonic()
        if any(changed) and started >= self._busy_until:
            self._tell()
            # A slow frame is drawn less often, or the stroke would lag behind.
            ended = time.monotonic()
            self._busy_until = ended + (ended - started)

    def end_stroke(self) -> None:
        """Ends the step, and gives the map to the config."""
        if self.active and self._stroking:
            self._changed()

    def _listen(self) -> None:
        if self._strokes is not None:
            self._strokes.listen(self.active)

    def _on_size(self, *_: param.parameterized.Event) -> None:
        if (self.n_rows, self.n_cols) != self.draft.shape:
            self._change(lambda: self.draft.resize(self.n_rows, self.n_cols))

    def _on_text(self, event: param.parameterized.Event) -> None:
        if event.new == self.draft.text and not self._unreadable:
            return
        try:
            self._change(lambda: self.draft.replace(event.new))
        except ValueError as error:
            # The text stays as it was entered, to be corrected.
            self._unreadable, self._problem = True, self._told_of(error)
            toast("error", self._problem)
            self._tell()
            self._toolbar.refresh()

    def _refuses(self) -> bool:
        if self._is_locked():
            toast("warning", "The map is locked while training. Stop to change.")
            self._show()
            return True
        return False

    def _change(self, change: Callable[[], None]) -> None:
        if not self._refuses():
            change()
            self._changed()

    def _changed(self) -> None:
        """Shows the draft as it is now, and has the config take it if it can be played."""
        self.draft.end_stroke()
        self._unreadable = self._stroking = False
        self._show()
        self._judge()
        self._toolbar.refresh()

    def _judge(self) -> None:
        if self._unreadable:
            return
        self._problem = None
        if not self._is_applied:
            try:
                self.config.param.update(**{self._drawn: self.draft.text})
            except ValueError as error:
                self._problem = self._told_of(error)
        self._followed[self._drawn] = self._text_of(self._drawn)
        self._tell()

    def _judge_again(self) -> None:
        """Takes a change of what else decides whether a map can be played."""
        # Of several changes at once, the one of the map may be told later.
        has_other = self._followed.get(self._drawn) != self._text_of(self._drawn)
        (self._follow if has_other else self._judge)()

    def _follow(self) -> None:
        """Makes the config's maps the drafts, if they are not yet."""
        for name in [name for name in self._drafts if name != self._drawn]:
            if self._followed[name] != self._text_of(name):
                self._drafts[name].replace(self._text_of(name))
                self._followed[name] = self._text_of(name)
        self._followed[self._drawn] = self._text_of(self._drawn)
        if not self._is_applied or self._unreadable:
            self.draft.replace(self._text_of(self._drawn))
            self._changed()

    @property
    def _drawn(self) -> str:
        """The config's parameter that has the map which is drawn."""
        return "later_layout" if self.draws_later else "layout"

    def _text_of(self, name: str) -> str:
        """The config's map; the first one where there is no later one."""
        text = getattr(self.config, name) or self.config.layout
        # Where the world has no map, one of one's own is begun with this one.
        return format_layout(read_cells(text or LEVELS["easy"].layout))

    def _told_of(self, error: ValueError) -> str:
        return with_label(error, self.config, layout="Map", later_layout="Later map")

    @property
    def _is_applied(self) -> bool:
        """Whether the config has the map of the draft."""
        return self.draft.text == self._text_of(self._drawn)

    def _show(self) -> None:
        """Updates the fields for the size and the text."""
        n_rows, n_cols = self.draft.shape
        self.param.update(n_rows=n_rows, n_cols=n_cols, text=self.draft.text)

    def _tell(self) -> None:
        told = self.shown, self._problem
        if told == self._told:
            return
        self._told = told
        self._say()
        self._on_draft(*told)

    def _say(self) -> None:
        """Shows the problem above the map; without one, while it is edited, what a click does."""
        hint = f"Click or drag on the map: each cell becomes {in_words(self.brush)}."
        if self._locked:
            hint = "The map cannot be changed during a run."
        self._note.say(self._problem, hint if self.editing else None)
