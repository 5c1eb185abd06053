import logging
import re
from html import unescape
from itertools import pairwise

import pytest
from bokeh.events import (
    DoubleTap,
    MouseEnter,
    MouseMove,
    Pan,
    PanEnd,
    PanStart,
    Press,
    PressUp,
    Tap,
)
from bokeh.models import Plot
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.editor.draft import BRUSHES, read_cells
from dashboard.editor.editor import MapEditor
from dashboard.editor.pointer import line
from gridworld import LEVELS, GridWorldConfig

EASY = LEVELS["easy"].layout


class Desk:
    """A config, an editor and a plot that it draws on."""

    def __init__(self, **parameters):
        self.locked = False
        self.told = []
        self.config = GridWorldConfig(**parameters)
        self.editor = MapEditor(
            self.config, lambda: self.locked, lambda *draft: self.told.append(draft)
        )
        self.plot = Plot()
        self.plot.on_event(MouseEnter, lambda: None)  # wanted by others
        self.editor.attach(self.plot)
        self.editor.editing = True

    def at(self, kind, row, col):
        """An event of the browser over a cell."""
        self.plot._trigger_event(kind(self.plot, x=col, y=row))

    def drag(self, *cells):
        self.at(PanStart, *cells[0])
        for cell in cells[1:]:
            self.at(Pan, *cell)
        self.at(PanEnd, *cells[-1])

    def lock(self, locked):
        self.locked = locked
        self.editor.update()

    def find(self, label):
        """The widget with that label."""
        return next(w for w in self.editor.panel.select() if label in labels(w))

    def paint_cell(self, row, col):
        """Paints by the fields and the button; returns what is said."""
        self.find("Cell row").value, self.find("Cell column").value = row, col
        self.find("Paint").clicks += 1
        said = [w.object for w in self.editor.panel.select() if 'role="status"' in text_of(w)]
        return re.sub("<.*?>", "", said[0])


def text_of(pane):
    return str(getattr(pane, "object", ""))


def labels(widget):
    return [getattr(widget, "label", None)]


@pytest.fixture
def desk():
    return Desk()


def painted(layout, kind, *cells):
    rows = [list(row) for row in layout.splitlines()]
    for row, col in cells:
        rows[row][col] = kind
    return "\n".join(map("".join, rows))


@pytest.mark.parametrize("kind", [Tap, DoubleTap])
def test_a_click_paints_a_cell_and_the_config_has_it(desk, kind):
    desk.at(kind, 1.4, 0.3)
    assert desk.config.layout == painted(EASY, "#", (1, 0))
    assert desk.config.level == "custom"


def test_a_pointer_held_still_paints_too_and_tells_its_moves_until_it_is_lifted(desk):
    before = set(desk.plot.subscribed_events)
    desk.at(Press, 4, 3)
    assert set(desk.plot.subscribed_events) == before | {MouseMove.event_name}
    desk.at(MouseMove, 4, 1)
    desk.at(PressUp, 4, 0)
    assert desk.config.layout == painted(EASY, "#", *((4, col) for col in range(4)))
    assert set(desk.plot.subscribed_events) == before
    desk.at(MouseMove, 0, 1)
    assert desk.editor.draft.text == desk.config.layout


@pytest.mark.parametrize("brush", ["Free", "Wall", "Start", "Goal", "Pit", "Cliff"])
def test_each_brush_paints_its_own_kind(desk, brush):
    desk.editor.brush = brush
    desk.at(Tap, 0, 1)
    desk.at(Tap, 0, 2)
    kind = {"Free": ".", "Wall": "#", "Start": "S", "Goal": "G", "Pit": "X", "Cliff": "C"}[brush]
    assert read_cells(desk.config.layout)[0, 1:3].tolist() == [kind, kind]


def test_a_drag_skips_no_cell_and_is_applied_and_undone_as_one(desk):
    layouts = []
    desk.config.param.watch(lambda event: layouts.append(event.new), "layout")
    desk.drag((4, 3), (4, 0), (3, 0))
    expected = painted(EASY, "#", (4, 3), (4, 2), (4, 1), (4, 0), (3, 0))
    assert layouts == [expected]
    desk.editor.undo()
    assert desk.config.layout == EASY


