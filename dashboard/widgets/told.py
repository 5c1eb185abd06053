"""`Told`: knows what a person does to a widget from what the browser sends back.

A component of Material passes each value that it has drawn back to Bokeh's model (Panel 1.9 and
1.10, ``react_component.ts``, ``useState``). Of two values that come close together, the first one
may be drawn, and sent back, after the second one has come: it looks as if a person had set it.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import panel as pn
import param

#: Time in which a value that has been told may come back. That of a switch is short: a person
#: has but two values to choose from, and may well want the one that was told before.
_ECHO_SECONDS, SWITCH_ECHO_SECONDS = 4.0, 1.0


class Told:
    """Tells a widget values, and passes on what a person sets, but no echo of an earlier value.

    After an echo the widget is told once more how it shall be.

    Args:
        widget: The widget. From now on its values are set by `tell` alone.
        clock: Returns the time in seconds.
        echo_seconds: For how long a value that has been told is known as an echo.
    """

    def __init__(
        self,
        widget: Any,
        clock: Callable[[], float] = time.monotonic,
        echo_seconds: float = _ECHO_SECONDS,
    ) -> None:
        self._widget, self._clock, self._echo_seconds = widget, clock, echo_seconds
        self._wanted: dict[str, Any] = {}
        self._told: dict[str, deque[tuple[float, Any]]] = {}
        self._calls: dict[str, Callable[[Any], None]] = {}
        self._is_telling = False

    def tell(self, **values: Any) -> None:
        """Sets values of the widget."""
        now = self._clock()
        for name, value in values.items():
            self._follow(name)
            if value != self._wanted[name]:
                self._wanted[name] = value
                self._recently_told(name).append((now, value))
        self._set(values)

    def watch(self, name: str, call: Callable[[Any], None]) -> None:
        """Calls with the value each time that a person sets it.

        Args:
            name: The widget's parameter.
            call: Takes the new value.
        """
        self._follow(name)
        self._calls[name] = call

    def watch_release(self, call: Callable[[Any], None]) -> None:
        """Calls with the value of a slider each time that a person lets go of it."""
        self._follow("value")

        def on_release(event: param.parameterized.Event) -> None:
            # Panel 1.10 sets this with each value that is set, too.
            if event.new is None or self._is_telling:
                return
            # So that the same place is told another time.
            with param.edit_constant(self._widget):
                self._widget.value_throttled = None
            if not self._is_echo("value", event.new):
                call(event.new)

        self._widget.param.watch(on_release, "value_throttled")
        self._calls.setdefault("value", lambda _: None)  # a person's, on the way there

    def _follow(self, name: str) -> None:
        if name not in self._told:
            self._wanted[name] = getattr(self._widget, name)
            self._told[name] = deque()
            self._widget.param.watch(self._on_change, name)

    def _on_change(self, event: param.parameterized.Event) -> None:
        name, value = event.name, event.new
        if self._is_telling or value == self._wanted[name]:
            return
        call = self._calls.get(name)
        if call is None or self._is_echo(name, value):
            self._restore_later()
            return
        self._wanted[name] = value
        self._told[name].clear()
        call(value)

    def _is_echo(self, name: str, value: Any) -> bool:
        told = self._recently_told(name)
        return value != self._wanted[name] and any(each == value for _, each in told)

    def _recently_told(self, name: str) -> deque[tuple[float, Any]]:
        """When what was told that may still come back; all else is forgotten."""
        told, since = self._told[name], self._clock() - self._echo_seconds
        while told and told[0][0] < since:
            told.popleft()
        return told

    def _restore_later(self) -> None:
        """Tells how the widget shall be, once what the browser has sent is worked off.

        What is set before that is not sent back to the browser.
        """
        if (document := pn.state.curdoc) is None:
            self._restore()
            return

        async def restore() -> None:  # Bokeh 3.10 would run it in a thread if it were not async
            self._restore()

        document.add_next_tick_callback(restore)

    def _restore(self) -> None:
        wanted = self._wanted.items()
        self._set({n: value for n, value in wanted if getattr(self._widget, n) != value})

    def _set(self, values: dict[str, Any]) -> None:
        self._is_telling = True
        try:
            self._widget.param.update(**values)
        finally:
            self._is_telling = False
