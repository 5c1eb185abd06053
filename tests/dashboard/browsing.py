"""The dashboard in a browser, driven and read the way its users do."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, WebSocket, expect


class Message(NamedTuple):
    """A message between browser and server: three text frames, of which this is the last."""

    seconds: float
    content: str


class OpenedDashboard:
    """A page with the dashboard on it.

    Attributes:
        page: Playwright's page.
        troubles: Complaints on the console, failed answers, requests to other hosts.
        sent: Messages from the browser.
        received: Messages to the browser.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.sent: list[Message] = []
        self.received: list[Message] = []
        self._host = urlsplit(url).netloc
        page.on("console", lambda line: line.type == "error" and self._complain(line.text))
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("request", lambda request: self._check_host(request.url))
        page.on("response", lambda r: r.status >= 400 and self._complain(f"{r.status} {r.url}"))
        page.on("websocket", self._listen)
        page.goto(url)
        self.wait_for_page()

    def wait_for_page(self) -> None:
        self.button("Start").wait_for()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, *names: str) -> None:
        for name in names:
            self.button(name).click()

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def enter(self, **values: object) -> None:
        """Fills fields in, by their labels with ``_`` for blanks."""
        for label, value in values.items():
            field = self.field(label.replace("_", " "))
            field.fill(str(value))
            field.press("Enter")

    def enter_map(self, layout: str) -> None:
        self.field("Map text").wait_for()
        self.page.wait_for_timeout(500)  # a field that has just come is still being dressed
        self.field("Map text").fill(layout)
        self.field("Map text").blur()

    def choose(self, level: str) -> None:
        self.field("Level").select_option(level)

    def toggle(self, name: str) -> None:
        switch = self.page.get_by_role("switch", name=name)
        switch.set_checked(not switch.is_checked())

    def layer(self, title: str) -> Locator:
        return self.page.get_by_role("checkbox", name=title, exact=True)

    def show(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    @property
    def history(self) -> Locator:
        return self.page.get_by_role("slider")

    def click_cell(self, row: int, col: int) -> None:
        """Clicks on a cell of the map."""
        box = self.page.locator(".bk-Canvas").first.bounding_box()
        self.page.mouse.click(*self.page.evaluate(_PLACE, [box["x"], box["y"], col, row]))

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status", name="Status")

    @property
    def progress(self) -> Locator:
        return self.page.get_by_role("progressbar", name="Episodes completed")

    def toasts(self, text: str = "") -> Locator:
        return self.page.locator(".notistack-Snackbar").filter(has_text=text)

    def number(self, label: str) -> Locator:
        return self.page.locator(f"div:has(> dt:text-is('{label}')) > dd")

    @property
    def total_steps(self) -> int:
        return int(self.number("Total steps").inner_text().replace(",", ""))

    def source(self, name: str) -> dict[str, list]:
        """What a plot was given to draw."""
        return self.page.evaluate(_SOURCE, name)

    @property
    def trail(self) -> list[tuple[int, int]]:
        """Cells ``(row, col)`` of the trail, the agent's last."""
        return _cells(self.source("trail"))

    @property
    def walls(self) -> set[tuple[int, int]]:
        """Cells ``(row, col)`` drawn as walls."""
        return {cell for cell, text in self._drawn_cells() if not text}

    @property
    def marks(self) -> dict[tuple[int, int], str]:
        """Letters on the map by their cell ``(row, col)``."""
        return {cell: text for cell, text in self._drawn_cells() if text}

    def send_value(self, label: str, value: str) -> None:
        """Sends a value as a tampered browser would, whether the field is disabled or not."""
        assert self.page.evaluate(_SEND_VALUE, [label, value])

    def press_past(self, name: str) -> None:
        """Presses a button that the server has disabled."""
        expect(self.button(name)).to_be_disabled()
        assert self.page.evaluate(_ENABLE_HERE, name)
        self.press(name)

    def wait_until(self, condition: Callable[[], Any], seconds: float = 20) -> None:
        wait_until(condition, seconds, lambda: self.page.wait_for_timeout(50))

    def wait_for_steps(self, more_than: int = 0, seconds: float = 20) -> None:
        self.wait_until(lambda: self.total_steps > more_than, seconds)

    def watch_frames(self) -> None:
        """Keeps from now on what each frame makes of the trail."""
        self.page.evaluate(_WATCH_FRAMES)

    @property
    def frames(self) -> list[list[tuple[int, int]]]:
        """The trail at each frame since `watch_frames`."""
        return [_cells(trail) for trail in self.page.evaluate("watchedTrails")]

    def _drawn_cells(self) -> list[tuple[tuple[int, int], str]]:
        drawn = self.source("map")
        columns = (drawn[name] for name in ("x", "y", "width", "height", "text"))
        return [
            ((round(y), round(x)), text)
            for x, y, width, height, text in zip(*columns, strict=True)
            if width == height
        ]

    def _listen(self, socket: WebSocket) -> None:
        self._check_host(socket.url)
        for event, messages in (("framesent", self.sent), ("framereceived", self.received)):
            socket.on(event, lambda frame, messages=messages: _note(frame, messages))

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self._complain(f"asked another host: {url}")

    def _complain(self, trouble: str) -> None:
        self.troubles.append(trouble)


def wait_until(
    condition: Callable[[], Any],
    seconds: float,
    wait: Callable[[], None] = lambda: time.sleep(0.2),
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        wait()


def _cells(trail: dict[str, list]) -> list[tuple[int, int]]:
    """Cells ``(row, col)`` of a trail."""
    return list(zip(trail["y"], trail["x"], strict=True))


def _note(frame: str | bytes, messages: list[Message]) -> None:
    # Of a message's frames, header, metadata and content, only the content comes to tell.
    if isinstance(frame, str) and not frame.startswith('{"msgid"') and frame != "{}":
        messages.append(Message(time.monotonic(), frame))


_SOURCE = """(name) => {
  const columns = Object.entries(Bokeh.documents[0].get_model_by_name(name).data)
  return Object.fromEntries(columns.map(([column, values]) => [column, Array.from(values)]))
}"""
#: Where on the page a point of the grid's plot is.
_PLACE = """([left, top, x, y]) => {
  const trail = Bokeh.documents[0].get_model_by_name("trail")
  for (const view of Bokeh.index.roots.flatMap((root) => [...root.owner.query((v) => true)])) {
    if (!view.model.renderers?.some((renderer) => renderer.data_source === trail)) continue
    const {x_scale, y_scale} = view.frame
    return [left + x_scale.compute(x), top + y_scale.compute(y)]
  }
}"""
_WATCH_FRAMES = """() => {
  const trail = Bokeh.documents[0].get_model_by_name("trail")
  globalThis.watchedTrails = []
  trail.patching.connect(() => watchedTrails.push(structuredClone(trail.data)))
}"""
_SEND_VALUE = """([label, value]) => {
  for (const model of Bokeh.documents[0]._all_models.values()) {
    if (model.label !== label && model.title !== label) continue
    model.value = value
    return true
  }
}"""
_ENABLE_HERE = """(label) => {
  for (const model of Bokeh.documents[0]._all_models.values()) {
    if (model.label !== label) continue
    model.setv({disabled: false}, {sync: false})
    return true
  }
}"""
