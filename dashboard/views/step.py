"""The last step in words, and what was learned from it, in its numbers."""

from collections.abc import Mapping

import numpy as np
import panel as pn
from numpy.typing import NDArray

from dashboard.session.notebook import in_notebook
from dashboard.views.mathml import is_one_step, mathematics, rule, worked, worked_lines
from dashboard.views.moves import Manner, manner_of
from dashboard.widgets.hinted import CheckBoxGroup
from dashboard.widgets.markup import Markup
from dashboard.words.actions import actions_of
from dashboard.words.facts import cells_of, has_map, where
from dashboard.words.numbers import counted, exact_number, given_number, short_number
from gridworld import (
    ALGORITHMS,
    EPSILON_WAYS,
    Cell,
    Snapshot,
    Step,
    Update,
)

_NOT_YET = "Nothing has happened yet. Press Step to make one update and see its numbers here."
_LATER = "The agent has not learned from it yet: this algorithm learns later in the episode."
_CHOSEN = {
    True: ("exploring", "Explored: one of {all} actions, by chance."),
    False: ("greedy", "Exploited: a best action of the Q-table."),
}
#: The same where it is not explored by ε.
_OTHERWISE = ("exploring", "Explored: an action whose value is not the greatest.")
#: Time between two drawings while each step is shown, and while most are left out.
_READ_SECONDS, _GLANCED_SECONDS = 0.25, 0.5
#: Share of the target below which a TD error is but rounding.
_ROUNDING = 1e-12
#: Numbers that have room below the update.
_MOST_FACTS = 3
#: Updates by planning that are listed.
_MOST_PLANNED = 12
#: What happened, after "In (5, 0) it went → right (exploring), ".
_HAPPENED = {
    Manner.MOVED: "got {reward} and came to {there}",
    Manner.STAYED: "got {reward} and stayed",
    Manner.HIT_WALL: "hit the wall, got {reward} and stayed",
    Manner.HIT_EDGE: "hit the edge, got {reward} and stayed",
    Manner.TO_THE_CLIFF: "towards the cliff, got {reward} and landed in {there}",
    Manner.SLIPPED: "slipped to {there} and got {reward}",
    Manner.BLOWN: "was blown to {there} and got {reward}",
    Manner.LANDED: "got {reward} and landed in {there}",
}
#: After these nobody would say that it went where the action leads.
_UNSURE = (Manner.STAYED, Manner.SLIPPED, Manner.LANDED)
_ENDS: dict[str, str] = {Cell.GOAL: ", the goal", Cell.PIT: ", a pit"}
_OVER = ", where the episode ended"
_CUT_OFF = ". Step limit reached"