def test_a_drag_shows_before_it_ends(desk):
    desk.at(PanStart, 4, 0)
    desk.at(Pan, 3, 0)
    assert desk.config.layout == EASY
    assert desk.told[0] == (painted(EASY, "#", (4, 0)), None)
    desk.at(PanEnd, 3, 0)
    assert desk.told[-1] == (None, None)


def test_what_is_beside_the_map_is_ignored(desk):
    desk.drag((-50, 0), (1e9, 0))
    assert desk.config.layout == EASY  # its column has the only start, so it was not applied
    assert desk.editor.draft.text == painted(EASY, "#", *((row, 0) for row in range(5)))
    desk.editor.undo()
    for place in (float("nan"), float("inf"), None):
        desk.at(Tap, place, 0)
    assert desk.editor.draft.text == EASY


@given(st.tuples(*[st.integers(-1, 100)] * 2), st.tuples(*[st.integers(-1, 100)] * 2))
def test_a_line_leads_from_cell_to_cell_without_a_gap(start, end):
    cells = list(line(start, end))
    assert (cells[0], cells[-1]) == (start, end)
    for (row, col), (next_row, next_col) in pairwise(cells):
        assert max(abs(next_row - row), abs(next_col - col)) <= 1


def test_a_map_without_a_way_is_kept_and_said_and_the_config_has_the_last_good_one(desk):
    desk.drag((3, 0), (3, 4))
    walled = painted(EASY, "#", *((3, col) for col in range(5)))
    problem = "Map has no way to a goal from the start at row 0, column 0"
    assert desk.config.layout == EASY
    assert desk.told[-1] == (walled, problem)
    assert desk.editor.problem == problem
    assert problem in desk.editor.note.object
    desk.editor.brush = "Free"
    desk.at(Tap, 3, 0)
    assert desk.config.layout == painted(EASY, "#", *((3, col) for col in range(1, 5)))
    assert desk.told[-1] == (None, None)
    assert desk.editor.problem is None
    assert problem not in desk.editor.note.object


def test_the_line_above_the_map_says_what_a_click_does_and_keeps_a_problem(desk):
    editor = desk.editor
    assert "each cell becomes a wall." in editor.note.object
    editor.brush = "Cliff"
    assert "each cell becomes a cliff." in editor.note.object
    editor.clear()
    assert "each cell" not in editor.note.object
    assert 'role="alert"' in editor.note.object
    assert editor.problem in unescape(editor.note.object)
    editor.editing = False
    assert editor.problem in unescape(editor.note.object)
    editor.undo()
    assert editor.note.object == '<div role="alert"></div>'


def test_painting_over_the_last_start_says_so(desk):
    desk.at(Tap, 0, 0)
    assert desk.told[-1][1] == "Map has no start, it must have at least one 'S'"


def test_a_custom_map_keeps_slip_rewards_and_wind_that_fits():
    desk = Desk(level="windy_gridworld", slip=0.1)
    desk.at(Tap, 0, 0)
    wind = LEVELS["windy_gridworld"].parameters["wind"]
    config = desk.config
    assert (config.level, config.slip, config.step_reward) == ("custom", 0.1, -1)
    assert config.wind == wind
    desk.editor.n_cols = 12
    assert desk.config.wind == ()
    assert (config.slip, config.step_reward) == (0.1, -1)


def test_the_wind_may_stop_a_draft_and_calm_let_it_pass():
    desk = Desk(layout="....\nS..G", wind=(0, 0, 0, 0))
    desk.editor.brush = "Wall"
    desk.at(Tap, 0, 3)
    layout = "...#\nS..G"
    assert desk.config.layout == layout
    desk.config.wind = (0, 0, 1, 0)
    desk.at(Tap, 0, 0)
    desk.editor.undo()
    desk.config.wind = ()
    assert desk.config.layout == layout


