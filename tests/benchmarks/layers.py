"""The page with all layers on, at three sizes: cost and bytes of a frame, pictures, Pause."""

import time
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks import Row
from tests.benchmarks.page import COUNT_FRAMES
from tests.serving import Server, launch_arguments, serve

_SIDES = (7, 20, 100)


def run(smoke: bool) -> list[Row]:
    """All of them."""
    seconds, repeats, sides = (1, 1, _SIDES[:1]) if smoke else (8, 5, _SIDES)
    with sync_playwright() as playwright, serve() as server:
        browser = playwright.chromium.launch(**launch_arguments())
        rows = [row for side in sides for row in _with_all_layers(browser, server, side, seconds)]
        rows.append(_pause(browser, server, repeats))
        browser.close()
    return rows


def _with_all_layers(browser: Browser, server: Server, side: int, seconds: float) -> list[Row]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    received: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    _open(page, server, side)
    # All overlays over the background that sends most; policy and trail are on at first.
    for caption in ("Q", "Optimal"):
        page.get_by_role("button", name=caption, exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_timeout(3000)
    received.clear()
    before, started = server.process.cpu_times(), time.perf_counter()
    n_pictures = page.evaluate(COUNT_FRAMES, 1000 * seconds)
    elapsed, after = time.perf_counter() - started, server.process.cpu_times()
    page.close()
    used = after.user + after.system - before.user - before.system
    n_frames = max(1, len(received) / 3)  # three text frames make a message
    return [
        Row(
            f"All layers on, {side}×{side}: server time and bytes a frame",
            f"{1000 * used / n_frames:.2f} ms, {sum(received) / n_frames:.0f} B",
            "≤ 1.0 ms, ≤ 1000 B" if side == 7 else "–",
        ),
        Row(
            f"All layers on, {side}×{side}: pictures a second in the browser",
            f"{n_pictures / elapsed:.0f}",
            "≥ 20",
        ),
    ]


def _pause(browser: Browser, server: Server, repeats: int) -> Row:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    _open(page, server, 7)
    page.get_by_role("button", name="Start", exact=True).click()
    readings = []
    for _ in range(repeats):
        page.wait_for_timeout(1000)
        page.evaluate(_WATCH_STILLNESS)
        page.get_by_role("button", name="Pause", exact=True).click()
        page.wait_for_timeout(1000)
        readings.append(page.evaluate("lastChange - pressed"))
        page.get_by_role("button", name="Resume", exact=True).click()
    page.close()
    return Row(
        "From the click on Pause to a still picture",
        f"{max(0, median(readings)):.0f} ms",
        "1 frame: 50 ms",
    )


def _open(page: Page, server: Server, side: int) -> None:
    page.goto(server.url)
    page.get_by_role("progressbar", name="Episodes completed").wait_for()
    page.get_by_label("Level", exact=True).select_option("Random")
    for label, value in {"Rows": side, "Columns": side, "Episodes": 1_000_000}.items():
        field = page.get_by_role("textbox", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")
    page.wait_for_timeout(2000)


_WATCH_STILLNESS = """() => {
  globalThis.pressed = globalThis.lastChange = 0
  const trail = Bokeh.documents[0].get_model_by_name("trail")
  trail.patching.connect(() => requestAnimationFrame(() => { lastChange = performance.now() }))
  const press = () => { pressed = performance.now() }
  addEventListener("pointerdown", press, {capture: true, once: true})
}"""
