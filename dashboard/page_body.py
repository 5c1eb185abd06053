"""`TrainingPanel`: all that shows a training, and how it is laid out."""

from collections.abc import Callable
from typing import Any

import panel as pn
from bokeh.events import DoubleTap, Tap

from dashboard.controls.tabs import Tab, Tabs
from dashboard.editor.editor import MapEditor
from dashboard.editor.mark import SettingsMark
from dashboard.rooms.look import Look
from dashboard.rooms.room import Room
from dashboard.session.runner import Runner
from dashboard.session.view import PlacedView, View
from dashboard.views.cell import CellView
from dashboard.views.cells import Dynamics
from dashboard.views.curves import CurvesView
from dashboard.views.grid import GridView
from dashboard.views.history import HistoryView
from dashboard.views.layers.stack import LayeredView
from dashboard.views.numbers import NumbersView
from dashboard.views.picture import OnMap, PictureView, Placing
from dashboard.views.replay import ReplayView
from dashboard.views.sentence import SentenceView, context_of
from dashboard.views.step import StepView
from dashboard.views.table import QTableView
from dashboard.widgets.hinted import Button
from dashboard.widgets.layout import COLUMN, NO_SCROLL_BUTTON, in_column, on_phone_at
from dashboard.widgets.theme import CARD, ON_PHONE
from dashboard.words.facts import Context, has_map, plans
from gridworld import LEVELS, Snapshot, Status, Trainer

#: Quantities of the curve by what a level calls them.
_QUANTITIES = {"Episodes over steps": "Episodes"}


