import io
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from gridworld import LEVELS
from tests.dashboard.browsing import wait_until
from tests.dashboard.views.test_map import expect_map

pytestmark = pytest.mark.shares_page


def colour_of_the_floor(dashboard):
    """The pixel in the middle of the easy level's lower left cell."""
    picture = Image.open(
        io.BytesIO(dashboard.page.locator(".bk-Canvas").first.screenshot())
    ).convert("RGB")
    return picture.getpixel((picture.width // 10, picture.height * 9 // 10))


def steps_in_a_second(dashboard):
    steps = dashboard.total_steps
    dashboard.page.wait_for_timeout(1000)
    return dashboard.total_steps - steps


@pytest.mark.slow
def test_the_pace_changes_during_a_run(dashboard):
    dashboard.enter(Steps_per_update=1, Frames_per_second=2, Episodes=10_000_000)
    started = time.monotonic()
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=3)
    assert dashboard.total_steps <= 2 + 2 * (time.monotonic() - started)
    dashboard.watch_frames()
    dashboard.enter(Frames_per_second=20)
    n_frames = len(dashboard.frames)
    dashboard.wait_until(lambda: len(dashboard.frames) > n_frames + 60, seconds=15)
    dashboard.enter(Steps_per_update=500)
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 10_000, seconds=15)
    dashboard.toggle("Turbo")
    dashboard.wait_for_steps(more_than=dashboard.total_steps + 1_000_000, seconds=30)
    dashboard.toggle("Turbo")
    dashboard.enter(Steps_per_update=1)
    dashboard.wait_until(lambda: steps_in_a_second(dashboard) < 100)


def test_a_frame_is_one_message_and_the_browser_sends_none_back(dashboard):
    dashboard.choose("Hard")
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=400)
    dashboard.watch_frames()
    dashboard.sent.clear(), dashboard.received.clear()
    dashboard.page.wait_for_timeout(3000)
    n_frames = len(dashboard.frames)
    assert n_frames >= 10
    # An axis may once make room for longer labels, and the browser says so.
    assert len(dashboard.sent) <= 6
    # A page that has just been opened is told some values again, up to four times.
    assert len(dashboard.received) <= n_frames + 6


@pytest.mark.slow
def test_the_dark_theme_recolours_the_map_too(dashboard):
    assert min(colour_of_the_floor(dashboard)) > 200
    dashboard.press("Toggle theme")
    dashboard.wait_until(lambda: max(colour_of_the_floor(dashboard)) < 80)
    dashboard.choose("Medium")
    expect_map(dashboard, LEVELS["medium"].layout)
    dashboard.choose("Easy")
    dashboard.wait_until(lambda: max(colour_of_the_floor(dashboard)) < 80)
    dashboard.press("Toggle theme")
    dashboard.wait_until(lambda: min(colour_of_the_floor(dashboard)) > 200)


def test_the_curve_keeps_the_look_that_it_is_given(dashboard):
    """Panel's Material theme gives the axes of plots larger letters, and plots a frame."""
    look = dashboard.page.evaluate("""() => {
      const curve = [...Bokeh.documents[0].all_models].find((model) => model.type === "Figure")
      const [axis] = curve.below
      return [axis.axis_label_text_font_size, axis.axis_label_standoff, curve.outline_line_alpha]
    }""")
    assert look == ["11px", 2, 0]


def box_of(dashboard, part):
    """Where a part of the page is; what is written anew at that moment is nowhere."""
    boxes = []
    dashboard.wait_until(lambda: boxes.append(part.bounding_box()) or boxes[-1])
    return boxes[-1]


@pytest.mark.slow
@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844})
def test_a_phone_needs_no_sideways_scrolling_and_begins_with_the_settings_closed(open_dashboard):
    dashboard = open_dashboard()
    expect(dashboard.field("Level")).to_be_visible()
    expect(dashboard.field("Learning rate")).not_to_be_visible()
    dashboard.press("Start")
    dashboard.wait_for_steps()
    assert dashboard.page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in (
        *map(dashboard.button, ("Pause", "Step", "Episode", "Finish", "Reset")),
        dashboard.page.get_by_role("slider", name="Speed"),
        dashboard.progress,
    ):
        expect(part).to_be_visible()
        box = box_of(dashboard, part)
        assert 0 <= box["x"] < box["x"] + box["width"] <= 390
    dashboard.press("Settings")
    expect(dashboard.field("Learning rate")).to_be_visible()
    assert dashboard.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_buttons_work_by_keyboard_alone(dashboard):
    dashboard.button("Start").focus()
    dashboard.page.keyboard.press("Tab")
    expect(dashboard.button("Step")).to_be_focused()
    dashboard.page.keyboard.press("Space")
    expect(dashboard.number("Total steps")).to_have_text("1")
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.number("Total steps")).to_have_text("2")


def test_the_keyboard_gets_to_the_bar_at_once_and_keeps_its_place(dashboard):
    dashboard.page.mouse.click(640, 3)
    dashboard.page.keyboard.press("Tab")
    expect(dashboard.button("Skip to the transport bar")).to_be_focused()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.main_button).to_be_focused()
    dashboard.press("Episode", "Episode")
    expect(dashboard.page.get_by_text("● Live · episode 2")).to_be_visible()
    dashboard.history.focus()
    dashboard.page.keyboard.press("Home")
    dashboard.button("Start · Back to live").focus()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.history).to_be_focused()


@pytest.mark.slow
@pytest.mark.browser_context_args(color_scheme="dark", reduced_motion="reduce")
def test_a_page_follows_the_system_until_it_is_told_what_to_show_and_keeps_that(open_dashboard):
    dashboard = open_dashboard()
    dashboard.wait_until(lambda: max(colour_of_the_floor(dashboard)) < 80)
    seconds = dashboard.main_button.evaluate("(el) => getComputedStyle(el).transitionDuration")
    assert float(seconds.removesuffix("s")) < 0.001
    dashboard.press("Toggle theme")
    dashboard.layer("Visits").click()
    dashboard.layer("Optimal").click()
    dashboard.press("Length")
    dashboard.wait_until(lambda: min(colour_of_the_floor(dashboard)) > 200)
    dashboard.page.reload()
    dashboard.wait_for_pictures()
    dashboard.wait_until(lambda: min(colour_of_the_floor(dashboard)) > 200)
    for name in ("Visits", "Optimal", "Length"):
        expect(dashboard.chosen(name)).to_be_visible()


@pytest.mark.slow
def test_two_pages_are_two_trainings(open_dashboard):
    one, other = open_dashboard(), open_dashboard()
    one.choose("Hard")
    other.enter(Seed=5)
    one.press("Start")
    other.press("Start")
    one.wait_for_steps()
    other.wait_for_steps()
    one.press("Pause")
    expect(one.status).to_have_text("Paused")
    held, moving = one.total_steps, other.total_steps
    other.wait_for_steps(more_than=moving + 100)
    expect(other.status).to_have_text("Learning")
    assert one.total_steps == held
    expect(one.field("Seed")).to_have_value("0")
    assert len(one.walls) == 10
    assert len(other.walls) == 3


@pytest.mark.slow
def test_a_page_that_is_left_during_a_run_leaves_no_word_in_the_log(open_dashboard, server):
    dashboard = open_dashboard()
    dashboard.press("Start")
    dashboard.wait_for_steps(more_than=50)
    logged = server.log.stat().st_size
    dashboard.page.close()

    def told():
        return server.log.read_text()[logged:]

    wait_until(lambda: "WebSocket connection closed" in told(), 20)
    assert "Failed" not in told()
