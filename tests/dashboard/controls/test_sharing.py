"""One training on several pages, each person in a browser of their own."""

import json
import re
import time
import urllib.request
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from gridworld import LEVELS
from tests.dashboard.browsing import OpenedDashboard, wait_until
from tests.dashboard.conftest import kept_pages, used_page
from tests.dashboard.forging import Forger
from tests.dashboard.views.test_map import expect_map
from tests.serving import APP, serve

GONE = "The training that was here is gone; this is a new one."
#: Bokeh's log of a message about a model that the page does not have, with its traceback.
UNKNOWN_MODEL = (
    r" |Traceback |error handling message"
    r"|bokeh\.core\.serialization\.UnknownReferenceError: can't resolve reference "
)
MAIN = ("Start", "Pause", "Resume")
CONTROLS = (
    *("Step", "Episode", "Finish", "More", "Stop", "Reset", "Undo", "Run to"),
    *("Share", "Advanced"),
)


@pytest.fixture(scope="module")
def server():
    """One that gives sessions up soon, and counts."""
    options = ("--unused-session-lifetime", "5000", "--check-unused-sessions", "500")
    with serve(APP, *options, "--plugins", "dashboard.server.plugin") as server:
        yield server


class OpenedWatch(OpenedDashboard):
    """A page that watches."""

    def wait_for_page(self):
        self.page.get_by_text("You are watching this training").wait_for()

    def _reveal(self, name, control):
        """Nothing is hidden behind a button."""

    def setting(self, label):
        return self.page.locator(f"dl > dt:text-is('{label}') + dd")


@pytest.fixture
def forgeries():
    """Patterns of what the server may log in this test; a test that forges adds to them."""
    return []


@pytest.fixture
def meet(new_context, server, forgeries):
    """Opens pages of different people; none of them may complain, nor the server."""
    opened, logged = [], server.log.stat().st_size

    def meet_one(url=server.url, kind=OpenedDashboard):
        opened.append(kind(new_context().new_page(), url))
        opened[-1].progress.wait_for()
        return opened[-1]

    yield meet_one
    assert [dashboard.troubles for dashboard in opened] == [[]] * len(opened)
    lines = server.complaints(logged)
    assert [line for line in lines if not any(re.match(p, line) for p in forgeries)] == []


@pytest.fixture(scope="module")
def teachers(browser):
    with kept_pages() as pages:
        yield pages


@pytest.fixture
def teacher(meet, teachers, make_context, server, request):
    """A page in control; `meet` looks whether the server complains of it, too."""
    with used_page(teachers, make_context, server.url, request) as teacher:
        teacher.enter(Seed=3, Episodes=100_000)
        yield teacher


@pytest.fixture
def student(meet, teacher):
    return meet(link(teacher, "watch"), OpenedWatch)


def link(dashboard, purpose):
    """A link from the card, which would lie over the page if it stayed open."""
    dashboard.press("Share")
    address = dashboard.page.get_by_role("link", name=f"Link to {purpose}").get_attribute("href")
    dashboard.press("Close Share")
    return address


def others(dashboard):
    return dashboard.page.get_by_role("status").filter(has_text="show")


def expect_layers(dashboard, **shown):
    for title, is_shown in shown.items():
        expect(dashboard.chosen(title)).to_have_count(int(is_shown))


def expect_the_same_picture(one, other):
    """Both show the same moment of a run that is held still."""
    expect(one.status).to_have_text("Paused")
    expect(other.status).to_have_text("Paused")
    other.wait_until(lambda: other.total_steps == one.total_steps)
    for name in ("trail", "episodes", "map"):
        with suppress(AssertionError):  # what differs says more
            other.wait_until(lambda name=name: drawn(other, name) == drawn(one, name))
        assert drawn(other, name) == drawn(one, name), name


def drawn(dashboard, name):
    """What a plot draws; the card under the pointer is each person's own."""
    return {key: column for key, column in dashboard.source(name).items() if key != "card"}