class TrainingPanel:
    """The picture with its layers and its history, and the words beside it.

    Args:
        room: The training.
        runner: Has the views draw.
        editor: Changes the map; None on a page that only watches.
        look: What this page showed before it was loaded anew; it is kept up to date.
        on_why: Called when a person asks why the run is judged as it is.

    Attributes:
        views: The views to be updated.
        columns: The picture's column and that of the words.
        inspector: The card with the step, the cell and the Q-table.
    """

    def __init__(
        self,
        room: Room,
        runner: Runner,
        editor: MapEditor | None,
        look: Look,
        on_why: Callable[[], None],
    ) -> None:
        snapshot = room.snapshot
        drawable = snapshot if has_map(snapshot) else Trainer().snapshot
        self._room, self._runner, self._editor, self._look = room, runner, editor, look
        self._grid = GridView(drawable, self._dynamics)
        self._cell = CellView(snapshot)
        self._layers = LayeredView(self._grid, drawable, self._one_message)
        self._history = HistoryView(room, self._one_message)
        self._replay = ReplayView(room, self._history, lambda: self._cell.cell, self._one_message)
        self._sentence = SentenceView(snapshot, self.context)
        self._numbers = NumbersView(snapshot)
        self._why = Button(
            label="Why?",
            hint="Why the policy is judged so, in the numbers of this run.",
            stylesheets=[_LINK],
            margin=0,
        )
        self._why.on_click(lambda _: on_why())
        self._curves = CurvesView(snapshot, self._one_message, runner.do_later)
        self._picture = PictureView(room.render, lambda: self._history.moment is None)
        self._mark = SettingsMark(room, editor, self._show_map, self._one_message)
        self._tabs = Tabs(
            [
                Tab("This step", self._in_tab(StepView(snapshot))),
                Tab("Cell", self._in_tab(self._cell)),
                Tab("Q-table", self._in_tab(QTableView())),
            ],
            room,
            self._one_message,
        )
        self.views: tuple[View, ...] = (
            self._history,  # first: it tells the others which moment to show
            Placing(self._place_picture, self._history.panel),
            self._history.follow(OnMap(self._grid)),
            self._history.follow(OnMap(self._layers)),
            self._history.follow(OnMap(StepMarks(self._grid))),
            self._history.follow(OnMap(Words(self._layers))),
            self._history.follow(self._picture),
            self._replay,
            self._mark,
            self._sentence,
            self._numbers,
            self._curves,
            Words(self._curves),
            self._tabs,
        )
        self._level = ""
        self._follow_level()  # before what the person chose
        self._wire()
        self.columns = self._lay_out()

    def _in_tab(self, view: PlacedView) -> PlacedView:
        """Has a view follow the history while its tab is open."""
        return self._history.follow(view, replays=False, redrawn=False)

    def _wire(self) -> None:
        """Connects the views with one another, and with what this page showed before."""
        room, runner, editor, look = self._room, self._runner, self._editor, self._look
        self._history.on_moment(lambda: self._tabs.update(room.snapshot))
        for event in (Tap, DoubleTap):  # two quick clicks on different cells are a DoubleTap, too
            self._grid.plot.on_event(event, self._on_tap)
        self._cell.on_select(self._mark_cell)
        self._curves.on_episode(self._history.show_episode)
        runner.each_tick += [self._history.tick, self._replay.tick]
        if editor is not None:
            editor.attach(self._grid.plot)
            editor.param.watch(lambda _: self._grid.allow_zoom(not editor.editing), "editing")
        if look.layers is not None:
            self._layers.choose(*look.layers)
        if look.curve is not None:
            self._curves.choose(*look.curve)
        for choice in (self._layers.backgrounds, self._layers.overlays):
            choice.param.watch(lambda _: look.keep(layers=self._layers.chosen), "value")
        self._curves.on_choice(lambda: look.keep(curve=self._curves.chosen))
        runner.subscriptions.watch(room.world_config, ["level"], self._follow_level)

    def _lay_out(self) -> tuple[pn.Column, pn.Column]:
        editor = self._editor
        notes = [self._mark.panel] if editor is None else [editor.note, self._mark.panel]
        self._history.banner.stylesheets = [*self._history.banner.stylesheets, _AT_TOP]
        banner = pn.Column(self._history.banner, stylesheets=[_OVER], margin=0)
        chips = pn.Row(
            self._layers.backgrounds,
            pn.Spacer(sizing_mode="stretch_width"),
            self._layers.overlays,
            stylesheets=[_CHIPS],
            sizing_mode="stretch_width",
            margin=0,
            name="layers",
        )
        grid = self._grid.boxed()
        line = pn.Row(
            pn.Column(self._history.panel, stylesheets=[_GROWING], margin=0),
            self._replay.panel,
            stylesheets=[_LINE],
            sizing_mode="stretch_width",
            margin=0,
            name="history",
        )
        curve = pn.Column(self._curves.panel, stylesheets=[CARD, _FILLING], margin=0)
        self.inspector = pn.Column(self._tabs.panel, stylesheets=[CARD, _LOW], margin=0)
        sentence, numbers, legend = (
            pn.Column(view.panel, sizing_mode="stretch_width", margin=0)
            for view in (self._sentence, self._numbers, self._layers)
        )
        numbers.append(self._why)
        above = pn.Column(
            *notes, banner, sizing_mode="stretch_width", stylesheets=[_NOTES], margin=0
        )
        # A phone shows them one below the other, in this order.
        ordered = (
            sentence,
            above,
            grid,
            self._picture.panel,
            legend,
            chips,
            curve,
            line,
            numbers,
            self.inspector,
        )
        for place, part in enumerate(ordered):
            part.stylesheets = [*part.stylesheets, on_phone_at(place)]
        self._on_map = [chips, grid, legend]
        self._place_picture()
        picture = pn.Column(
            chips,
            above,
            grid,
            self._picture.panel,
            legend,
            line,
            stylesheets=[COLUMN, in_column(-3)],
            margin=0,
        )
        words = pn.Column(
            sentence,
            numbers,
            curve,
            self.inspector,
            stylesheets=[COLUMN, in_column(-2)],
            margin=0,
        )
        return picture, words

    def show_draft(self, snapshot: Snapshot) -> None:
        """Shows a map that is being drawn, and what is wrong with it."""
        self._mark.update(snapshot)
        self._sentence.update(snapshot)
        self._place_picture()

    def set_dark(self, dark: bool) -> None:
        """Takes on the page's theme."""
        self._grid.set_dark(dark)
        self._curves.set_dark(dark)

    def renew(self) -> None:
        """Sends the curves again to a page that is back and may have got points twice."""
        self._curves.renew()

    def _dynamics(self) -> Dynamics:
        """Wind, slip and change of the map of the run that is shown."""
        world = self._room.trainer.origin.world
        changes = int(world["change_after"]) if world["later_layout"] else None
        return Dynamics(tuple(world["wind"]), world["slip"], world["gust"], changes)

    def context(self) -> Context:
        """What the words about the training need beside its snapshot."""
        problem = self._editor.problem if self._editor else None
        return context_of(self._room, problem)._replace(cell=self._cell.cell)

    def mark_answer(self, mark: Any) -> None:
        """Marks what an answer speaks of; None for nothing."""
        if mark is not None and mark[0] == "cell":
            self._mark_cell(mark[1])
        elif mark is None:
            self._grid.select(self._cell.cell)

    def _follow_level(self) -> None:
        """Has the curve show what the level's example in the book does."""
        level = self._room.world_config.level
        if level != self._level:
            self._level = level
            curve = LEVELS[level].curve
            quantity = _QUANTITIES.get(curve.quantity, curve.quantity)
            is_own = LEVELS[level].book is None
            self._curves.prefer(None if is_own else quantity, curve.lowest, level=level)

    def _show_map(self, layout: str | None) -> None:
        """Shows a map without values in place of the run's; None for the run's map."""
        self._grid.show_draft(layout)
        self._layers.suspend(layout is not None)
        if has_map(self._room.snapshot):
            self._layers.tell(self._room.snapshot)
        self._place_picture()

    def _place_picture(self) -> None:
        """Shows the grid, or where there is no map, what the environment draws of itself."""
        is_on_map = has_map(self._room.snapshot) or self._mark.shows_map
        for part, shown in (
            *((part, is_on_map) for part in self._on_map),
            (self._picture.panel, not is_on_map),
        ):
            others = [sheet for sheet in part.stylesheets if sheet != _HIDDEN]
            wanted = others if shown else [*others, _HIDDEN]
            if wanted != part.stylesheets:
                part.stylesheets = wanted

    def _on_tap(self, event: Any) -> None:
        """Chooses the cell that was clicked, and shows its card."""
        if self._mark.shows_map or (self._editor is not None and self._editor.editing):
            return
        cell = self._grid.cell_at(event.x, event.y)
        with self._one_message():
            self._cell.select(cell)
            self._mark_cell(cell)
            self._tabs.open("Cell")

    def _mark_cell(self, cell: tuple[int, int] | None) -> None:
        if not has_map(self._room.snapshot):
            return
        with self._one_message():
            self._grid.select(cell)

    def _one_message(self) -> Any:
        return self._runner.one_message()


