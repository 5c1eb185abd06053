import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.shares_page

LOCKED = "Locked while training. Stop to change."

RATE = "Learning rate must be above 0 and at most 1, got "
#: Label, what is entered, the toast.
REFUSED = [
    ("Learning rate", "3", f"{RATE}3"),
    ("Learning rate", "abc", f"{RATE}'abc'"),
    ("Learning rate", "", f"{RATE}''"),
    ("Learning rate", "nan", f"{RATE}nan"),
    ("Learning rate", "1e999", f"{RATE}inf"),
    ("Discount factor", "1.5", "Discount factor must be a number from 0 to 1, got 1.5"),
    ("Epsilon", "-0.1", "Epsilon must be a number from 0 to 1, got -0.1"),
    ("Epsilon decay", "0", "Epsilon decay must be above 0 and at most 1, got 0"),
    ("Minimum epsilon", "2", "Minimum epsilon must be a number from 0 to 1, got 2"),
    ("Initial Q", "x", "Initial Q must be a number from -1,000,000 to 1,000,000, got 'x'"),
    ("Episodes", "0", "Episodes must be a whole number from 1 to 10,000,000, got 0"),
    ("Episodes", "2.5", "Episodes must be a whole number from 1 to 10,000,000, got 2.5"),
    ("Seed", "-1", "Seed must be a whole number from 0 to 4,294,967,295, got -1"),
    ("Slip", "1.1", "Slip must be a number from 0 to 1, got 1.1"),
    ("Maximum steps", "0", "Maximum steps must be a whole number from 1 to 10,000,000, got 0"),
    ("Steps per update", "0", "Steps per update must be a whole number from 1 to 1,000,000, got 0"),
    ("Frames per second", "0", "Frames per second must be a whole number from 1 to 60, got 0"),
    ("Frames per second", "61", "Frames per second must be a whole number from 1 to 60, got 61"),
]


@pytest.mark.slow
def test_a_value_that_is_not_allowed_gives_a_toast_and_the_old_one_stays(dashboard):
    for label, value, toast in REFUSED:
        old = dashboard.field(label).input_value()
        dashboard.enter(**{label: value})
        expect(dashboard.toasts(toast)).to_have_count(1)
        expect(dashboard.field(label)).to_have_value(old)
    dashboard.press("Step")
    expect(dashboard.number("Epsilon ε")).to_have_text("1.000")
    expect(dashboard.page.get_by_text("Episode 1 of 500")).to_be_visible()


def test_the_same_mistake_made_twice_is_told_twice(dashboard):
    for n_times in (1, 2):
        dashboard.enter(Seed="none")
        expect(dashboard.toasts("Seed must be")).to_have_count(n_times)
        expect(dashboard.field("Seed")).to_have_value("0")


def test_what_is_entered_reads_the_way_people_write_numbers(dashboard):
    for label, value, shown in (
        ("Learning rate", " 0.25 ", "0.25"),
        ("Learning rate", "1.0", "1"),
        ("Episodes", "1e3", "1000"),
        ("Seed", "7.0", "7"),
    ):
        dashboard.enter(**{label: value})
        expect(dashboard.field(label)).to_have_value(shown)
    expect(dashboard.page.get_by_text("Episode 0 of 1,000")).to_be_visible()


def test_a_field_counts_as_entered_when_it_is_left(dashboard):
    dashboard.field("Episodes").fill("42")
    dashboard.field("Seed").focus()
    expect(dashboard.page.get_by_text("Episode 0 of 42")).to_be_visible()


