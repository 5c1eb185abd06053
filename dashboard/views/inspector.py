"""The last update with its numbers, and the values of a cell."""

import numpy as np
from bokeh.models.widgets import Div
from numpy.typing import NDArray

from dashboard.views.cells import ARROWS, OPEN
from dashboard.views.mathml import number, rule, worked_lines
from dashboard.widgets.layout import bokeh_pane
from gridworld import (
    ALGORITHMS,
    Action,
    Cell,
    Plan,
    Snapshot,
    Step,
    Update,
    best_actions,
    is_rounding,
    parse_layout,
)

NAMES = [f"{arrow} {action.name.lower()}" for arrow, action in zip(ARROWS, Action, strict=True)]

#: What the letters of a map stand for.
_MEANINGS: dict[str, str] = {
    Cell.START: "Start.",
    Cell.GOAL: (
        "Goal: reaching it ends the episode, so there is nothing to learn here. It counts 0."
    ),
    Cell.FREE: "Free.",
    Cell.WALL: "Wall: the agent is never here.",
    Cell.PIT: "Pit: falling in ends the episode, so there is nothing to learn here. It counts 0.",
    Cell.CLIFF: "Cliff: whoever steps here is thrown back to a start, so the agent is never here.",
}

_NOT_YET = "Nothing is learned yet. Press Step to make one update and see its numbers here."
_COMMENTS = {
    True: "Explored: one of all four actions, by chance.",
    False: "Exploited: a best action of the Q-table.",
}
#: Of algorithms whose target counts one action.
_NEXT_ACTION = "A′"
_OUT_OF_REACH = "No way leads here from a start: there is nothing to learn here."
_HINT = "Click a cell of the grid to see what is known of it."
_NO_PLAN = " There are no answers of planning yet."