class StepMarks:
    """Marks the last step on the grid while no run goes on.

    Args:
        grid: The grid.
    """

    min_interval = 0.25

    def __init__(self, grid: GridView) -> None:
        self._grid, self.panel = grid, grid.panel

    def update(self, snapshot: Snapshot) -> None:
        """Marks the step, or none."""
        is_still = snapshot.status in (Status.IDLE, Status.PAUSED)
        is_taken = not plans(snapshot)  # planning takes no steps
        self._grid.mark_step(snapshot.last_step if is_still and is_taken else None)


class Words:
    """Tells screen readers what a picture shows.

    Args:
        view: Draws the picture.
    """

    min_interval = 1.0

    def __init__(self, view: LayeredView | CurvesView) -> None:
        self._view, self.panel = view, view.panel

    def update(self, snapshot: Snapshot) -> None:
        """Writes the text in place of the picture."""
        self._view.tell(snapshot)


_HIDDEN = ":host { display: none !important; }"
#: At the right of the line under the numbers.
_LINK = """
:host { position: absolute; right: 0; top: 58px; z-index: 3; }
.bk-btn { height: 26px; padding: 0 8px !important; border: none !important; border-radius: 8px;
          background: none !important; box-shadow: none !important; font-size: 13px !important;
          color: var(--mui-palette-primary-main) !important; }
.bk-btn:hover { text-decoration: underline; }
"""
_CHIPS = """
:host { align-items: center; gap: 6px; flex: none; overflow-x: auto; scrollbar-width: none;
        container-type: inline-size; }
"""
_GROWING = ":host { flex: 1 1 250px; min-width: 0; }"
_NOTES = f"{NO_SCROLL_BUTTON} :host {{ flex: none; margin: -5px 0 !important; gap: 4px; }}"
#: The banner lies over the grid, which does not move when it comes.
_OVER = ":host { position: relative; height: 0; overflow: visible; z-index: 6; width: 100%; }"
#: Over the numbers of the columns. Bokeh would make it as high as what holds it.
_AT_TOP = """
:host { position: absolute; left: 0; right: 0; top: -9px; height: max-content !important;
        max-height: none !important; }
"""
_LINE = ":host { align-items: center; gap: 2px 8px; flex: none; flex-wrap: wrap; }"
_FILLING = f"""
:host {{ flex: 1 1 0; min-height: 170px; padding: 10px; overflow: hidden; }}
{ON_PHONE} {{ :host {{ flex: none; height: 212px; }} }}
"""
_LOW = f"""
:host {{ flex: none; height: 222px; overflow: auto; padding: 2px 12px; }}
{ON_PHONE} {{ :host {{ height: auto; min-height: 222px; }} }}
"""