@pytest.mark.slow
def test_share_shows_a_link_to_watch_and_another_to_control(teacher, server):
    watch, control = link(teacher, "watch"), link(teacher, "control")
    assert watch != control
    for address in (watch, control):
        assert re.fullmatch(re.escape(server.url) + r"\?room=[\w-]{22}", address)
    # The page's own address leads here, too.
    assert teacher.page.url == control
    teacher.press("Share")
    promised = (
        "These settings only",
        "Nothing can be changed there.",
        "The address of this page, in the browser's address bar, is such a link too.",
    )
    for words in promised:
        expect(teacher.page.get_by_text(words)).to_be_visible()
    kept = "A training without an open page is kept for 30 minutes, then dropped"
    expect(teacher.page.get_by_text(kept)).to_be_visible()
    teacher.press("Close Share")
    expect(teacher.page.get_by_role("link", name="Link to watch")).not_to_be_visible()


@pytest.mark.slow
def test_each_link_is_copied_by_its_button_and_the_page_does_not_move_for_them(teacher):
    teacher.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    place = teacher.button("Start").bounding_box()
    teacher.press("Share")
    names = {"settings": "Link to these settings", "watch": "Link to watch"}
    for short, name in (names | {"control": "Link to control"}).items():
        teacher.button(f"Copy link: {short}").press("Enter")
        shown = teacher.page.get_by_role("link", name=name).get_attribute("href")
        teacher.wait_until(
            lambda shown=shown: teacher.page.evaluate("navigator.clipboard.readText()") == shown
        )
    teacher.press("Close Share")
    expect(teacher.button("Copy link: watch")).not_to_be_visible()
    assert teacher.button("Start").bounding_box() == place


@pytest.mark.slow
def test_who_watches_sees_the_same_in_step_and_has_nothing_to_change_it_with(teacher, student):
    for name in (*MAIN, *CONTROLS):
        expect(student.button(name)).to_have_count(0)
    for label in ("Level", "Seed", "Episodes", "Steps per update", "Map text", "Learning rate"):
        expect(student.field(label)).to_have_count(0)
    expect(student.button("Edit map")).to_have_count(0)
    expect(student.page.get_by_role("textbox")).to_have_count(0)
    expect(student.page.get_by_role("combobox")).to_have_count(0)
    expect(student.page.locator("input[type=file]")).to_have_count(0)
    expect(student.setting("Seed")).to_have_text("3")
    expect(student.setting("Episodes")).to_have_text("100,000")

    teacher.press("Start")
    student.wait_for_steps(more_than=200)
    teacher.press("Pause")
    expect_the_same_picture(teacher, student)
    steps = teacher.total_steps
    teacher.press("Step")
    expect(teacher.number("Total steps")).to_have_text(f"{steps + 1:,}")
    expect_the_same_picture(teacher, student)
    teacher.press("Stop")
    expect(student.status).to_have_text("Stopped")
    expect(student.toasts("Stopped:")).to_have_count(1)


@pytest.mark.slow
def test_who_watches_sees_another_level_and_other_settings(teacher, student):
    teacher.choose("Hard")
    teacher.enter(Learning_rate=0.25)
    expect(student.setting("Learning rate")).to_have_text("0.25")
    expect_map(student, LEVELS["hard"].layout)
    expect(student.page.get_by_text("Map text")).to_have_count(0)


@pytest.mark.slow
def test_who_watches_has_layers_cell_and_history_of_ones_own(teacher, student):
    teacher.press("Start")
    teacher.wait_for_steps(more_than=500)
    student.layer("Visits").click()
    student.layer("Policy").click()
    expect_layers(student, Visits=True, Policy=False)
    student.show("Cell")
    student.click_cell(4, 0)
    expect(student.page.get_by_role("heading", name="Cell (4, 0) free")).to_be_visible()
    expect(student.history).to_be_enabled()  # on a page that loads that may take its time
    student.history.press("Home")
    expect(student.page.get_by_text("Before the first step")).to_be_visible()
    trail = student.source("trail")

    steps = teacher.total_steps
    teacher.wait_for_steps(more_than=steps + 200)
    assert student.source("trail") == trail
    student.wait_until(lambda: student.total_steps > steps)  # the numbers go on
    expect_layers(teacher, Visits=False, Policy=True)
    expect(teacher.page.get_by_text("● Live")).to_be_visible()
    teacher.show("Cell")
    expect(teacher.page.get_by_text("Click a cell of the map")).to_be_visible()
    teacher.press("Pause")
    student.press("Back to live")
    expect_the_same_picture(teacher, student)


