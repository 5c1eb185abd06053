"""The map editor, in a browser."""

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS
from tests.dashboard.views.test_map import expect_map

pytestmark = pytest.mark.shares_page

EASY = LEVELS["easy"].layout
_LISTENS = """() => Bokeh.documents.some((document) =>
  [...document._all_models.values()].some((model) => model.subscribed_events?.has?.("panstart")))"""
#: Pixels between the plot's edge and the map.
BORDER = 4


def point(dashboard, row, col, n_rows=5, n_cols=5):
    """The middle of a cell on the page."""
    area = dashboard.page.locator(".bk-events").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    width, height = (box[side] - 2 * BORDER for side in ("width", "height"))
    return (
        box["x"] + BORDER + (col + 0.5) * width / n_cols,
        box["y"] + BORDER + (row + 0.5) * height / n_rows,
    )


def click(dashboard, *cells):
    for cell in cells:
        dashboard.page.mouse.click(*point(dashboard, *cell))


def drag(dashboard, *cells, hold=0):
    mouse = dashboard.page.mouse
    mouse.move(*point(dashboard, *cells[0]))
    mouse.down()
    dashboard.page.wait_for_timeout(hold)
    for cell in cells[1:]:
        mouse.move(*point(dashboard, *cell), steps=2)  # faster than a cell an event
    mouse.up()


def open_editor(dashboard):
    dashboard.press("Edit map")
    dashboard.button("Redo").wait_for()
    dashboard.page.wait_for_function(_LISTENS)
    # The note above the map moves it when it comes.
    dashboard.page.get_by_text("Click or drag on the map").wait_for()
    dashboard.page.get_by_role("radio", name="Wall").check()
    return dashboard


@pytest.fixture
def editor(dashboard):
    return open_editor(dashboard)


def painted(kind, *cells, layout=EASY):
    rows = [list(row) for row in layout.splitlines()]
    for row, col in cells:
        rows[row][col] = kind
    return "\n".join(map("".join, rows))


def test_clicks_and_drags_change_the_map_and_can_be_undone(editor):
    click(editor, (1, 0))
    expect_map(editor, painted("#", (1, 0)))
    expect(editor.field("Map text")).to_have_value(painted("#", (1, 0)))
    expect(editor.field("Level")).to_have_value("Custom")
    drag(editor, (4, 3), (4, 0))
    row = painted("#", (1, 0), *((4, col) for col in range(4)))
    expect_map(editor, row)
    editor.press("Undo")
    expect_map(editor, painted("#", (1, 0)))
    editor.press("Redo")
    expect_map(editor, row)


def test_quick_clicks_are_all_taken(editor):
    editor.page.get_by_role("radio", name="Pit").check()
    cells = [(0, 3), (0, 4), (1, 3), (1, 4)]
    click(editor, *cells)
    expect_map(editor, painted("X", *cells))


def test_a_drag_may_begin_with_a_rest(editor):
    drag(editor, (4, 0), (4, 3), (3, 3), hold=800)
    cells = [(4, 0), (4, 1), (4, 2), (4, 3), (3, 3)]
    expect(editor.field("Map text")).to_have_value(painted("#", *cells))
    editor.sent.clear()
    editor.page.mouse.move(*point(editor, 0, 0), steps=5)
    editor.page.wait_for_timeout(500)
    assert not editor.sent  # the pointer alone tells the server nothing
    editor.press("Undo")
    expect(editor.field("Map text")).to_have_value(EASY)


def test_a_map_without_a_way_is_said_and_cannot_be_started(editor):
    drag(editor, (3, 0), (3, 4))
    problem = editor.page.get_by_role("alert").filter(has_text="Map has no way to a goal")
    expect(problem).to_be_visible()
    expect_map(editor, painted("#", *((3, col) for col in range(5))))
    expect(editor.button("Start")).to_be_disabled()
    editor.press("Undo")
    expect(problem).not_to_be_visible()
    expect(editor.button("Start")).to_be_enabled()


def test_map_text_can_be_pasted_and_sizes_changed(editor):
    editor.enter_map("S.G\n...")
    expect_map(editor, "S.G\n...")
    editor.enter(Map_rows=3, Map_columns=2)
    expect(editor.page.get_by_role("alert").filter(has_text="Map has no goal")).to_be_visible()
    editor.enter(Map_columns=4)
    expect(editor.field("Map text")).to_have_value("S...\n....\n....")
    editor.enter_map("S.G\n.")
    expect(editor.toasts("Map row 1 has 1 cells, expected 3")).to_have_count(1)
    expect(editor.field("Map text")).to_have_value("S.G\n.")


def test_a_random_map_is_another_one_each_time(editor):
    texts = {editor.field("Map text").input_value()}
    for n_pressed in range(1, 4):
        editor.press("Random map")
        editor.wait_until(lambda: editor.field("Map text").input_value() not in texts)
        texts.add(editor.field("Map text").input_value())
        assert len(texts) == n_pressed + 1
    expect(editor.field("Level")).to_have_value("Random")


def test_the_editor_is_locked_while_training(dashboard):
    dashboard.enter(Episodes=10_000_000)
    editor = open_editor(dashboard)
    editor.press("Start")
    expect(editor.status).to_have_text("Learning")
    expect(editor.page.get_by_text("Stop the run to edit the map.")).to_be_visible()
    for name in ("Undo", "Redo", "Random map", "Clear", "Paint"):
        button = editor.page.get_by_role("button", name=name, exact=True)
        expect(button).not_to_be_visible()
    expect(editor.page.get_by_role("radio", name="Pit")).not_to_be_visible()
    expect(editor.field("Map text")).not_to_be_visible()
    editor.sent.clear()
    drag(editor, (4, 0), (4, 3))
    editor.page.wait_for_timeout(300)
    assert not [message for message in editor.sent if '"pan' in message.content]
    editor.press("Stop")
    expect_map(editor, EASY)
    expect(editor.button("Random map")).to_be_visible()


def test_a_map_is_made_by_keyboard_alone(dashboard):
    keyboard = dashboard.page.keyboard
    switch = dashboard.button("Edit map")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.focus()
    keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-pressed", "true")
    dashboard.page.get_by_role("radio", name="Wall").focus()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(dashboard.page.get_by_role("radio", name="Pit")).to_be_checked()
    keyboard.press("Tab")
    expect(dashboard.field("Cell row")).to_be_focused()
    keyboard.press("ArrowUp")
    expect(dashboard.field("Cell row")).to_have_value("1")
    keyboard.press("Tab")
    keyboard.press("ArrowUp")
    keyboard.press("Tab")
    keyboard.press("Enter")
    said = dashboard.page.get_by_role("status").filter(has_text="(1, 1) is a pit now.")
    expect(said).to_be_visible()
    expect_map(dashboard, painted("X", (1, 1)))
    dashboard.press("Done")
    expect(switch).to_be_focused()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(dashboard.button("Paint")).not_to_be_visible()


def test_clicks_on_the_map_change_nothing_while_the_editor_is_off(dashboard):
    dashboard.sent.clear()
    click(dashboard, (1, 0))
    drag(dashboard, (4, 0), (4, 3))
    dashboard.page.wait_for_timeout(300)
    assert not [message for message in dashboard.sent if '"pan' in message.content]
    expect_map(dashboard, EASY)
