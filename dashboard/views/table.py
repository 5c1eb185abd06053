"""The Q-table as a table that can be sorted."""

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import ImportedStyleSheet, InlineStyleSheet

from dashboard.session.notebook import carry_styles
from dashboard.views.cells import KINDS, OPEN, TERMINAL
from dashboard.widgets.hinted import Select
from dashboard.words.actions import Actions, actions_of
from dashboard.words.facts import cells_of, has_map
from dashboard.words.numbers import exact_number, short_number
from gridworld import Snapshot, best_actions

#: Rows of a page.
PAGE_SIZE = 7
#: Decimals of a value below 10; its tooltip has all digits.
_DECIMALS = 3
#: The same where there are more actions than fit side by side so.
_FEW_DECIMALS, _FEW_ACTIONS = 2, 5
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
        self._kind: tuple[Actions, bool] | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Shows the present Q-table."""
        if _is_same(snapshot, self._shown):
            return
        is_other_map = self._shown is not None and snapshot.layout != self._shown.layout
        self._shown = snapshot
        rows = make_rows(snapshot)
        self.min_interval = _INTERVAL_SECONDS if len(rows) < _MANY_ROWS else _LONG_INTERVAL_SECONDS
        actions = actions_of(snapshot)
        kind = actions, has_map(snapshot)
        if self._table is None or kind != self._kind:
            self._kind = kind
            self._table = _make_table(rows, actions.signs)
            self.panel[:] = [self._table, self._make_order(actions)]
        elif is_other_map:  # its rows begin at the top; the sorting stays
            self._table.param.update(value=rows, page=1)
        else:
            self._table.value = rows

    def _make_order(self, actions: Actions) -> Select:
        """A choice of the order of rows: Tabulator's headers cannot be reached by keyboard."""
        columns = (*zip(actions.signs, actions.titles, strict=True), ("Visits", "Visits"))
        orders = {"Cell": ("Cell", "asc")} | {
            f"{title}, {words} first": (column, direction)
            for column, title in columns
            for words, direction in (("greatest", "desc"), ("least", "asc"))
        }
        order = Select(
            label="Sort by",
            options=orders,
            value=orders["Cell"],
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
    cells = cells_of(snapshot)
    letters = cells.ravel()
    states = np.flatnonzero(np.isin(letters, OPEN + TERMINAL) & snapshot.reachable)
    q_values, signs = snapshot.q_values[states], actions_of(snapshot).signs
    rows = pd.DataFrame(
        {
            "Cell": states,  # sorts as cells do: (2, 0) before (10, 0)
            **dict(zip(signs, q_values.T, strict=True)),
            "Best": _best(signs, q_values, letters[states]),
            "Visits": snapshot.visits[states].sum(axis=1),
        }
    )
    rows.attrs["n_cols"] = cells.shape[1] if has_map(snapshot) else None
    rows.attrs["signs"] = signs
    return rows


def _best(signs: tuple[str, ...], q_values: np.ndarray, letters: np.ndarray) -> list[str]:
    """Arrows of the best actions, ties included; for terminal states the kind of cell."""
    best = best_actions(q_values).tolist()
    return [
        KINDS[letter].name
        if letter in TERMINAL
        else "".join(sign for sign, is_best in zip(signs, row, strict=True) if is_best)
        for letter, row in zip(letters.tolist(), best, strict=True)
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
            n_cols = self.value.attrs["n_cols"]
            if n_cols is None:
                return column
            return ["({}, {})".format(*divmod(state, n_cols)) for state in column]
        if col == "Best":
            every = "".join(self.value.attrs["signs"])
            return ["all" if arrows == every else arrows for arrows in column]
        if col not in self.value.attrs["signs"]:
            return column
        best = (col[0] in arrows for arrows in df["Best"])
        decimals = _DECIMALS if len(self.value.attrs["signs"]) <= _FEW_ACTIONS else _FEW_DECIMALS
        return [_marked(*each, decimals) for each in zip(column, best, strict=True)]


def _as_text(sheet: Any) -> Any:
    if isinstance(sheet, ImportedStyleSheet):
        return f'@import url("{sheet.url}");'
    return sheet.css if isinstance(sheet, InlineStyleSheet) else sheet


def _marked(value: float, is_best: bool, decimals: int) -> str:
    style = ' class="best"' if is_best else ""
    shown, exact = short_number(value, decimals), exact_number(value)
    return f'<span{style} title="{exact}">{shown}</span>'


def _make_table(rows: pd.DataFrame, signs: tuple[str, ...]) -> _Tabulator:
    numbers = [*signs, "Visits"]
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
            "columnDefaults": {
                "minWidth": 36 if len(signs) <= _FEW_ACTIONS else 44,
                "resizable": False,
            },
            "rowHeight": 22,
            "paginationButtonCount": 3,
            "locale": "en",
            "langs": {"en": {"pagination": _PAGER}},
        },
        titles={"Cell": "State"} if rows.attrs["n_cols"] is None else {},
        widths={"Cell": 52, "Best": 44, "Visits": 56},
        formatters={name: {"type": "html"} for name in ("Cell", *signs)},
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
