"""The dashboard in a browser, driven and read the way its users do."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError, WebSocket, expect


class Message(NamedTuple):
    """A message between browser and server: three text frames, of which this is the last."""

    seconds: float
    content: str


#: What is one click deep, by the button that shows it.
_BEHIND = {
    "Advanced": (
        *("Slip", "Maximum steps", "Minimum epsilon", "Initial Q", "Stop when optimal for"),
        *("Steps per update", "Frames per second", "Finish in (s)", "Turbo"),
    ),
    "More": ("Stop", "Reset", "Undo", "Run to", "Run to episode"),
}
_WAYS = {name: way for way, names in _BEHIND.items() for name in names}


#: What stands in a field when a page opens.
_AT_FIRST = {
    "Learning rate": "0.1",
    "Discount factor": "0.99",
    "Epsilon": "1",
    "Epsilon decay": "0.995",
    "Episodes": "500",
    "Seed": "0",
    "Slip": "0",
    "Maximum steps": "1000",
    "Minimum epsilon": "0.01",
    "Initial Q": "0",
    "Stop when optimal for": "0",
    "Steps per update": "10",
    "Frames per second": "20",
    "Finish in (s)": "0",
}
#: Time after the last message from the browser in which the server may still be busy with it.
_SETTLING_SECONDS = 0.8
#: Of the window that a page opens in, in pixels.
SIZE = {"width": 1280, "height": 900}


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
        self.main_button.wait_for()

    def renew(self) -> None:
        """Brings the page back to how it opened, but for Undo and for the ghost of the last run."""
        page = self.page
        self._let_settle()
        page.set_viewport_size(SIZE)
        for close in page.get_by_role("button", name=re.compile("^Close ")).all():
            if close.is_visible():  # that of a sheet
                close.click()
        if page.get_by_role("button", name="Run to", exact=True).is_visible():
            self.press("More")
        if self.status.inner_text() != "Ready":
            self.press("Reset")
            expect(self.status).to_have_text("Ready")
        self._switch_off("Tune while training", "Turbo")
        edit = self.button("Edit map")
        if edit.get_attribute("aria-pressed") == "true":
            edit.click()
        if self.field("Level").input_value() != "Easy":
            self.choose("Easy")
            expect(self.field("Level")).to_have_value("Easy")
        for label, value in _AT_FIRST.items():
            field = page.get_by_role("textbox", name=label, exact=True, include_hidden=True)
            if field.count() and field.input_value() != value:
                self.enter(**{label: value})
                expect(self.field(label)).to_have_value(value)
        self.show("This step")
        for close in self.toasts().get_by_role("button").all():
            with suppress(TimeoutError):  # it goes by itself, too
                close.dispatch_event("click", timeout=500)
        expect(self.toasts()).to_have_count(0)
        self.sent.clear(), self.received.clear()

    def _let_settle(self) -> None:
        """Waits for what the last press does: a run that is about to begin is not seen yet."""
        self.page.wait_for_timeout(50)  # Playwright tells of messages meanwhile
        while self.sent and time.monotonic() - self.sent[-1].seconds < _SETTLING_SECONDS:
            self.page.wait_for_timeout(50)

    def _switch_off(self, *names: str) -> None:
        for name in names:
            switch = self.page.get_by_role("switch", name=name, include_hidden=True)
            if switch.count() and switch.is_checked():
                self.toggle(name)

    @property
    def main_button(self) -> Locator:
        """The button that is Start, Pause and Resume in turn."""
        return self.page.get_by_role("button", name=re.compile("^(Start|Pause|Resume)$"))

    def wait_for_pictures(self) -> None:
        """Waits until the grid, the curve and the words are there: they come last."""
        self.status.wait_for(state="attached")

    def button(self, name: str) -> Locator:
        button = self.page.get_by_role("button", name=name, exact=True)
        self._reveal(name, button)
        return button

    def _reveal(self, name: str, control: Locator) -> None:
        """Opens what a control is behind."""
        if name in _WAYS and not control.is_visible():
            self.page.get_by_role("button", name=_WAYS[name], exact=True).click()
            control.wait_for()

    def press(self, *names: str) -> None:
        for name in names:
            self.button(name).click()
            if name in _BEHIND["More"]:  # the menu goes, and opens again for the next one
                self.page.get_by_role("button", name="Run to", exact=True).wait_for(state="hidden")

    def field(self, label: str) -> Locator:
        if label == "Upload run":
            return self.page.get_by_label(label, exact=True)
        field = self.page.get_by_role("textbox", name=label, exact=True)
        field = field.or_(self.page.get_by_role("combobox", name=label, exact=True))
        self._reveal(label, field)
        return field

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
        self._reveal(name, switch)
        switch.set_checked(not switch.is_checked())

    def layer(self, title: str) -> Locator:
        """The button of a background or an overlay, by what is written on it."""
        name = re.compile(rf"^{re.escape(title)}(, chosen)?$")
        return self.page.get_by_role("button", name=name)

    def chosen(self, title: str) -> Locator:
        """The button of a choice, by what is written on it, if it is the one that is chosen."""
        return self.page.locator(".bk-btn.bk-active", has_text=re.compile(f"{title}$"))

    def open(self, sheet: str) -> None:
        """Opens a sheet by its button in the header, unless it is open."""
        close = self.page.get_by_role("button", name=f"Close {sheet}", exact=True)
        if not close.is_visible():
            self.press(sheet)
            close.wait_for()

    def slider(self, label: str) -> Locator:
        return self.page.get_by_role("slider", name=label, exact=True)

    def drag_to_middle(self, label: str) -> None:
        """Drags a slider's handle to the middle of its way, by the mouse."""
        handle = self.slider(label).bounding_box()
        way = self.slider(label).locator("xpath=ancestor::*[contains(@class, 'MuiSlider-root')]")
        way = way.bounding_box()
        y = handle["y"] + handle["height"] / 2
        self.page.mouse.move(handle["x"] + handle["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(way["x"] + way["width"] * 0.3, y, steps=4)
        self.page.mouse.move(way["x"] + way["width"] / 2, y, steps=4)
        self.page.mouse.up()

    def show(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    @property
    def history(self) -> Locator:
        return self.page.get_by_role("slider", name="History")

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
    def cells_in_view(self) -> tuple[float, float]:
        """Rows and columns that the grid's ranges span, numbers beside the map included."""
        rows, columns = self.page.evaluate(_RANGES)
        return rows, columns

    @property
    def walls(self) -> set[tuple[int, int]]:
        """Cells ``(row, col)`` drawn as walls."""
        return {cell for cell, letter in self._drawn_cells() if letter == "#"}

    @property
    def marks(self) -> dict[tuple[int, int], str]:
        """Letters on the map by their cell ``(row, col)``."""
        return {cell: letter for cell, letter in self._drawn_cells() if letter != "#"}

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
        try:
            self.wait_until(lambda: self.total_steps > more_than, seconds)
        except AssertionError as error:
            said = self.page.get_by_text("steps/s").or_(self.status).all_inner_texts()
            raise AssertionError(f"{self.total_steps} steps {error}: {said}") from None

    def watch_frames(self) -> None:
        """Keeps from now on what each frame makes of the trail."""
        self.page.evaluate(_WATCH_FRAMES)

    @property
    def frames(self) -> list[list[tuple[int, int]]]:
        """The trail at each frame since `watch_frames`."""
        return [_cells(trail) for trail in self.page.evaluate("watchedTrails")]

    def _drawn_cells(self) -> list[tuple[tuple[int, int], str]]:
        drawn = self.source("map")
        columns = (drawn[name] for name in ("x", "y", "letter"))
        return [
            ((round(y), round(x)), letter)
            for x, y, letter in zip(*columns, strict=True)
            if letter not in ("", ".")
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
_RANGES = """() => {
  for (const model of Bokeh.documents[0]._all_models.values()) {
    if (!model.x_range || !model.renderers?.some?.((r) => r.data_source?.name === "trail")) continue
    return [model.y_range, model.x_range].map(({start, end}) => Math.abs(end - start))
  }
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