def test_a_level_that_is_chosen_becomes_the_draft_and_can_be_undone(desk):
    desk.config.level = "hard"
    assert desk.editor.draft.text == LEVELS["hard"].layout
    assert (desk.editor.n_rows, desk.editor.n_cols) == (7, 7)
    desk.editor.undo()
    assert desk.config.layout == EASY
    desk.editor.redo()
    assert desk.config.layout == LEVELS["hard"].layout


def test_a_level_that_is_chosen_takes_the_place_of_a_bad_draft(desk):
    desk.editor.clear()
    assert desk.told[-1][1] is not None
    desk.config.level = "medium"
    assert desk.told[-1] == (None, None)


def test_the_size_changes_and_keeps_the_cells():
    desk = Desk(layout="S.\n.G\n..")
    desk.editor.n_rows = 2
    desk.editor.n_cols = 4
    assert desk.config.layout == "S...\n.G.."
    for name in ("n_rows", "n_cols"):
        for size in (1, 101):
            with pytest.raises(ValueError, match=f"^{name} must be"):
                setattr(desk.editor, name, size)


def test_a_random_map_has_the_size_of_the_draft_and_keeps_the_rewards():
    desk = Desk(layout="S..\n..G", step_reward=-3, max_steps=77, slip=0.2, wind=(1, 0, 0))
    drawn = set()
    for _ in range(8):
        desk.editor.draw_random()
        config = desk.config
        drawn.add(config.layout)
        assert config.level == "random"
        assert (config.n_rows, config.n_cols) == (2, 3)
        assert (config.step_reward, config.max_steps, config.slip) == (-3, 77, 0.2)
        assert desk.editor.draft.text == config.layout
    assert len(drawn) > 1
    desk.editor.clear()
    desk.editor.draw_random()
    assert desk.told[-1] == (None, None)


def test_map_text_is_shown_and_taken(desk):
    desk.editor.text = "  S.G\r\n  ...\n"
    assert desk.config.layout == desk.editor.text == "S.G\n..."
    desk.editor.undo()
    assert desk.editor.text == EASY


def test_text_that_is_no_map_is_left_standing_and_undo_brings_the_map_back(desk, caplog):
    caplog.set_level(logging.INFO)
    desk.editor.text = "S.G\n.<b>"
    assert caplog.messages == ["Map row 1 has 4 cells, expected 3"]
    assert desk.editor.text == "S.G\n.<b>"
    assert desk.config.layout == EASY
    assert desk.told[-1] == (None, "Map row 1 has 4 cells, expected 3")
    desk.editor.undo()
    assert desk.editor.text == EASY
    assert desk.told[-1] == (None, None)


def test_text_is_never_taken_for_html(desk):
    desk.editor.text = "<b>\n<b>"
    assert "&lt;" in desk.editor.note.object
    assert "'<'" not in desk.editor.note.object


def test_nothing_changes_while_locked(desk, caplog):
    caplog.set_level(logging.INFO)
    desk.at(Tap, 1, 0)
    before = desk.config.layout
    desk.locked = True  # the widgets do not know it yet
    desk.at(Tap, 2, 0)
    desk.drag((2, 0), (3, 0))
    for act in (desk.editor.undo, desk.editor.redo, desk.editor.clear, desk.editor.draw_random):
        act()
    desk.editor.n_rows = 9
    desk.editor.text = "S.G\n..."
    assert desk.editor.paint_cell() == ""
    assert desk.config.layout == desk.editor.draft.text == desk.editor.text == before
    assert desk.editor.n_rows == 5
    assert set(caplog.messages) == {"The map is locked while training. Stop to change."}


def test_locking_in_the_midst_of_a_stroke_drops_it_and_undo_brings_it_back(desk):
    desk.at(PanStart, 4, 0)
    desk.lock(True)
    desk.at(Pan, 3, 0)
    desk.at(PanEnd, 3, 0)
    assert desk.told[-1] == (None, None)
    assert desk.config.layout == desk.editor.draft.text == EASY
    desk.lock(False)
    desk.editor.undo()
    assert desk.config.layout == painted(EASY, "#", (4, 0))