class InspectorView:
    """The last update as a worked example, and the values of one cell.

    Attributes:
        div: The Bokeh model.
        panel: The model as it is placed on the page.
        cell: ``(row, col)`` of the selected cell, or None.
    """

    min_interval = 0.25

    def __init__(self, snapshot: Snapshot) -> None:
        # MathML needs no script; otherwise Bokeh would load one that looks for TeX.
        self.div = Div(
            sizing_mode="stretch_width", stylesheets=[_STYLE], name="inspector", disable_math=True
        )
        self.panel = bokeh_pane(self.div)
        self.cell: tuple[int, int] | None = None
        self._layout = ""
        self.update(snapshot)

    def update(self, snapshot: Snapshot) -> None:
        """Writes the numbers."""
        self._snapshot = snapshot
        if snapshot.layout != self._layout:
            self._layout = snapshot.layout
            self._map = parse_layout(snapshot.layout)
            if self.cell is not None and not self._is_on_map(self.cell):
                self.cell = None
        self.div.text = (
            f'<section class="update">{self._describe_update()}</section>'
            f'<section class="cell">{self._describe_cell()}</section>'
        )

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
        self.update(self._snapshot)

    def _is_on_map(self, cell: tuple[int, int]) -> bool:
        return all(0 <= index < size for index, size in zip(cell, self._map.shape, strict=True))

    def _place(self, state: int) -> str:
        row, col = divmod(state, self._map.shape[1])
        return f"({row}, {col}) <small>state {state}</small>"

    def _describe_update(self) -> str:
        snapshot, step, update = self._snapshot, self._snapshot.last_step, None
        equation = ALGORITHMS[snapshot.algorithm].equation
        names: tuple[str, ...] = ("State S", "Action A", "Reward R", "Next state S′")
        if step is None:
            title, note = "none yet", _NOT_YET
            facts = ["–"] * len(names)
        else:
            title, note = f"number {snapshot.total_steps:,} of this run", self._comment(step)
            update = snapshot.last_update
            facts = [
                self._place(step.state),
                f"{NAMES[step.action]} <small>{_chosen(step)}</small>",
                _exact(step.reward),
                self._place(step.next_state),
            ]
        if _NEXT_ACTION in equation.rule:
            names += (f"Next action {_NEXT_ACTION}",)
            chosen = None if update is None else update.next_action
            facts.append("–" if chosen is None else NAMES[chosen])
        old_value, next_values = "–", ["–"] * len(Action)
        if step is not None and update is not None:
            old_value, next_values = _exact(update.old_value), self._next_values(step, update)
        return (
            f'<h2>Last update <small>{title}</small></h2><p class="note">{note}</p>'
            f'{_entries(names, facts)}<div class="rule">{rule(equation)}</div>'
            f'<div class="line"><b>Old Q(S, A)</b><span>{old_value}</span></div>'
            f'<div class="line"><b>Q(S′, a)</b>{_entries(ARROWS, next_values, "values")}</div>'
            f"{worked_lines(equation, step, update)}"
        )

    def _next_values(self, step: Step, update: Update) -> list[str]:
        """*Q(S′, a)* as they were before the update, with a star where one counts."""
        values = self._snapshot.q_values[step.next_state].tolist()
        if step.next_state == update.state:
            values[update.action] = update.old_value
        counted = [value == update.next_value for value in values]
        if update.next_action is not None:
            counted = [action == update.next_action for action in Action]
        return [
            _exact(value, starred=counts and not step.terminated)
            for value, counts in zip(values, counted, strict=True)
        ]

    def _comment(self, step: Step) -> str:
        if step.terminated:
            end = "S′ is terminal: the episode ended, S′ counts 0."
        elif self._was_cut_off():
            end = "Cut off, not terminal: S′ still counts."
        elif step.next_state == step.state:
            end = "The agent stayed where it was: S′ is S."
        else:
            meaning = ALGORITHMS[self._snapshot.algorithm].equation.meaning
            end = f"S′ is not terminal: {meaning}"
        return f"{_COMMENTS[step.explored]}<br>{end}"

    def _was_cut_off(self) -> bool:
        """Whether the last update, not a terminal one, was the last of its episode."""
        lengths, snapshot = self._snapshot.episode_lengths, self._snapshot
        # The sum alone would be enough, but it is slow after a million episodes.
        return bool(
            lengths.size and lengths[-1] == snapshot.step and lengths.sum() == snapshot.total_steps
        )

    def _describe_cell(self) -> str:
        if self.cell is None:
            return f'<h2>Cell</h2><p class="note">{_HINT}</p>'
        row, col = self.cell
        letter = str(self._map[row, col])
        state = row * self._map.shape[1] + col
        title = f"<h2>Cell {self._place(state)}</h2>"
        plan = self._snapshot.plan
        if letter not in OPEN:
            return f'{title}<p class="note">{_MEANINGS[letter]}</p>'
        if not self._snapshot.reachable[state]:
            return f'{title}<p class="note">{_MEANINGS[letter]} {_OUT_OF_REACH}</p>'
        note = f"{_MEANINGS[letter]} ★ marks the best." + (_NO_PLAN if plan is None else "")
        return f'{title}<p class="note">{note}</p>{self._describe_values(state, plan)}'

    def _describe_values(self, state: int, plan: Plan | None) -> str:
        snapshot = self._snapshot
        q_values, visits = snapshot.q_values[state], snapshot.visits[state].tolist()
        best = best_actions(snapshot.q_values[[state]])[0]
        optimal = optimal_actions(plan, state, snapshot.discount_factor)
        exact = np.full(len(Action), np.nan) if plan is None else plan.q_values[state]
        value = np.nan if plan is None else plan.values[state]
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{_exact(q_values[a], starred=best[a])}</td>'
            f"<td>{visits[a]:,}</td><td>{_exact(exact[a], starred=optimal[a])}</td>"
            f"<td>{_exact(_difference(q_values[a], exact[a]))}</td></tr>"
            for a, name in enumerate(NAMES)
        )
        heads = ("Action", "Q(s, a)", "Visits", "q*(s, a)", "Q − q*")
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        names = ("V(s) = max Q", "v*(s)", "Greedy action", "Planning says")
        values = [_exact(q_values.max()), _exact(value), _listed(best), _listed(optimal)]
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"{_entries(names, values, 'facts')}"
        )


