"""The served page, in Chromium: cost of a frame, page-ready time, turbo."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks import Row
from tests.serving import Server, launch_arguments, serve

_APPS = Path(__file__).with_name("apps")
_FRAME_RATE = 20


class Cost(NamedTuple):
    """What a frame costs."""

    milliseconds: float
    messages: float
    bytes: float
    answers: float


def run(smoke: bool) -> list[Row]:
    """All of them."""
    seconds, repeats = (1, 1) if smoke else (15, 5)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        with serve() as dashboard:
            with serve(_APPS / "empty.py") as empty:
                rows = _page_ready(browser, dashboard, empty, repeats)
            with serve(_APPS / "bare.py") as bare:
                rows += _frame(browser, dashboard, bare, seconds)
            rows += _turbo(browser, dashboard, seconds)
        if not smoke:  # the tests of a closed page's memory do the same
            with serve() as dashboard:
                rows.append(_memory(browser, dashboard, 10))
        browser.close()
    return rows


@contextmanager
def _opened(browser: Browser, server: Server) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(server.url)
        yield page
    finally:
        page.close()


def _await(page: Page, is_so: Callable[[], bool]) -> None:
    """Looks every 10 ms: Playwright's own waiting looks every 500 ms after a while."""
    while not is_so():
        page.wait_for_timeout(10)


#: Whether a click in the middle of an element would reach it.
_IS_HIT = """(element) => {
  const box = element.getBoundingClientRect()
  const root = element.getRootNode()
  const hit = root.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
  return element.contains(hit)
}"""


def _start(page: Page, **fields: str) -> None:
    page.get_by_role("button", name="Start", exact=True).click(trial=True)
    page.get_by_role("status", name="Status").wait_for()
    page.get_by_label("Level", exact=True).select_option("Hard")
    for label, value in fields.items():
        field = page.get_by_role("textbox", name=label, exact=True)
        field.fill(value)
        field.press("Enter")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(1000)


def _page_ready(browser: Browser, dashboard: Server, empty: Server, repeats: int) -> list[Row]:
    def ready(server: Server) -> tuple[float, float]:
        """Seconds until Start works, and until all is drawn."""
        started = time.perf_counter()
        with _opened(browser, server) as page:
            start = page.get_by_role("button", name="Start", exact=True)
            _await(
                page, lambda: start.is_visible() and start.is_enabled() and start.evaluate(_IS_HIT)
            )
            works = time.perf_counter() - started
            if server is dashboard:
                status = page.get_by_role("status", name="Status")
                _await(page, status.is_visible)  # comes last
            return works, time.perf_counter() - started

    ready(dashboard), ready(empty)  # the first page of a server loads its modules
    readings = [(*ready(dashboard), *ready(empty)) for _ in range(repeats)]
    works, drawn, theirs, _ = (median(column) for column in zip(*readings, strict=True))
    return [
        Row(f"Page ready, over an empty page of the same template: {what}", text, goal)
        for what, text, goal in (
            ("Start works", f"{works / theirs:.2f} × ({works:.1f} s)", "≤ 1.5 ×"),
            ("all is drawn", f"{drawn / theirs:.2f} × ({drawn:.1f} s)", "≤ 2.2 ×"),
        )
    ]


def _frame(browser: Browser, dashboard: Server, bare: Server, seconds: float) -> list[Row]:
    def cost(server: Server, prepare: bool) -> Cost:
        received: list[int] = []
        sent: list[int] = []
        page = browser.new_page(viewport={"width": 1280, "height": 900})

        def listen(socket):
            socket.on("framereceived", lambda frame: received.append(len(frame)))
            socket.on("framesent", lambda frame: sent.append(len(frame)))

        page.on("websocket", listen)
        page.goto(server.url)
        if prepare:
            _start(page)
        page.wait_for_timeout(2000)
        received.clear(), sent.clear()
        before, started = server.process.cpu_times(), time.perf_counter()
        page.wait_for_timeout(1000 * seconds)
        after, n_frames = server.process.cpu_times(), (time.perf_counter() - started) * _FRAME_RATE
        page.close()
        used = after.user + after.system - before.user - before.system
        # Three text frames make a message.
        return Cost(
            1000 * used / n_frames,
            len(received) / 3 / n_frames,
            sum(received) / n_frames,
            len(sent) / 3 / n_frames,
        )

    yardstick, ours = cost(bare, prepare=False), cost(dashboard, prepare=True)
    return [
        Row(
            "A frame at 7×7: server time, beside a bare Bokeh page",
            f"{ours.milliseconds:.2f} ms, {yardstick.milliseconds:.2f} ms",
            "≤ 1.0 ms, 0.6 ms",
        ),
        Row(
            "A frame at 7×7: messages and bytes to the browser, messages back",
            f"{ours.messages:.2f}, {ours.bytes:.0f} B, {ours.answers:.2f}",
            "1, ≤ 1000 B, 0",
        ),
    ]


def _turbo(browser: Browser, dashboard: Server, seconds: float) -> list[Row]:
    with _opened(browser, dashboard) as page:
        page.get_by_role("button", name="Advanced", exact=True).click()
        page.get_by_role("switch", name="Turbo").click()
        # Always exploring, so that the episodes are long and the run outlasts the measurement.
        _start(page, **{"Episodes": "10000000", "Epsilon decay": "1"})
        page.wait_for_timeout(2000)
        total = page.locator("div:has(> dt:text-is('Total steps')) > dd")
        before, started = int(total.inner_text().replace(",", "")), time.perf_counter()
        frames = page.evaluate(COUNT_FRAMES, 1000 * seconds)
        elapsed = time.perf_counter() - started
        steps = int(total.inner_text().replace(",", "")) - before
    return [
        Row(
            "Turbo on the live page: steps a second, at pictures a second",
            f"{steps / elapsed / 1e6:.1f} million, {frames / elapsed:.0f}",
            "≥ 5 million, ≥ 20",
        )
    ]


#: Pictures in which the agent's source had been changed, of those that the browser drew.
COUNT_FRAMES = """(milliseconds) => new Promise((resolve) => {
  const trail = Bokeh.documents[0].get_model_by_name("trail")
  const end = performance.now() + milliseconds
  let changed = false, count = 0
  trail.patching.connect(() => { changed = true })
  const draw = () => {
    if (changed) { count += 1; changed = false }
    if (performance.now() < end) requestAnimationFrame(draw)
    else resolve(count)
  }
  requestAnimationFrame(draw)
})"""


def _memory(browser: Browser, dashboard: Server, n_sessions: int) -> Row:
    def open_pages(n: int) -> list[Page]:
        pages = [browser.new_page() for _ in range(n)]
        for page in pages:
            page.goto(dashboard.url)
            _start(page)
        return pages

    pages = open_pages(1)  # loads what all sessions share
    before = dashboard.process.memory_info().rss
    pages += open_pages(n_sessions)
    after = dashboard.process.memory_info().rss
    for page in pages:
        page.close()
    megabytes = (after - before) / n_sessions / 1e6
    return Row("Memory of the server, a session", f"{megabytes:.1f} MB", "≤ 10 MB")