@pytest.mark.slow
def test_two_who_control_see_what_the_other_one_does(meet, teacher):
    # Always exploring: a run that turbo does not finish in the meantime.
    teacher.enter(Episodes=10_000_000, Epsilon_decay=1)
    other = meet(link(teacher, "control"))
    for one, another, value in ((teacher, other, "0.5"), (other, teacher, "0.7")):
        one.enter(Learning_rate=value)
        expect(another.field("Learning rate")).to_have_value(value)
    other.choose("Medium")
    expect(teacher.field("Level")).to_have_value("Medium")
    expect_map(teacher, LEVELS["medium"].layout)
    other.enter(Steps_per_update=7)
    expect(teacher.field("Steps per update")).to_have_value("7")
    teacher.press("Share")
    settings = teacher.page.get_by_role("link", name="Link to these settings")
    expect(settings).to_have_attribute("href", re.compile("level=medium.*&update_interval=7"))
    other.enter(Steps_per_update=8)
    expect(settings).to_have_attribute("href", re.compile("level=medium.*&update_interval=8"))
    teacher.press("Close Share")

    other.press("Start")
    expect(teacher.status).to_have_text("Learning")
    expect(teacher.field("Seed")).to_be_disabled()
    teacher.press("Pause")
    expect(other.button("Resume")).to_be_enabled()
    expect_the_same_picture(teacher, other)
    other.press("Resume")
    expect(teacher.button("Pause")).to_be_enabled()
    teacher.toggle("Turbo")
    expect(other.page.get_by_role("switch", name="Turbo")).to_be_checked()
    other.press("Stop")
    expect(teacher.field("Seed")).to_be_enabled()
    expect(teacher.button("Start")).to_be_enabled()
    expect(teacher.toasts("Stopped:")).to_have_count(1)
    other.press("Reset")
    expect(teacher.number("Total steps")).to_have_text("0")


@pytest.mark.slow
def test_pages_are_counted_and_a_closed_one_no_more(meet, teacher, student):
    for dashboard in (teacher, student):
        expect(others(dashboard)).to_have_text("1 more page shows this")
    third = meet(link(teacher, "watch"), OpenedWatch)
    for dashboard in (teacher, student, third):
        expect(others(dashboard)).to_have_text("2 more pages show this")
    third.page.close()
    student.page.close()
    expect(others(teacher)).to_have_count(0)


@pytest.mark.slow
def test_ones_own_reload_is_not_counted_as_another_page(open_dashboard):
    dashboard = open_dashboard()  # of a server that gives a session up after a minute only
    dashboard.press("Step")
    dashboard.page.reload()
    dashboard.wait_for_page()
    dashboard.progress.wait_for()
    expect(others(dashboard)).to_have_count(0, timeout=3_000)


@pytest.mark.slow
def test_a_reload_and_a_second_device_come_back_to_the_training(meet, teacher):
    teacher.press("Start")
    teacher.wait_for_steps(more_than=200)
    teacher.press("Pause")
    expect(teacher.status).to_have_text("Paused")
    steps = teacher.total_steps
    teacher.page.reload()
    teacher.wait_for_page()
    teacher.progress.wait_for()
    assert teacher.total_steps == steps
    expect(teacher.status).to_have_text("Paused")
    expect(teacher.field("Seed")).to_have_value("3")
    device = meet(teacher.page.url)
    expect_the_same_picture(teacher, device)
    device.press("Resume")
    teacher.wait_for_steps(more_than=steps)


def n_steps(server):
    """Updates of all trainings of the server so far."""
    with urllib.request.urlopen(server.url.replace("/app", "/metrics")) as answer:
        return float(re.search(r"gridworld_steps_total (\d\S*)", answer.read().decode())[1])


