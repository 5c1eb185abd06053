"""The Q-table as a table that can be sorted."""

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import ImportedStyleSheet

from dashboard.views.cells import ARROWS, KINDS, OPEN, TERMINAL
from dashboard.views.mathml import number
from dashboard.widgets.hinted import Select
from gridworld import Action, Snapshot, best_actions, parse_layout

#: Titles of the columns of values, in the actions' order.
COLUMNS = [f"{arrow} {action.name.title()}" for arrow, action in zip(ARROWS, Action, strict=True)]
#: Orders to choose from, with the column sorted by.
_ORDERS = {"Cell": ("Cell", "asc")} | {
    f"{column}, {words} first": (column, direction)
    for column in (*COLUMNS, "Visits")
    for words, direction in (("greatest", "desc"), ("least", "asc"))
}
#: Rows of a page.
PAGE_SIZE = 15
#: Seconds between two drawings during a run.
_INTERVAL_SECONDS = 1.0
#: The same for a table of many rows.
_LONG_INTERVAL_SECONDS = 2.0
#: Rows from which a table has many.
_MANY_ROWS = 2000


class QTableView:
    """A row for each state that the agent can be in: values, best actions and visits.

    The browser holds one page of rows at a time, sorted by the server, so that the largest
    map costs it no more than the smallest. Sorting and page stay as the person chose them.

    Attributes:
        panel: The table; empty until it is first drawn, since it is slow to load.
    """

    def __init__(self) -> None:
        self.min_interval = _INTERVAL_SECONDS
        self.panel = pn.Column(sizing_mode="stretch_width")
        self._shown: Snapshot | None = None
        self._table: _Tabulator | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Shows the present Q-table."""
        if _is_same(snapshot, self._shown):
            return
        is_other_map = self._shown is not None and snapshot.layout != self._shown.layout
        self._shown = snapshot
        rows = make_rows(snapshot)
        self.min_interval = _INTERVAL_SECONDS if len(rows) < _MANY_ROWS else _LONG_INTERVAL_SECONDS
        if self._table is None:
            self._table = _make_table(rows)
            self.panel[:] = [self._make_order(), self._table]
        elif is_other_map:  # its rows begin at the top; the sorting stays
            self._table.param.update(value=rows, page=1)
        else:
            self._table.value = rows

    def _make_order(self) -> Select:
        """A choice of the order of rows: Tabulator's headers cannot be reached by keyboard."""
        order = Select(
            label="Sort by",
            options=_ORDERS,
            value=_ORDERS["Cell"],
            hint="Order of the rows; a click on a column's head sorts by it too.",
            max_width=260,
            margin=(8, 10),
        )
        order.param.watch(lambda event: self._sort(*event.new), "value")
        return order

    def _sort(self, column: str, direction: str) -> None:
        assert self._table is not None
        self._table.sorters = [{"field": column, "dir": direction}]


def make_rows(snapshot: Snapshot) -> pd.DataFrame:
    """The Q-table as a data frame, one row a state that the agent can be in."""
    cells = parse_layout(snapshot.layout)
    letters = cells.ravel()
    states = np.flatnonzero(np.isin(letters, OPEN + TERMINAL) & snapshot.reachable)
    q_values = snapshot.q_values[states]
    rows = pd.DataFrame(
        {
            "Cell": states,  # sorts as cells do: (2, 0) before (10, 0)
            "State": states,
            **dict(zip(COLUMNS, q_values.T, strict=True)),
            "Best": _best(q_values, letters[states]),
            "Visits": snapshot.visits[states].sum(axis=1),
        }
    )
    rows.attrs["n_cols"] = cells.shape[1]
    return rows


def _best(q_values: np.ndarray, letters: np.ndarray) -> list[str]:
    """Arrows of the best actions, ties included; for terminal states the kind of cell."""
    arrows = [
        "".join(arrow for action, arrow in enumerate(ARROWS) if code >> action & 1)
        for code in range(2 ** len(Action))
    ]
    codes = (best_actions(q_values) << np.arange(len(Action))).sum(axis=1)
    return [
        KINDS[letter].name if letter in TERMINAL else arrows[code]
        for letter, code in zip(letters.tolist(), codes.tolist(), strict=True)
    ]


def _is_same(snapshot: Snapshot, shown: Snapshot | None) -> bool:
    return (
        shown is not None
        and snapshot.layout == shown.layout
        and np.array_equal(snapshot.visits, shown.visits)
        and np.array_equal(snapshot.q_values, shown.q_values)
    )


class _Tabulator(pn.widgets.Tabulator):
    """Writes the page that is sent: cells as ``(row, col)``, values with the best marked.

    So rows are sorted by the numbers themselves. Panel's own styling would format all rows,
    not only those of the page; and it sends arrays, which break a page that reconnects
    (Bokeh issue 15347).
    """

    def _get_model(self, *args: Any, **kwargs: Any) -> Any:
        model: Any = super()._get_model(*args, **kwargs)
        if pn.state.curdoc is not None:
            # The Material theme changes a table's styles in the browser. The browser sends them
            # back, with models that it has just received spelled out as if they were new.
            model.stylesheets = [_as_text(sheet) for sheet in model.stylesheets]
        return model

    def _process_column(self, values: Any, col: str, df: Any = None) -> list:
        column = values if isinstance(values, list) else values.tolist()
        if col == "Cell":
            return [
                "({}, {})".format(*divmod(state, self.value.attrs["n_cols"])) for state in column
            ]
        if col not in COLUMNS:
            return column
        best = (col[0] in arrows for arrows in df["Best"])
        return [_marked(value, is_best) for value, is_best in zip(column, best, strict=True)]


def _as_text(sheet: Any) -> Any:
    return f'@import url("{sheet.url}");' if isinstance(sheet, ImportedStyleSheet) else sheet


def _marked(value: float, is_best: bool) -> str:
    style = ' class="best"' if is_best else ""
    return f'<span{style} title="{value!r}">{number(value)}<i>★</i></span>'


def _make_table(rows: pd.DataFrame) -> _Tabulator:
    numbers = ["State", *COLUMNS, "Visits"]
    return _Tabulator(
        rows,
        # The browser must neither hold nor sort ten thousand rows.
        pagination="remote",
        page_size=PAGE_SIZE,
        show_index=False,
        disabled=True,
        selectable=False,
        frozen_columns=["Cell"],
        layout="fit_columns",
        configuration={"columnDefaults": {"minWidth": 92, "resizable": False}},
        formatters={name: {"type": "html"} for name in ("Cell", *COLUMNS)},
        text_align=dict.fromkeys(numbers, "right"),
        header_align=dict.fromkeys(numbers, "right"),
        sizing_mode="stretch_width",
        stylesheets=[_STYLE],
    )


_STYLE = """
.tabulator-cell { font-variant-numeric: tabular-nums; }
.tabulator-cell i { font-style: normal; visibility: hidden; margin-left: 2px;
                    color: var(--mui-palette-primary-main); }
.best { font-weight: bold; }
.best i { visibility: visible !important; }
"""
