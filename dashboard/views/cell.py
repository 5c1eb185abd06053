"""What is known of one cell: its values, its visits, and what the greedy policy does there."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import panel as pn
from numpy.typing import NDArray

from dashboard.session.toasts import toast
from dashboard.views.cells import OPEN
from dashboard.widgets.hinted import IntInput
from dashboard.widgets.markup import Markup
from dashboard.words.actions import actions_of
from dashboard.words.facts import cells_of, has_map, where
from dashboard.words.numbers import exact_number, given_number, short_number
from gridworld import (
    Cell,
    Outcomes,
    Plan,
    Snapshot,
    best_actions,
    parameters,
)

#: What the letters of a map stand for: a name, and what is to be said of such a cell.
_MEANINGS: dict[str, tuple[str, str]] = {
    Cell.START: ("start", ""),
    Cell.FREE: ("free", ""),
    Cell.GOAL: (
        "goal",
        "Reaching it ends the episode, so there is nothing to learn here. It counts 0.",
    ),
    Cell.WALL: ("wall", "The agent is never here: it stops in front of a wall."),
    Cell.PIT: (
        "pit",
        "Falling in ends the episode, so there is nothing to learn here. It counts 0.",
    ),
    Cell.CLIFF: (
        "cliff",
        "Whoever steps here is put back to a start, so the agent is never here.",
    ),
}
_OUT_OF_REACH = "No way leads here from a start: there is nothing to learn here."
_HINT_OF_STATES = "Type the number of a state."
_HINT = "Click a cell of the map, or type its row and column."
_HEADS = {
    "Action": "An action of this cell",
    "Q": "Q(s, a): the learned value of the action; ★ marks the greatest",
    "Visits": "Times that the action was taken here",
    "q*": "q*(s, a): the action's value under the optimal policy; ★ marks the greatest",
}

OnSelect = Callable[[tuple[int, int]], Any]


class CellView:
    """The values of one cell, and fields for its row and its column.

    Nothing is made before it is first drawn.

    Attributes:
        panel: All of it, as it is placed on the page.
        cell: ``(row, col)`` of the chosen cell, or None.
        head: Its name, once it has been drawn.
        body: What is known of it, once it has been drawn.
    """

    min_interval = 0.25

    def __init__(self, snapshot: Snapshot) -> None:
        self.panel = pn.Column(sizing_mode="stretch_width")
        self.cell: tuple[int, int] | None = None
        self._callbacks: list[OnSelect] = []
        self.head: Markup | None = None
        self._is_writing = False
        self._layout, self._shape = "", (0, 0)
        self._take(snapshot)

    @property
    def title(self) -> str:
        """``Cell (3, 3)``, or only ``Cell`` while none is chosen."""
        kind = "Cell" if has_map(self._snapshot) else "State"
        if self.cell is None:
            return kind
        return "Cell ({}, {})".format(*self.cell) if kind == "Cell" else f"State {self.cell[1]:,}"

    def on_select(self, callback: OnSelect) -> None:
        """Has a function called with ``(row, col)`` when the person changes the fields."""
        self._callbacks.append(callback)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the numbers."""
        self._take(snapshot)
        if self.head is None:
            self._make()
        self._draw()

    def select(self, cell: tuple[int, int] | None) -> None:
        """Shows the cell ``(row, col)`` from now on, or none.

        Raises:
            ValueError: If the map has no such cell.
        """
        if cell is not None and not self._is_on_map(cell):
            n_rows, n_cols = self._map.shape
            raise ValueError(
                f"cell must be (row, col) below ({n_rows}, {n_cols}) and from (0, 0), got {cell!r}"
            )
        self.cell = cell
        self._fill_in()
        self._draw()

    def _take(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if snapshot.layout != self._layout or snapshot.q_values.shape != self._shape:
            self._shape = snapshot.q_values.shape
            self._layout = snapshot.layout
            self._map = cells_of(snapshot)
            if self.cell is not None and not self._is_on_map(self.cell):
                self.cell = None
            self._fill_in()

    def _is_on_map(self, cell: tuple[int, int]) -> bool:
        return all(0 <= index < size for index, size in zip(cell, self._map.shape, strict=True))

    def _make(self) -> None:
        self.head, self.body = Markup.wide("cell", _HEAD_STYLE), Markup.wide("cell values", _STYLE)
        look = {"value": None, "margin": 0, "stylesheets": [_FIELD_STYLE]}
        self.row = IntInput(
            label="Row", width=84, hint="Row of the cell, from 0 at the top.", **look
        )
        self.column = IntInput(
            label="Column", width=104, hint="Column of the cell, from 0 at the left.", **look
        )
        for field in (self.row, self.column):
            field.param.watch(self._on_field, "value")
        self._fill_in()
        self.panel[:] = [
            pn.Row(self.head.pane(), self.row, self.column, sizing_mode="stretch_width"),
            self.body.pane(),
        ]

    def _fill_in(self) -> None:
        """Has the fields show the cell, if they are there."""
        if self.head is None:
            return
        is_on_map = has_map(self._snapshot)
        # Without a map there is one row, and a state is a column of it.
        label = "Column" if is_on_map else "State"
        if self.row.visible != is_on_map or self.column.label != label:
            self.row.visible = is_on_map
            self.column.label = label
        self._is_writing = True
        for axis, field in enumerate((self.row, self.column)):
            field.value = None if self.cell is None else self.cell[axis]
        self._is_writing = False

    def _draw(self) -> None:
        """Tells of the cell, if there is something to tell it on."""
        if self.head is not None:
            self.head.text, self.body.text = self._describe()

    def _on_field(self, _: Any) -> None:
        """Chooses the cell whose numbers stand in the fields, or says why there is none."""
        if self._is_writing:
            return
        # What is empty is what it was before, and counts 0 at first.
        before = self.cell or (0, 0)
        fields = self.row, self.column
        row, col = (
            old if field.value is None else field.value
            for field, old in zip(fields, before, strict=True)
        )
        try:
            for field, index, size in zip(fields, (row, col), self._map.shape, strict=True):
                parameters.check_whole(field.label, index, 0, size - 1)
        except ValueError as error:
            toast("error", str(error))
            self._fill_in()
            return
        self.cell = (row, col)
        self._draw()
        for callback in self._callbacks:
            callback((row, col))

    def _describe(self) -> tuple[str, str]:
        if self.cell is None:
            hint = _HINT if has_map(self._snapshot) else _HINT_OF_STATES
            return f"<h3>{self.title}</h3>", f'<p class="note">{hint}</p>'
        state = self.cell[0] * self._map.shape[1] + self.cell[1]
        name, meaning = _MEANINGS[str(self._map[self.cell])]
        name = name if has_map(self._snapshot) else ""
        head = f'<h3 title="State {state}">{self.title} <small>{name}</small></h3>'
        if str(self._map[self.cell]) not in OPEN:
            return head, f'<p class="note">{meaning}</p>'
        if not self._snapshot.reachable[state]:
            return head, f'<p class="note">{_OUT_OF_REACH}</p>'
        return head, self._describe_values(state)

    def _describe_values(self, state: int) -> str:
        snapshot, plan = self._snapshot, self._snapshot.plan
        q_values, visits = snapshot.q_values[state], snapshot.visits[state].tolist()
        best = best_actions(snapshot.q_values[[state]])[0]
        optimal = optimal_actions(plan, state, snapshot.discount_factor, len(visits))
        exact = np.full(len(visits), np.nan) if plan is None else plan.q_values[state]
        value = np.nan if plan is None else plan.values[state]
        head = "".join(f'<th scope="col" title="{hint}">{n}</th>' for n, hint in _HEADS.items())
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{_starred(q_values[a], best[a])}</td>'
            f'<td>{visits[a]:,}</td><td class="plan">{_starred(exact[a], optimal[a])}</td></tr>'
            for a, name in enumerate(self._names)
        )
        hint = "V(s) = max Q(s, a), visits of the cell, v*(s)"
        foot = (
            f'<th scope="row" title="{hint}">V, v*</th><td>{_starred(q_values.max())}</td>'
            f'<td>{sum(visits):,}</td><td class="plan">{_starred(value)}</td>'
        )
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
            f"<tfoot><tr>{foot}</tr></tfoot></table>"
            f'<p class="why">{self._explain(q_values, visits, best, exact, optimal)}</p>'
            f"{self._describe_inside(state)}"
        )

    def _describe_inside(self, state: int) -> str:
        """What the algorithm keeps of the cell beside its values, a line for each action."""
        inside = self._snapshot.inside
        if inside is None:
            return ""
        kept: dict[str, list[str]] = {}
        if inside.tables is not None:
            for name, table in zip(("Q₁", "Q₂"), inside.tables, strict=True):
                kept[name] = [_starred(value) for value in table[state]]
        if inside.traces is not None:
            kept["Trace z"] = [_starred(value) for value in inside.traces[state]]
        if inside.priorities is not None:
            kept["Priority"] = [
                _starred(value) if value else "" for value in inside.priorities[state]
            ]
        if inside.outcomes is not None:
            kept["Model: comes to, reward, how often"] = self._model_of(state, inside.outcomes)
        if not kept:
            return ""
        head = "".join(f'<th scope="col">{name}</th>' for name in kept)
        rows = "".join(
            f'<tr><th scope="row">{name}</th>'
            + "".join(f"<td>{column[a]}</td>" for column in kept.values())
            + "</tr>"
            for a, name in enumerate(self._names)
        )
        return (
            f'<table class="inside"><thead><tr><th scope="col">Action</th>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _model_of(self, state: int, outcomes: Outcomes) -> list[str]:
        """The outcomes that the model has of each action of a state."""
        own = outcomes.states == state
        texts = []
        for action in range(self._snapshot.q_values.shape[1]):
            seen = [field[own & (outcomes.actions == action)].tolist() for field in outcomes]
            lines = [
                f"{where(self._snapshot, following)}{' end' * ends}, "
                f"{given_number(reward)}, {count:,} ×"
                for _, _, following, reward, ends, count in zip(*seen, strict=True)
            ]
            texts.append("<br>".join(lines) or "–")
        return texts

    def _explain(
        self,
        q_values: NDArray[np.float64],
        visits: list[int],
        best: NDArray[np.bool_],
        exact: NDArray[np.float64],
        optimal: NDArray[np.bool_],
    ) -> str:
        """What the greedy policy does here, why, and whether planning does the same."""
        names = self._names
        if best.all():
            tied = f"{actions_of(self._snapshot).all.capitalize()} actions are tied"
            since = tied if any(visits) else f"Never visited. {tied}"
            return f"{since}: the greedy policy takes any of them, by chance."
        if best.sum() > 1:
            return (
                f"Greedy: <b>{_listed(names, best)}</b>, by chance: they are tied for the "
                f"greatest Q.{_judge(names, best, exact, optimal)}"
            )
        action = int(best.argmax())
        second = int(np.where(best, -np.inf, q_values).argmax())
        lead = short_number(q_values[action] - q_values[second], 3)
        untried = "" if visits[action] else ", though it was never tried here"
        return (
            f"Greedy: <b>{names[action]}</b>, as its Q is the greatest, {lead} above "
            f"<span>{names[second]}</span>{untried}.{_judge(names, best, exact, optimal)}"
        )

    @property
    def _names(self) -> tuple[str, ...]:
        """What the actions are called."""
        return actions_of(self._snapshot).titles


def _judge(
    names: Sequence[str],
    best: NDArray[np.bool_],
    exact: NDArray[np.float64],
    optimal: NDArray[np.bool_],
) -> str:
    """Whether what is greedy is optimal; nothing without a plan."""
    if not optimal.any():
        return ""
    if (optimal | ~best).all():
        return ' That is <b class="plan">optimal</b>.'
    if (optimal & best).any():
        return f" Optimal is only <b>{_listed(names, optimal)}</b>."
    loss = short_number(exact.max() - exact[best].max(), 3)
    return f" Optimal is <b>{_listed(names, optimal)}</b>, worth {loss} more."


def optimal_actions(
    plan: Plan | None, state: int, discount: float, n_actions: int
) -> NDArray[np.bool_]:
    """Whether each action is optimal, shape ``(A,)``; all False without a plan."""
    if plan is None or np.isnan(plan.values[state]):
        return np.zeros(n_actions, dtype=np.bool_)
    if discount == 1:  # another that looks as good may lead round in circles
        return np.arange(n_actions) == plan.policy[state]
    return plan.optimal[state]


def _listed(names: Sequence[str], chosen: NDArray[np.bool_]) -> str:
    named = [names[action] for action in np.flatnonzero(chosen).tolist()]
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _starred(value: float, starred: bool = False) -> str:
    """A rounded number with the exact one as its tooltip, and a star if it is the best."""
    star = '<i title="best">★</i>' if starred else "<i></i>"
    return f'<span title="{exact_number(value)}">{short_number(value)}</span>{star}'


_COMMON = """
:host { color: var(--mui-palette-text-primary); font-size: 14px; line-height: 20px;
        --muted: var(--mui-palette-text-secondary); }
:host > div { box-sizing: border-box; width: 100%; display: block !important; }
"""
_HEAD_STYLE = f"""{_COMMON}
h3 {{ margin: 0; font-size: 14px; line-height: 28px; font-weight: 600; white-space: nowrap; }}
small {{ font-size: 12px; font-weight: normal; color: var(--muted); }}
"""
_STYLE = f"""{_COMMON}
:host {{ font-variant-numeric: tabular-nums; }}
p {{ margin: 6px 0 0; }}
.note {{ color: var(--muted); }}
.why {{ min-height: 40px; }}
.why b, .why span {{ white-space: nowrap; }}
table {{ width: 100%; margin-top: 4px; border-collapse: collapse; table-layout: fixed; }}
th, td {{ padding: 0; text-align: right; font-weight: normal; white-space: nowrap;
         line-height: 19px; }}
th:first-child {{ text-align: left; }}
thead th {{ font-size: 12px; color: var(--muted); padding-right: 16px; }}
thead th:nth-child(3), thead th:first-child {{ padding-right: 0; }}
tbody tr {{ border-top: 1px solid var(--mui-palette-divider); }}
tfoot tr {{ border-top: 1px solid var(--muted); }}
tfoot td {{ font-weight: 600; }}
tfoot th {{ color: var(--muted); }}
.inside {{ margin-top: 8px; table-layout: auto; }}
.inside td, .inside thead th {{ padding-left: 10px; white-space: nowrap; }}
i {{ display: inline-block; width: 16px; font-style: normal; text-align: center;
    color: var(--mui-palette-primary-main); }}
.plan i, b.plan {{ color: var(--mui-palette-success-main); }}
"""
_FIELD_STYLE = """
:host { flex: none; margin-left: 10px !important; }
.bk-spin-btn { display: none !important; }  /* they have no name; the arrow keys do the same */
.bk-input-group { display: flex !important; flex-direction: row !important; gap: 6px;
                  align-items: center; height: 28px; padding: 0 !important; }
.bk-input-group > label { position: static !important; transform: none !important;
                          margin: 0 !important; padding: 0 !important; font-size: 12px !important;
                          background: none !important;
                          color: var(--mui-palette-text-secondary) !important; }
.bk-spin-wrapper { width: 56px !important; flex: none; }
.bk-input { width: 56px !important; height: 28px !important; min-height: 28px !important;
            margin: 0 !important; padding: 0 4px 0 8px !important; border-radius: 8px;
            font-size: 14px; color: var(--mui-palette-text-primary); }
"""