@pytest.mark.slow
def test_a_training_that_nobody_watches_rests_and_goes_on_when_someone_returns(
    meet, teacher, server
):
    teacher.press("Start")
    teacher.wait_for_steps(more_than=200)
    address, steps = teacher.page.url, teacher.total_steps
    teacher.page.close()

    def rests():
        before = n_steps(server)
        time.sleep(1)
        return n_steps(server) == before

    wait_until(rests, seconds=20)
    returned = meet(address)
    expect(returned.status).to_have_text("Learning")
    returned.wait_for_steps(more_than=steps + 200)
    returned.press("Pause")
    expect(returned.status).to_have_text("Paused")


@pytest.mark.slow
@pytest.mark.parametrize("search", ["?room=", "?level=hard&room=<b>gone</b>"])
def test_a_link_that_leads_nowhere_gives_one_toast_and_a_new_training(meet, server, search):
    dashboard = meet(server.url + search)
    n_toasts = 0 if search == "?room=" else 1
    expect(dashboard.toasts(GONE)).to_have_count(n_toasts)
    expect(dashboard.toasts()).to_have_count(n_toasts)
    expect(dashboard.field("Level")).to_have_value("Hard" if "hard" in search else "Easy")
    dashboard.press("Step")
    expect(dashboard.number("Total steps")).to_have_text("1")
    assert re.search(r"room=[\w-]{22}$", dashboard.page.url)
    dashboard.page.reload()
    expect(dashboard.number("Total steps")).to_have_text("1")
    expect(dashboard.toasts()).to_have_count(0)


def ids_by_label(dashboard):
    """Ids of the models on a page by their labels, as nobody else should come to know them."""
    return dashboard.page.evaluate(
        """() => {
          const labelled = (model) => typeof (model.label ?? model.title) == "string"
          const models = [...Bokeh.documents[0]._all_models.values()].filter(labelled)
          return Object.fromEntries(models.map((model) => [model.label ?? model.title, model.id]))
        }"""
    )


@pytest.mark.slow
def test_no_message_of_a_page_that_watches_changes_the_run(teacher, forgeries):
    forgeries += [UNKNOWN_MODEL, r"ValueError: ButtonClick event only applies to button"]
    teacher.press("Start")
    teacher.wait_for_steps(more_than=200)
    teacher.press("Pause")
    expect(teacher.status).to_have_text("Paused")
    steps = teacher.total_steps
    for label in ("Steps per update", "Run to episode"):
        teacher.field(label).wait_for()  # what is behind a button is made when it is opened
    theirs = ids_by_label(teacher)

    forger = Forger(link(teacher, "watch"))
    expect(others(teacher)).to_have_text("1 more page shows this")
    for name in ("Resume", *CONTROLS):
        forger.click(theirs[name])
        forger.change(theirs[name], "clicks", 1)
        forger.change(theirs[name], "disabled", False)
    for label in ("Seed", "Learning rate", "Steps per update", "Turbo", "Level"):
        forger.change(theirs[label], "value", "7")
    for model, told in forger.models.items():
        attributes = told.get("attributes", {})
        if "Button" in told["name"]:
            forger.click(model)
        for name in {"value", "active", "checked", "text", "object"} & attributes.keys():
            forger.change(model, name, attributes[name])
        if told["name"] == "ColumnDataSource":
            forger.overwrite(model, [["x", [1]], ["y", [1]]])

    late = Forger(link(teacher, "watch"))  # the server still answers
    assert late.models
    expect(teacher.status).to_have_text("Paused")
    for label, value in {"Seed": "3", "Learning rate": "0.1", "Steps per update": "10"}.items():
        expect(teacher.field(label)).to_have_value(value)
    expect(teacher.page.get_by_role("switch", name="Turbo")).not_to_be_checked()
    assert teacher.total_steps == steps
    trail = teacher.source("trail")
    assert len(trail["x"]) == 20
    for forged in (forger, late):
        forged.close()

    # The same message from a page that controls does what it says.
    insider = Forger(link(teacher, "control"))
    insider.click(insider.id_of("Step"))
    expect(teacher.number("Total steps")).to_have_text(f"{steps + 1:,}")
    insider.close()


def test_nothing_that_a_watching_page_is_sent_leads_to_control(teacher, server):
    key = link(teacher, "control").partition("room=")[2]
    forger = Forger(link(teacher, "watch"))
    assert key not in json.dumps(forger.models)
    assert key not in forger.token
    forger.close()
