"""The Q-table as a table that can be sorted."""

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import ImportedStyleSheet, InlineStyleSheet

from dashboard.session.notebook import carry_styles
from dashboard.views.cells import ARROWS, KINDS, OPEN, TERMINAL
from dashboard.views.step import NAMES
from dashboard.widgets.hinted import Select
from dashboard.words.numbers import exact_number, short_number
from gridworld import Action, Snapshot, best_actions, parse_layout

#: Titles of the columns of values, in the actions' order.
COLUMNS = list(ARROWS)
#: Orders to choose from, with the column sorted by.
_ORDERS = {"Cell": ("Cell", "asc")} | {
    f"{title}, {words} first": (column, direction)
    for column, title in (*zip(COLUMNS, NAMES, strict=True), ("Visits", "Visits"))
    for words, direction in (("greatest", "desc"), ("least", "asc"))
}
#: Rows of a page.
PAGE_SIZE = 7
#: Decimals of a value below 10; its tooltip has all digits.
_DECIMALS = 3
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
            self.panel[:] = [self._table, self._make_order()]
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
            width=172,
            margin=0,
            # On the pager's line, of which the table leaves it the first part.
            styles={"margin-top": "-26px", "z-index": "1"},
            stylesheets=[_ORDER_STYLE],
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
        carry_styles(model)
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
        if col == "Best":
            return ["all" if arrows == ARROWS else arrows for arrows in column]
        if col not in COLUMNS:
            return column
        best = (col[0] in arrows for arrows in df["Best"])
        return [_marked(value, is_best) for value, is_best in zip(column, best, strict=True)]


def _as_text(sheet: Any) -> Any:
    if isinstance(sheet, ImportedStyleSheet):
        return f'@import url("{sheet.url}");'
    return sheet.css if isinstance(sheet, InlineStyleSheet) else sheet


def _marked(value: float, is_best: bool) -> str:
    style = ' class="best"' if is_best else ""
    shown, exact = short_number(value, _DECIMALS), exact_number(value)
    return f'<span{style} title="{exact}">{shown}</span>'


def _make_table(rows: pd.DataFrame) -> _Tabulator:
    numbers = [*COLUMNS, "Visits"]
    return _Tabulator(
        rows,
        # The browser must neither hold nor sort ten thousand rows.
        pagination="remote",
        page_size=PAGE_SIZE,
        show_index=False,
        disabled=True,
        selectable=False,
        layout="fit_columns",
        configuration={
            "columnDefaults": {"minWidth": 36, "resizable": False},
            "rowHeight": 22,
            "paginationButtonCount": 3,
            "locale": "en",
            "langs": {"en": {"pagination": _PAGER}},
        },
        widths={"Cell": 52, "Best": 44, "Visits": 56},
        formatters={name: {"type": "html"} for name in ("Cell", *COLUMNS)},
        text_align=dict.fromkeys(numbers, "right"),
        header_align=dict.fromkeys(numbers, "right"),
        sizing_mode="stretch_width",
        margin=(4, 0, 0, 0),
        stylesheets=[_STYLE],
    )


#: Signs on the pager's buttons, and their names.
_PAGER = {
    key: value
    for name, sign in (("first", "«"), ("prev", "‹"), ("next", "›"), ("last", "»"))
    for key, value in (
        (name, sign),
        (f"{name}_title", f"{name.replace('prev', 'previous').title()} page"),
    )
}
_STYLE = """
.tabulator { font-size: 13px !important; border: none !important; background: none !important; }
.tabulator .tabulator-header { border-top: none !important; background: none !important; }
.tabulator .tabulator-header .tabulator-col { min-height: 24px !important; height: 24px !important;
  background: none !important; }
.tabulator .tabulator-header .tabulator-col .tabulator-col-content { padding: 2px !important; }
.tabulator .tabulator-col .tabulator-col-title { font-size: 12px !important; line-height: 20px;
  font-weight: 600; padding: 0 9px 0 0 !important; color: var(--mui-palette-text-secondary); }
.tabulator .tabulator-col .tabulator-col-sorter { right: 1px !important; }
.tabulator .tabulator-col[aria-sort="none"]:not(:hover) .tabulator-col-sorter { opacity: 0; }
.tabulator .tabulator-tableholder .tabulator-row { min-height: 22px !important;
  height: 22px !important; background: none !important;
  border-bottom: 1px solid var(--mui-palette-divider) !important; }
.tabulator .tabulator-row .tabulator-cell { height: 21px !important; padding: 0 2px !important;
  line-height: 21px; border: none !important; font-size: 13px !important;
  font-variant-numeric: tabular-nums; }
.tabulator .tabulator-footer { padding: 0 0 0 174px !important; border: none !important;
  background: none !important; }
.tabulator .tabulator-footer .tabulator-footer-contents { padding: 4px 0 0 !important; }
.tabulator .tabulator-footer .tabulator-page { min-width: 24px; height: 24px !important;
  padding: 0 4px !important; margin: 0 1px !important; font-size: 13px !important;
  line-height: 1 !important; border-radius: 6px !important; }
.best { font-weight: bold; color: var(--mui-palette-primary-main); }
"""
_ORDER_STYLE = """
.bk-input-group { display: flex !important; flex-direction: row !important; gap: 6px;
                  align-items: center; height: 26px; padding: 0 !important; }
.bk-input-group > label { position: static !important; transform: none !important;
                          flex: none; margin: 0 !important; padding: 0 !important;
                          background: none !important; font-size: 12px !important;
                          color: var(--mui-palette-text-secondary) !important; }
.bk-input { width: 122px !important; height: 26px !important; min-height: 26px !important;
            margin: 0 !important; padding: 0 18px 0 6px !important; border-radius: 8px;
            font-size: 12px !important; background-position: right 4px center !important;
            text-overflow: ellipsis; color: var(--mui-palette-text-primary); }
"""