class StepView:
    """The last step in words, and the update that was learned from it, as a worked example.

    Attributes:
        div: The summary.
        calculation: The calculation line by line, once it has been opened.
        lines: Switches the calculation line by line on and off.
        panel: All of it, as it is placed on the page.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.div = Markup.wide("step", _STYLE)
        self.lines = CheckBoxGroup(
            options={"Line by line": True},
            value=[],
            hint="The same update one line after the other, with all digits.",
            margin=0,
            stylesheets=[_SWITCH] if in_notebook() else [_SWITCH, _BESIDE],
        )
        self.panel = pn.Column(self.div.pane(), self.lines, sizing_mode="stretch_width")
        self.calculation: Markup | None = None
        self.lines.param.watch(lambda event: self._show_lines(), "value")
        self._snapshot, self._is_read = snapshot, True
        self.update(snapshot)

    @property
    def min_interval(self) -> float:
        """Seconds between two drawings; where steps are left out, nobody reads each of the rest."""
        return _READ_SECONDS if self._is_read else _GLANCED_SECONDS

    def update(self, snapshot: Snapshot) -> None:
        """Writes the words and the numbers."""
        self._is_read = abs(snapshot.total_steps - self._snapshot.total_steps) <= 1
        self._snapshot = snapshot
        self._map = cells_of(snapshot)
        self._actions = actions_of(snapshot)
        self.div.text = self._describe()
        self._show_lines()

    def _show_lines(self) -> None:
        """Writes the lines where they are to be seen; makes their model when first asked."""
        is_open = bool(self.lines.value)
        if is_open and self.calculation is None:
            self.calculation = Markup.wide("lines", _LINES_STYLE)
            self.panel.append(self.calculation.pane())
        if self.calculation is not None:
            self.calculation.visible = is_open
            if is_open:
                self.calculation.text = self._describe_lines()

    def _describe(self) -> str:
        snapshot, step = self._snapshot, self._snapshot.last_step
        algorithm = ALGORITHMS[snapshot.algorithm]
        equation, update = algorithm.equation, snapshot.last_update
        symbols = f'<div class="rule" title="{equation.reference}">{rule(equation)}</div>'
        if step is None:
            return (
                f'<p class="words">{_NOT_YET}</p>{symbols}<p class="note">{algorithm.title} '
                f"({equation.reference}). Where S′ is not terminal, {equation.meaning}</p>"
            )
        if algorithm.plans:
            return self._describe_backup(symbols)
        is_own = update is not None and (update.state, update.action) == step[:2]
        count = f"{'update' if is_own else 'step'} {snapshot.total_steps:,}"
        words = f'<p class="words"><span class="count">{count}</span>{self._tell(step)}</p>'
        if update is None:
            return f'{words}{symbols}<p class="note">{_LATER}</p>'
        facts = {"TD error δ": _signed(update), "Target": _number(update.target)}
        facts |= self._counted(step, update) | self._tell_planned()
        for name in ("Target", "It counts"):  # there is room for three
            if len(facts) > _MOST_FACTS:
                facts.pop(name, None)
        return f'{words}{symbols}<p class="worked">{worked(step, update)}</p>{_entries(facts)}'

    def _describe_backup(self, symbols: str) -> str:
        """One step of planning: no agent took it."""
        snapshot, step, update = (
            self._snapshot,
            self._snapshot.last_step,
            self._snapshot.last_update,
        )
        assert step is not None
        place, action = self._place(step.state), self._actions.titles[step.action]
        count = f'<span class="count">step {snapshot.total_steps:,}</span>'
        if update is None or (update.state, update.action) != (step.state, step.action):
            words = f"In {place} the policy takes <b>{action}</b>: the best by its values."
            return f'<p class="words">{count}{words}</p>{symbols}'
        words = f"<b>{action}</b> in {place} is worked out anew, from all that may follow."
        facts = {
            "Change": _signed(update),
            "Expected reward": _number(step.reward),
            "s′ counts": f'<span class="next">{_number(update.next_value)}</span>',
        }
        return (
            f'<p class="words">{count}{words}</p>{symbols}'
            f'<p class="worked">{worked(step, update)}</p>{_entries(facts)}'
        )

    def _tell_planned(self) -> dict[str, str]:
        """How much planning added to the step, and how much waits; nothing without planning."""
        inside = self._snapshot.inside
        if inside is None or inside.planned is None:
            return {}
        said = counted(len(inside.planned.states), "update")
        if inside.priorities is not None:
            said += f", {int((inside.priorities > 0).sum()):,} wait"
        return {"Then planned": said}

    def _describe_planned(self) -> str:
        """The updates by planning, one after the other."""
        inside = self._snapshot.inside
        if inside is None or inside.planned is None:
            return ""
        made = [
            f"<span>{self._place(state)} {self._actions.signs[action]} {_number(error)}</span>"
            for state, action, error in zip(
                *(column[:_MOST_PLANNED].tolist() for column in inside.planned), strict=True
            )
        ]
        n_more = len(inside.planned.states) - len(made)
        more = [f"<span>and {n_more:,} more</span>"] if n_more else []
        listed = "".join([*made, *more]) or "<span>nothing</span>"
        return f'<div class="line values"><b>Planned, δ</b><p>{listed}</p></div>'

    def _tell(self, step: Step) -> str:
        """The step in one sentence."""
        moves, manner = self._snapshot.moves, Manner.MOVED
        if moves is not None and has_map(self._snapshot):
            manner = manner_of(step, moves, self._map)
        word, hint = self._chosen(step)
        verb = (
            "chose"
            if moves is None or manner in (Manner.STAYED, Manner.SLIPPED, Manner.LANDED)
            else "went"
        )
        happened = _HAPPENED[manner].format(
            reward=f'<b class="reward" title="{exact_number(step.reward)}">'
            f"{given_number(step.reward)}</b>",
            there=self._place(step.next_state),
        )
        end = ""
        if step.terminated:
            is_on_map = has_map(self._snapshot)
            end = _ENDS.get(str(self._map.flat[step.next_state]), "") if is_on_map else _OVER
        if self._was_cut_off():
            end = _CUT_OFF
        return (
            f"In {self._place(step.state)} it {verb} "
            f"<b>{self._actions.titles[step.action]}</b> "
            f'<span title="{hint}">({word})</span>, {happened}{end}.'
        )

    def _chosen(self, step: Step) -> tuple[str, str]:
        """How the action was chosen, in a word and in a sentence."""
        if step.explored and self._snapshot.exploration not in EPSILON_WAYS:
            return _OTHERWISE
        word, hint = _CHOSEN[step.explored]
        return word, hint.format(all=self._actions.all)

    def _counted(self, step: Step, update: Update) -> dict[str, str]:
        """What the state that the target looks ahead to counts, or whose value was updated."""
        equation = ALGORITHMS[self._snapshot.algorithm].equation
        if not is_one_step(step, update):
            return {
                "S, A": f"{self._place(update.state)} {self._actions.signs[update.action]}",
                "It counts": f'<span class="next">{mathematics(equation.next_value)}</span>',
            }
        if step.terminated:
            return {"S′ counts": "0: it is terminal"}
        named = "A′ is" if "A′" in equation.rule else "for"
        chosen = ""
        if update.next_action is not None:
            chosen = f", {named} {self._actions.signs[update.next_action]}"
        return {
            "S′ counts": f'<span class="next" title="{equation.meaning.capitalize()}">'
            f"{mathematics(equation.next_value)}</span>{chosen}"
        }

    def _describe_lines(self) -> str:
        step, update = self._snapshot.last_step, self._snapshot.last_update
        if step is None or update is None:
            return f'<p class="note">{_NOT_YET if step is None else _LATER}</p>'
        algorithm = ALGORITHMS[self._snapshot.algorithm]
        equation = algorithm.equation
        if algorithm.plans:
            lines = worked_lines(equation, step, update)
            return (
                f'{lines}<p class="note">{equation.meaning.capitalize()} {equation.reference}</p>'
            )
        return (
            f'<p class="note">{self._chosen(step)[1]} {self._explain(step, update)}</p>'
            f"{self._describe_values(step, update)}{worked_lines(equation, step, update)}"
            f"{self._describe_planned()}"
            f'<p class="note">{equation.reference}</p>'
        )

    def _explain(self, step: Step, update: Update) -> str:
        """How the state that the target looks ahead to counts, in words."""
        if (step.state, step.action) != (update.state, update.action):
            return "The value that was updated is that of an earlier step."
        if not is_one_step(step, update):
            return "The target has more in it than this step."
        if step.terminated:
            return "S′ is terminal: the episode ended, S′ counts 0."
        if self._was_cut_off():
            return "Cut off, not terminal: S′ still counts."
        meaning = ALGORITHMS[self._snapshot.algorithm].equation.meaning
        return f"S′ is not terminal: {meaning}"

    def _describe_values(self, step: Step, update: Update) -> str:
        """*Q(S′, a)* as they were before the update, with a star where one counts."""
        if not is_one_step(step, update):
            return ""
        values = self._table[step.next_state].tolist()
        if step.next_state == update.state:
            values[update.action] = update.old_value
        counted = [value == update.next_value for value in values]
        if update.next_action is not None:
            counted = [action == update.next_action for action in range(len(values))]
        entries = "".join(
            f"<span>{arrow} {_number(value)}{'★' * (counts and not step.terminated)}</span>"
            for arrow, value, counts in zip(self._actions.signs, values, counted, strict=True)
        )
        return f'<div class="line values"><b>Q(S′, a)</b><p>{entries}</p></div>'

    @property
    def _table(self) -> NDArray[np.float64]:
        """The values that count in the target; of two tables, those of the one not updated."""
        inside = self._snapshot.inside
        if inside is None or inside.tables is None or inside.last_table is None:
            return self._snapshot.q_values
        return inside.tables[1 - inside.last_table]

    def _place(self, state: int) -> str:
        return f'<b title="State {state}">{where(self._snapshot, state)}</b>'

    def _was_cut_off(self) -> bool:
        """Whether the last update, not a terminal one, was the last of its episode."""
        lengths, snapshot = self._snapshot.episode_lengths, self._snapshot
        if snapshot.last_step is None or snapshot.last_step.terminated:
            return False
        # The sum alone would be enough, but it is slow after a million episodes.
        return bool(
            lengths.size and lengths[-1] == snapshot.step and lengths.sum() == snapshot.total_steps
        )


def _entries(facts: Mapping[str, str]) -> str:
    """Names and values side by side."""
    entries = "".join(f"<div><dt>{n}</dt><dd>{value}</dd></div>" for n, value in facts.items())
    return f"<dl>{entries}</dl>"


def _number(value: float) -> str:
    return f'<span title="{exact_number(value)}">{short_number(value)}</span>'


def _signed(update: Update) -> str:
    """The TD error with its sign; none where it is but what the target's last digit is worth."""
    error = update.td_error
    if 0 < abs(error) < _ROUNDING * max(abs(update.target), abs(update.old_value)):
        return f'<span title="{exact_number(error)}: rounding alone">≈ 0</span>'
    shown = _number(error)
    return shown.replace(">", ">+", 1) if error > 0 else shown


