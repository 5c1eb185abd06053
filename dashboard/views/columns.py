"""Columns of a Bokeh source, of which only what has changed is sent."""

from collections.abc import Mapping
from typing import Any

from bokeh.document.events import ColumnsPatchedEvent
from bokeh.models import ColumnDataSource

#: Share of a column's values above which it is sent as a whole.
_MANY = 1 / 3


def update_columns(source: ColumnDataSource, columns: Mapping[str, list[Any]]) -> None:
    """Sends the values that have changed, as one event; none if none has.

    The source's own `patch` sends the same event, but first checks and compares all its columns:
    that takes 30 microseconds for 20 points, and this 2. Callbacks on ``data`` are not called.

    Args:
        source: The source; its columns are lists.
        columns: Names and all values of columns, each as long as it is.
    """
    data, document, patches = source.data, source.document, {}
    for name, values in columns.items():
        old = data[name]
        if old != values:
            patches[name] = changes = _changes(old, values)
            for place, new in changes:
                old[place] = new
    if patches and document is not None:
        event = ColumnsPatchedEvent(document, source, "data", patches)
        document.callbacks.trigger_on_change(event)


def _changes(old: list[Any], values: list[Any]) -> list[tuple[Any, Any]]:
    most = int(len(values) * _MANY)
    changed: list[tuple[Any, Any]] = [
        (i, new) for i, (was, new) in enumerate(zip(old, values, strict=True)) if was != new
    ]
    return changed if len(changed) <= most else [(slice(0, len(values)), values)]