def optimal_actions(plan: Plan | None, state: int, discount: float) -> NDArray[np.bool_]:
    """Whether each action is optimal, shape ``(A,)``; all False without a plan."""
    if plan is None or np.isnan(plan.values[state]):
        return np.zeros(len(Action), dtype=np.bool_)
    if discount == 1:  # another that looks as good may lead round in circles
        return np.arange(len(Action)) == plan.policy[state]
    return plan.optimal[state]


def _chosen(step: Step) -> str:
    return "explored" if step.explored else "exploited"


def _difference(one: float, other: float) -> float:
    """The difference of two values; 0 if it is only rounding."""
    difference = one - other
    return 0.0 if is_rounding(abs(difference), abs(one) + abs(other)) else difference


def _exact(value: float, starred: bool = False) -> str:
    """A rounded number with the exact one as its tooltip, and a star if it is the best."""
    value = float(value)
    exact = "no value" if value != value else repr(value)
    star = '<i title="best">★</i>' if starred else "<i></i>"
    return f'<span title="{exact}">{number(value)}</span>{star}'


def _listed(chosen: NDArray[np.bool_]) -> str:
    actions = np.flatnonzero(chosen).tolist()
    if len(actions) == 1:
        return NAMES[actions[0]]
    arrows = " ".join(ARROWS[action] for action in actions)
    return f"{arrows} <small>tie</small>" if actions else "–"


def _entries(names: tuple[str, ...] | str, values: list[str], style: str = "facts") -> str:
    entries = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>"
        for name, value in zip(names, values, strict=True)
    )
    return f'<dl class="{style}">{entries}</dl>'


_STYLE = """
:host { color: var(--mui-palette-text-primary); font-size: 0.95rem;
        font-variant-numeric: tabular-nums; --line: var(--mui-palette-divider, #8886); }
:host > div { box-sizing: border-box; width: 100%; padding: 8px; display: grid !important;
              grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
              gap: 24px 48px; }
:host > div::before, :host > div::after { display: none !important; }
section { min-width: 0; container-type: inline-size; }
h2 { margin: 0; font-size: 1.1rem; }
small { font-size: 0.8rem; font-weight: normal; white-space: nowrap; }
small, dt, th, .note, b { color: var(--mui-palette-text-secondary); }
dt, thead th, b { font-size: 0.8rem; font-weight: normal; }
.note { margin: 4px 0 12px; line-height: 1.4; }
.update .note { min-height: 2.8em; }
dl { display: grid; gap: 8px 12px; margin: 0; grid-template-columns: repeat(4, 1fr); }
dd { margin: 0; min-height: 1.4em; white-space: nowrap; }
i { display: inline-block; width: 1.1em; font-style: normal; text-align: center;
    color: var(--mui-palette-primary-main); }
math { font-size: 1.1rem; }
.number, .operand { display: inline-block; text-align: right; min-width: 3.8em; }
.operand { text-align: left; min-width: 4.5em; }
.rule { margin: 16px 0; padding: 12px 8px; text-align: center; border-radius: 8px;
        border: 1px solid var(--line); }
.line { display: grid; grid-template-columns: 5rem 1fr; gap: 4px 12px; padding: 8px 0;
        align-items: baseline; border-top: 1px solid var(--line); }
.line > math { justify-self: start; }
.line p { grid-column: 2; margin: 0; }
.values { column-gap: 0; }
.values div { display: flex; gap: 4px; align-items: baseline; }
.values dt { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0 0 16px; }
tr { border-bottom: 1px solid var(--line); }
th, td { padding: 6px 0; text-align: right; font-weight: normal; white-space: nowrap; }
th:first-child { text-align: left; }
thead th:nth-child(even), thead th:last-child { padding-right: 1.4em; }
thead th:nth-child(3) { padding-right: 0; }
tbody th { color: inherit; }
@container (max-width: 520px) {
  .facts { grid-template-columns: 1fr 1fr; }
  .line p { grid-column: 1 / -1; }
}
@container (max-width: 420px) {
  .values { grid-template-columns: 1fr 1fr; }
  math { font-size: 1rem; }
  table { font-size: 0.85rem; }
}
"""