def test_the_browser_sends_strokes_only_while_they_are_wanted(desk):
    others = {"mouseenter"}
    wanted = (
        others
        | {"tap", "doubletap", "press", "pressup"}
        | {
            "panstart",
            "pan",
            "panend",
        }
    )
    assert set(desk.plot.subscribed_events) == wanted
    desk.lock(True)
    assert set(desk.plot.subscribed_events) == others
    desk.lock(False)
    assert set(desk.plot.subscribed_events) == wanted
    desk.editor.editing = False
    assert set(desk.plot.subscribed_events) == others
    desk.at(Tap, 1, 0)  # sent past it
    assert desk.config.layout == EASY


def test_a_finger_scrolls_the_page_unless_it_draws(desk):
    assert desk.plot.styles["touch-action"] == "pinch-zoom"
    desk.editor.editing = False
    assert desk.plot.styles["touch-action"] == "auto"


def test_the_tools_are_made_when_they_are_first_shown():
    editor = MapEditor(GridWorldConfig())
    assert not editor.panel.objects
    editor.editing = True
    assert editor.panel.visible
    editor.editing = False
    assert not editor.panel.visible


def test_the_switch_and_done_turn_editing_on_and_off():
    editor = MapEditor(GridWorldConfig())
    assert (editor.switch.label, editor.switch.value) == ("Edit map", False)
    editor.switch.value = True
    assert editor.editing
    assert editor.panel.visible
    done = next(w for w in editor.panel.select() if "Done" in labels(w))
    done.clicks += 1
    assert not editor.editing
    assert not editor.switch.value


def visible_labels(layout):
    """Labels of the widgets that are seen."""
    if not layout.visible:
        return set()
    found = {each for each in labels(layout) if each}
    return found.union(*map(visible_labels, getattr(layout, "objects", [])))


def test_during_a_run_a_line_says_that_it_must_be_stopped_in_place_of_the_tools(desk):
    assert {"Undo", "Brush", "Map text"} <= visible_labels(desk.editor.panel)
    desk.lock(True)
    assert visible_labels(desk.editor.panel) == {"Done"}
    lines = [text_of(pane) for pane in desk.editor.panel.select() if pane.visible]
    assert "<p>Stop the run to edit the map.</p>" in lines
    desk.lock(False)
    assert {"Undo", "Brush", "Map text"} <= visible_labels(desk.editor.panel)


def test_tools_that_are_first_shown_after_a_run_are_there():
    desk = Desk()
    desk.editor = editor = MapEditor(desk.config, lambda: desk.locked)
    desk.lock(True)
    editor.editing = True
    assert visible_labels(editor.panel) == {"Done"}
    desk.lock(False)
    assert "Undo" in visible_labels(editor.panel)


def test_a_cell_is_painted_by_its_row_and_column_and_it_is_said(desk):
    assert desk.paint_cell(1, 0) == "(1, 0) is a wall now."
    assert desk.config.layout == painted(EASY, "#", (1, 0))
    assert desk.paint_cell(1, 0) == "(1, 0) is a wall already."
    desk.editor.brush = "Free"
    assert desk.paint_cell(1, 0) == "(1, 0) is free now."
    assert desk.config.layout == EASY
    desk.editor.undo()
    assert desk.config.layout == painted(EASY, "#", (1, 0))


def test_the_row_and_column_stay_within_the_map(desk, monkeypatch):
    told = []
    monkeypatch.setattr("dashboard.widgets.fields.toast", lambda kind, text: told.append(text))
    desk.editor.row, desk.editor.col = 4, 3
    desk.editor.n_rows = 3
    row = desk.find("Cell row")
    assert (row.value, desk.editor.row) == (2, 2)
    for number in (3, -1):
        row.value = number
        assert (row.value, desk.editor.row) == (2, 2)
    assert told[-1] == "Cell row must be a whole number from 0 to 2, got -1"
    assert desk.find("Cell column").value == 3
    desk.editor.row = 50  # sent past the field
    before = desk.editor.draft.text
    assert desk.editor.paint_cell() == "Cell row must be from 0 to 2, got 50"
    row.value = None  # emptied
    assert row.value == 50
    assert desk.editor.draft.text == before


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(list(BRUSHES))), max_size=12
    )
)
def test_what_is_painted_by_keyboard_is_what_the_pointer_paints(cells):
    by_key, by_pointer = Desk(), Desk()
    for row, col, brush in cells:
        by_key.editor.brush = by_pointer.editor.brush = brush
        by_key.editor.param.update(row=row, col=col)
        by_key.editor.paint_cell()
        by_pointer.at(Tap, row, col)
    assert by_key.editor.draft.text == by_pointer.editor.draft.text
    assert by_key.config.layout == by_pointer.config.layout
    for _ in cells:
        by_key.editor.undo()
    assert by_key.editor.draft.text == EASY


