"""The static page, opened from disk in a browser without any network."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.export import export_html
from dashboard.views.smoothing import WINDOW
from gridworld import MOVES, GridWorldConfig, QLearningConfig, Trainer, parse_layout

PLAYER = {
    "Slower",
    "First moment",
    "Previous moment",
    "Play backwards",
    "Pause",
    "Play",
    "Next moment",
    "Last moment",
    "Faster",
}
LAYERS = {
    "State values",
    "Q-values",
    "Policy",
    "Visits",
    "Trail",
    "Optimal values",
    "Optimal policy",
}


class Opened:
    """A static page in a browser that is cut off from all networks.

    Attributes:
        page: Playwright's page.
        troubles: Requests to a network, complaints on the console.
    """

    def __init__(self, browser, path, **options):
        self.troubles = []
        self._context = browser.new_context(offline=True, **options)
        self._context.route("**/*", self._route)
        self.page = self._context.new_page()
        self.page.on("websocket", lambda socket: self.troubles.append(socket.url))
        self.page.on("console", lambda m: m.type == "error" and self.troubles.append(m.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.goto(path.as_uri())
        self.button("Play").wait_for()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._context.close()

    def _route(self, route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.troubles.append(route.request.url)
            route.abort()

    def button(self, name):
        # A switch has its mark before its name.
        return self.page.get_by_role("button", name=re.compile(rf"^([✓○] ?)?{name}(, chosen)?$"))

    def press(self, *names):
        for name in names:
            self.button(name).click()

    @property
    def slider(self):
        return self.page.locator("input[type=range]")

    def number(self, label):
        return self.page.locator(f"div:has(> dt:text-is('{label}')) > dd")

    @property
    def total_steps(self):
        return int(self.number("Total steps").inner_text().replace(",", ""))

    def source(self, name):
        return self.page.evaluate(
            """(name) => Object.fromEntries(
                 Object.entries(Bokeh.documents[0].get_model_by_name(name).data)
                 .map(([column, values]) => [column, Array.from(values)]))""",
            name,
        )

    def shown(self):
        """Picture of the grid."""
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(300)
        return self.page.locator(".bk-Plot").screenshot()

    def expect_moment(self, moment):
        """All that is drawn and told is that of a keyframe."""
        row, col = moment.position
        texts = {
            "Total steps": f"{moment.total_steps:,}",
            "Step of the episode": f"{moment.step:,}",
            "Episodes completed": f"{moment.episode:,} of {moment.num_episodes:,}",
            "Epsilon ε": f"{moment.epsilon:.3f}",
            "Agent at (row, column)": f"({row}, {col})",
        }
        for label, text in texts.items():
            expect(self.number(label)).to_have_text(text)
        cells = [tuple(cell) for cell in moment.trail.tolist()]
        trail = self.source("trail")
        # A trail shorter than the source begins with its first cell several times.
        cells = [cells[0]] * (len(trail["x"]) - len(cells)) + cells
        assert list(zip(trail["y"], trail["x"], strict=True)) == cells
        assert self._policy() == best_actions(moment)
        self._expect_values(moment)

    def _policy(self):
        lines, cells = self.source("Policy"), self.source("State values")
        drawn = set()
        places = zip(cells["y"], cells["x"], lines["xs"], lines["ys"], strict=True)
        for row, col, xs, ys in places:
            # One arrow has six points; each of several has seven. All begin with tail and tip.
            for i in range(0, len(xs), 7 if len(xs) % 7 == 0 else 6):
                along = np.array([ys[i + 1] - ys[i], xs[i + 1] - xs[i]])
                drawn.add((int(row), int(col), int(np.argmax(MOVES @ along))))
        return drawn

    def _expect_values(self, moment):
        numbers = self.source("State values numbers")
        n_cols = parse_layout(moment.layout).shape[1]
        for x, y, text in zip(numbers["x"], numbers["y"], numbers["text"], strict=True):
            state = int(y) * n_cols + int(x)
            if moment.visits[state].any():
                assert float(text.replace("−", "-")) == pytest.approx(
                    moment.q_values[state].max(), abs=0.0051
                )
            else:
                assert text == ""


def best_actions(moment):
    """``(row, col, action)`` of each greedy action where the agent has acted."""
    cells = parse_layout(moment.layout)
    acted_in = np.isin(cells, ["S", "."]) & moment.visits.any(axis=1).reshape(cells.shape)
    return {
        (row, col, int(action))
        for row, col in np.argwhere(acted_in).tolist()
        for values in [moment.q_values[row * cells.shape[1] + col]]
        for action in np.flatnonzero(values == values.max())
    }


@pytest.fixture(scope="module")
def trainer():
    trainer = Trainer(GridWorldConfig(level="hard", slip=0.05), QLearningConfig(), seed=4)
    trainer.advance(4000)
    trainer.tune(epsilon=0.4, learning_rate=0.2)
    trainer.train(show_progress=False)
    return trainer


@pytest.fixture(scope="module")
def path(trainer, tmp_path_factory):
    path = tmp_path_factory.mktemp("static") / "run.html"
    export_html(trainer, path)
    return path


@pytest.fixture
def opened(browser, path):
    with Opened(browser, path, viewport={"width": 1280, "height": 900}) as opened:
        yield opened
        assert opened.troubles == []


def test_it_opens_at_the_last_moment_and_the_first_can_be_reached(opened, trainer):
    opened.expect_moment(trainer.snapshot)
    opened.press("First moment")
    opened.expect_moment(trainer.keyframes[0])
    opened.press("Last moment")
    opened.expect_moment(trainer.snapshot)


def test_it_shows_each_keyframe_as_it_was_whatever_was_shown_before(opened, trainer):
    keyframes = trainer.keyframes
    opened.press("First moment", "Next moment", "Next moment")
    opened.expect_moment(keyframes[2])
    opened.slider.press("End")
    opened.slider.press("ArrowLeft")
    opened.expect_moment(keyframes[-1])
    opened.slider.press("Home")
    opened.expect_moment(keyframes[0])
    opened.slider.press("PageUp")
    by_steps = {moment.total_steps: moment for moment in keyframes}
    opened.expect_moment(by_steps[opened.total_steps])
    opened.press("Previous moment")
    opened.expect_moment(by_steps[opened.total_steps])


def test_it_plays_forwards_and_backwards_faster_and_slower(opened, trainer):
    by_steps = {moment.total_steps: moment for moment in trainer.keyframes}
    opened.press("First moment", "Faster", "Play")
    expect(opened.number("Total steps")).not_to_have_text("0")
    opened.press("Slower", "Pause")
    there = opened.total_steps
    opened.expect_moment(by_steps[there])
    opened.press("Play backwards")
    expect(opened.number("Total steps")).not_to_have_text(f"{there:,}")
    opened.press("Pause")


def test_play_goes_on_from_the_start_after_the_end(opened, trainer):
    opened.press("Play")
    last = f"{trainer.total_steps:,}"
    expect(opened.number("Total steps")).not_to_have_text(last)
    assert opened.total_steps < trainer.total_steps / 2


def test_each_layer_is_shown_and_hidden_by_its_button(opened):
    for name in LAYERS:
        before = opened.shown()
        opened.press(name)
        assert opened.shown() != before, name
        opened.press(name)
        assert opened.shown() == before, name


def test_every_button_is_one_of_those_tested_here(opened):
    names = {
        re.sub("^[✓○] ?|, chosen$", "", line).strip()
        for line in re.findall(r'- button "(.*?)"', opened.page.locator("body").aria_snapshot())
    }
    assert names == PLAYER | LAYERS
    assert opened.page.locator("a, select, textarea").count() == 0


def test_the_curves_tell_the_numbers_under_the_mouse(opened, trainer):
    figures = opened.page.locator(".bk-Figure")
    for tab, record in (
        ("Length", trainer.snapshot.episode_lengths),
        ("Return", trainer.snapshot.episode_returns),
    ):
        opened.page.locator(".bk-tab", has_text=tab).click()
        box = figures.locator("visible=true").first.bounding_box()
        opened.page.mouse.move(0, 0)
        opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
        mean = opened.page.locator(".bk-tooltip-content", has_text=f"Mean of the last {WINDOW}")
        text = mean.inner_text().replace(",", "").replace("−", "-")
        end = int(re.search(r"Episode\s*(\d+)", text).group(1))
        value = float(re.search(rf"Mean of the last {WINDOW}\s*(\S+)", text).group(1))
        half_a_digit = 0.051 if tab == "Length" else 0.0051
        mean_of_them = record[max(0, end - WINDOW) : end].mean()
        assert value == pytest.approx(mean_of_them, abs=half_a_digit)


def test_settings_results_and_changes_are_told(opened, trainer):
    def cell(name):
        return opened.page.locator(f"tr:has(th:text('{name}')) td").first

    for name, value in (("Slip", "0.05"), ("Learning rate", "0.1"), ("Seed", "4")):
        expect(cell(name)).to_have_text(value)
    expect(cell("Map text")).to_have_text(trainer.snapshot.layout, use_inner_text=True)
    assert len(trainer.changes) == 2
    for change in trainer.changes:
        told = f"{change.total_steps:,} {change.episode:,} {change.name.replace('_', ' ')}"
        expect(opened.page.get_by_role("row", name=f"{told} {change.value}")).to_be_visible()
    expect(opened.page.get_by_role("status", name="Status")).to_have_text("Finished")
    expect(opened.page).to_have_title("GridWorld run: Hard, seed 4")


def test_the_python_lines_on_it_make_the_same_run(opened, trainer):
    made = {}
    exec(opened.page.locator("#recipe").inner_text(), made)
    assert made["trainer"].agent.q_values.tobytes() == trainer.agent.q_values.tobytes()


def test_it_stays_small(path, trainer):
    assert len(trainer.keyframes) >= 100
    assert path.stat().st_size <= 6_000_000


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow), 1920])
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_it_never_scrolls_sideways(browser, path, width, theme):
    viewport = {"width": width, "height": 900}
    with Opened(browser, path, viewport=viewport, color_scheme=theme) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width
        assert opened.troubles == []


@pytest.mark.slow
def test_a_run_that_has_not_begun_is_one_moment(browser, tmp_path):
    trainer = Trainer(GridWorldConfig(layout="SX.\n.#C\n..G"))
    export_html(trainer, tmp_path / "idle.html")
    with Opened(browser, tmp_path / "idle.html") as opened:
        opened.expect_moment(trainer.snapshot)
        opened.press("Next moment", "First moment", "Play", "Pause")
        opened.expect_moment(trainer.snapshot)
        assert opened.troubles == []


@pytest.mark.slow
def test_a_large_map_can_be_looked_at_on_a_phone(browser, tmp_path):
    world = GridWorldConfig(level="random", n_rows=100, n_cols=100, max_steps=20_000)
    trainer = Trainer(world, QLearningConfig(num_episodes=20))
    trainer.train(show_progress=False)
    export_html(trainer, tmp_path / "large.html")
    assert (tmp_path / "large.html").stat().st_size <= 25_000_000
    with Opened(browser, tmp_path / "large.html", viewport={"width": 390, "height": 844}) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
        opened.press("First moment")
        expect(opened.number("Total steps")).to_have_text("0")
        assert opened.troubles == []