_COMMON = """
:host { color: var(--mui-palette-text-primary); font-size: 14px; line-height: 20px;
        font-variant-numeric: tabular-nums; --muted: var(--mui-palette-text-secondary);
        --reward: color-mix(in srgb, #d55e00 78%, var(--mui-palette-text-primary)); }
:host > div { box-sizing: border-box; width: 100%; display: block !important; }
p { margin: 0; }
.note { color: var(--muted); }
.reward { color: var(--reward); }
.next { color: var(--mui-palette-primary-main); }
"""
_STYLE = f"""{_COMMON}
:host > div {{ min-height: 156px; container-type: inline-size; }}
.words {{ min-height: 40px; }}
.words b {{ white-space: nowrap; }}
.count {{ float: right; margin-left: 12px; font-size: 12px; color: var(--muted); }}
.rule {{ margin-top: 4px; height: 24px; line-height: 24px; overflow: auto hidden;
        scrollbar-width: none; white-space: nowrap; color: var(--muted); }}
.rule math {{ font-size: 13px; }}
.worked {{ margin-top: 2px; min-height: 48px; padding-left: 62px; text-indent: -62px;
          font: 16px/24px Cambria, "STIX Two Text", "Times New Roman", serif;
          font-variant-numeric: lining-nums tabular-nums; }}
.worked span {{ white-space: nowrap; text-indent: 0; }}
dl {{ display: flex; gap: 24px; margin: 4px 0 0; height: 40px; white-space: nowrap; }}
dt {{ font-size: 12px; line-height: 16px; color: var(--muted); }}
dd {{ margin: 0; line-height: 18px; min-width: 56px; font-weight: 600; }}
dd math {{ font-size: 13px; font-weight: normal; }}
@container (max-width: 370px) {{
  .worked {{ font-size: 15px; padding-left: 28px; text-indent: -28px; }}
  dl {{ gap: 14px; }}
}}
"""
_LINES_STYLE = f"""{_COMMON}
:host {{ border-top: 1px solid var(--mui-palette-divider); margin-top: 8px !important; }}
.line {{ display: grid; grid-template-columns: 84px 1fr; column-gap: 8px; padding: 6px 0;
        border-bottom: 1px solid var(--mui-palette-divider); }}
.line > b {{ font-size: 12px; font-weight: normal; color: var(--muted); }}
.line small {{ grid-column: 2; font-size: 12px; line-height: 16px; color: var(--muted);
             overflow-wrap: anywhere; }}
.note {{ padding: 6px 0; font-size: 12px; line-height: 16px; }}
.values p {{ display: flex; flex-wrap: wrap; gap: 0 14px; }}
"""
_SWITCH = """
:host { width: auto; align-self: flex-end; z-index: 1; }
.bk-input-group { display: block; }
label { display: flex; align-items: center; gap: 4px; min-height: 24px; cursor: pointer;
        font-size: 12px; color: var(--mui-palette-primary-main); }
label > span { margin: 0 !important; }
input { appearance: none; margin: 0 !important; width: 12px !important; border-radius: 2px;
        height: 12px !important; color: inherit; }
input::before { content: "▸"; display: block; line-height: 10px; font-size: 14px; }
input:checked::before { content: "▾"; }
input:focus-visible { outline: 2px solid var(--mui-palette-primary-main); outline-offset: 2px; }
"""
#: Where there is room, beside the numbers.
_BESIDE = "@media (min-width: 1101px) { :host { margin-top: -26px !important; } }"