def test_buttons_are_enabled_when_they_can_do_something(desk):
    undo, redo, clear = (desk.find(label) for label in ("Undo", "Redo", "Clear"))
    assert (undo.disabled, redo.disabled, clear.disabled) == (True, True, False)
    desk.at(Tap, 1, 0)
    assert (undo.disabled, redo.disabled) == (False, True)
    undo.clicks += 1
    assert desk.config.layout == EASY
    assert (undo.disabled, redo.disabled) == (True, False)


def test_wind_is_entered_as_numbers_with_commas(desk):
    desk.find("Moves, rewards and wind").value = True
    wind = desk.find("Wind")
    wind.value = "0, 1,2 0,  0"
    assert desk.config.wind == (0, 1, 2, 0, 0)
    assert wind.value == "0, 1, 2, 0, 0"
    for refused in ("1, 2", "a", "1.5,0,0,0,0", "-1,0,0,0,0", "9" * 5000):
        wind.value = refused
        assert desk.config.wind == (0, 1, 2, 0, 0)
        assert wind.value == "0, 1, 2, 0, 0"
    wind.value = ""
    assert desk.config.wind == ()


@pytest.mark.parametrize("name", ["Step", "Bump", "Goal", "Pit", "Cliff"])
def test_rewards_can_be_entered(desk, name):
    desk.find("Moves, rewards and wind").value = True
    desk.find(f"{name} reward").value = "-2.5"
    assert getattr(desk.config, f"{name.lower()}_reward") == -2.5


@pytest.mark.parametrize("first", LEVELS)
def test_any_level_after_another_has_its_own_map_in_the_editor(first):
    """Of what a level changes at once, the map may be told last."""
    if first == "custom":
        return
    for second in [name for name, level in LEVELS.items() if level.layout]:
        desk = Desk(level=first)
        desk.config.level = second
        assert desk.config.layout == LEVELS[second].layout == desk.editor.draft.text


def test_the_later_map_has_a_draft_of_its_own(desk):
    later = painted(EASY, "#", (4, 0))
    desk.editor.draws_later = True
    assert desk.editor.draft.text == EASY
    desk.at(Tap, 4, 0)
    assert (desk.config.layout, desk.config.later_layout) == (EASY, later)
    desk.editor.draws_later = False
    assert desk.editor.draft.text == EASY
    desk.at(Tap, 0, 1)
    assert desk.config.layout == painted(EASY, "#", (0, 1))
    assert desk.config.later_layout == later
    desk.editor.draws_later = True
    assert desk.editor.draft.text == later == desk.editor.shown
    desk.editor.undo()
    assert desk.config.later_layout == EASY
    desk.editor.redo()
    desk.editor.drop_later()
    assert desk.config.later_layout == ""
    assert desk.editor.draft.text == desk.config.layout


def test_a_later_map_without_a_way_is_said_and_not_taken(desk):
    desk.editor.draws_later = True
    for cell in ((3, 4), (4, 3), (3, 3)):
        desk.at(Tap, *cell)
    assert desk.editor.problem == "Later map has no way to a goal from the start at row 0, column 0"
    assert desk.config.later_layout == painted(EASY, "#", (3, 4))
    desk.editor.text = "S.\n.G"
    assert desk.editor.problem == "Later map must have 5 rows and 5 columns as the map, got 2 and 2"