@pytest.mark.parametrize("held", ["Learning", "Paused"])
def test_settings_are_locked_while_training(dashboard, held):
    expect(dashboard.page.get_by_text(LOCKED)).not_to_be_visible()
    dashboard.choose("Random")
    expect(dashboard.field("Rows")).to_be_visible()
    dashboard.press("Start" if held == "Learning" else "Step")
    expect(dashboard.status).to_have_text(held)
    expect(dashboard.page.get_by_text(LOCKED)).to_be_visible()
    for label in ("Level", "Rows", "Columns", "Wall density", "Map seed", "Slip", "Maximum steps"):
        expect(dashboard.field(label)).to_be_disabled()
    for label in ("Learning rate", "Discount factor", "Epsilon", "Epsilon decay"):
        expect(dashboard.field(label)).to_be_disabled()
    for label in ("Minimum epsilon", "Initial Q", "Episodes", "Seed"):
        expect(dashboard.field(label)).to_be_disabled()
    for label in ("Steps per update", "Frames per second"):
        expect(dashboard.field(label)).to_be_enabled()
    dashboard.press("Stop")
    expect(dashboard.page.get_by_text(LOCKED)).not_to_be_visible()
    expect(dashboard.field("Rows")).to_be_enabled()


@pytest.mark.slow
def test_a_change_sent_past_a_locked_field_is_refused(dashboard):
    dashboard.press("Step")
    expect(dashboard.field("Seed")).to_be_disabled()
    for label, value in (("Learning rate", "0.7"), ("Level", "hard"), ("Seed", "5")):
        field = dashboard.field(label)
        old, walls = field.input_value(), dashboard.walls
        dashboard.send_value(label, value)
        expect(dashboard.toasts(f"{label} is locked")).to_have_count(1)
        expect(field).to_have_value(old)
        expect(field).to_be_disabled()
        assert dashboard.walls == walls
    dashboard.press("Stop", "Reset")
    expect(dashboard.status).to_have_text("Ready")
    expect(dashboard.field("Learning rate")).to_have_value("0.1")
    expect(dashboard.field("Seed")).to_have_value("0")
    expect(dashboard.field("Level")).to_have_value("Easy")


@pytest.mark.slow
def test_a_press_sent_past_a_disabled_button_changes_nothing(open_dashboard):
    dashboard = open_dashboard()
    dashboard.press_past("Stop")  # Panel 1.9 takes it, and the room refuses
    expect(dashboard.status).to_have_text("Ready")
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")
    dashboard.press_past("Undo")  # there is no earlier run
    dashboard.page.wait_for_timeout(500)
    expect(dashboard.status).to_have_text("Paused")
    expect(dashboard.number("Total steps")).to_have_text("1")


#: Labels of the sliders, what the first key to the left makes of them, and what End does.
SLIDERS = [
    ("Learning rate", "0.09", "1"),
    ("Discount factor", "0.98", "1"),
    ("Epsilon", "0.99", "1"),
    ("Epsilon decay", "0.994", "1"),
]


def test_sliders_set_what_they_stand_for_by_keys_and_by_mouse(dashboard):
    for label, left, end in SLIDERS:
        field, slider = dashboard.field(label), dashboard.slider(label)
        first = field.input_value()
        for _ in range(2):  # the same place a second time, too
            slider.press("ArrowLeft")
            expect(field).to_have_value(left)
            dashboard.enter(**{label: first})
            expect(slider).to_have_value(first)
        slider.press("End")
        expect(field).to_have_value(end)
    for label, *_ in SLIDERS[:3]:
        dashboard.drag_to_middle(label)
        expect(dashboard.field(label)).to_have_value(re.compile(r"0\.(4[5-9]|5\d?)$"))
    dashboard.press("Step")
    expect(dashboard.status).to_have_text("Paused")
    expect(dashboard.number("Epsilon ε")).to_have_text(re.compile(r"^0\.(4[5-9]|5\d?)0*$"))


def test_the_speed_is_set_by_keys_and_stands_in_the_fields(dashboard):
    speed = dashboard.slider("Speed")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        speed.press(key)
    expect(dashboard.field("Steps per update")).to_have_value("5")
    expect(dashboard.field("Frames per second")).to_have_value("20")
    speed.press("End")
    turbo = dashboard.page.get_by_role("switch", name="Turbo")
    expect(turbo).to_be_checked()
    dashboard.toggle("Turbo")
    expect(turbo).not_to_be_checked()
    expect(dashboard.page.locator("b", has_text="100 steps/s")).to_be_visible()
