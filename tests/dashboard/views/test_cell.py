import html
import re
from dataclasses import replace

import numpy as np
import pytest

from dashboard.views.cell import CellView, optimal_actions
from dashboard.words.numbers import short_number
from gridworld import ALGORITHMS, GridWorldConfig, Trainer

IDLE = Trainer().snapshot
#: Of the easy level: a free cell, a wall, the goal.
FREE, WALL, GOAL = (1, 1), (0, 2), (4, 4)


def trained(n_steps=3000, level="easy", analysed=True):
    trainer = Trainer(GridWorldConfig(level=level), ALGORITHMS["q_learning"].config())
    trainer.start()
    trainer.advance(n_steps)
    if analysed:
        trainer.analyse()
    return trainer


def drawn(snapshot, cell=None):
    view = CellView(snapshot)
    view.select(cell)
    view.update(snapshot)
    return view


def plain(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def head(view):
    return plain(view.head.text)


def body(view):
    return view.body.text


def rows(view):
    """Rows of the table: the actions', and the cell's own."""
    lines = re.findall(r"<tr>(.*?)</tr>", body(view))[1:]
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line)]
        for line in lines
    ]


def explained(view):
    (found,) = re.findall(r'<p class="why">(.*?)</p>', body(view))
    return plain(found)


def with_values(*values, visits=(1, 1, 1, 1), plan=None):
    """A snapshot with values of cell (1, 1)."""
    q_values, counts = IDLE.q_values.copy(), IDLE.visits.copy()
    q_values[6], counts[6] = values, visits
    return replace(IDLE, q_values=q_values, visits=counts, plan=plan)


def test_before_a_cell_is_chosen_it_says_how_to_choose_one():
    view = drawn(IDLE)
    assert view.cell is None
    assert view.title == "Cell"
    assert "Click a cell of the map, or type its row and column" in body(view)
    assert (view.row.value, view.column.value) == (None, None)


def test_nothing_is_made_before_it_is_drawn():
    view = CellView(IDLE)
    view.select(FREE)
    assert len(view.panel) == 0
    assert view.title == "Cell (1, 1)"


def test_a_chosen_cell_shows_its_values_visits_and_plan():
    snapshot = trained().snapshot
    view = drawn(snapshot, FREE)
    state = 6
    assert head(view) == "Cell (1, 1) free"
    *actions, cell = rows(view)
    for action, (name, value, visits, exact) in enumerate(actions):
        assert name.endswith(["up", "right", "down", "left"][action])
        assert value.strip("★") == short_number(snapshot.q_values[state, action])
        assert visits == str(snapshot.visits[state, action])
        assert exact.strip("★") == short_number(snapshot.plan.q_values[state, action])
    starred = [row[1].endswith("★") for row in actions]
    assert starred == (snapshot.q_values[state] == snapshot.q_values[state].max()).tolist()
    assert [row[3].endswith("★") for row in actions] == snapshot.plan.optimal[state].tolist()
    assert cell[1] == short_number(snapshot.q_values[state].max())
    assert cell[2] == f"{snapshot.visits[state].sum():,}"
    assert cell[3] == short_number(snapshot.plan.values[state])


def test_the_greedy_action_and_its_lead_are_told():
    assert explained(drawn(with_values(0.1, 0.5, 0.25, 0.2), FREE)) == (
        "Greedy: → right , as its Q is the greatest, 0.250 above ↓ down ."
    )
    untried = with_values(0.1, 0.5, 0.25, 0.2, visits=(1, 0, 1, 1))
    assert "though it was never tried here" in explained(drawn(untried, FREE))


def test_tied_actions_are_all_marked_and_told():
    view = drawn(with_values(0.5, 0.5, 0.1, 0.2), FREE)
    assert [row[1].endswith("★") for row in rows(view)[:4]] == [True, True, False, False]
    assert "↑ up or → right , by chance" in explained(view)
    assert explained(drawn(IDLE, FREE)).startswith("Never visited. All four actions are tied")
    assert explained(drawn(with_values(1, 1, 1, 1), FREE)).startswith("All four actions are tied")


def test_what_is_greedy_is_judged_by_the_plan():
    plan = trained().snapshot.plan
    values, optimal = plan.q_values[6], plan.optimal[6]
    assert explained(drawn(with_values(*values, plan=plan), FREE)).endswith("That is optimal .")
    worst = with_values(*-values, plan=plan)
    loss = short_number(values.max() - values[(-values).argmax()], 3)
    assert explained(drawn(worst, FREE)).endswith(f"worth {loss} more.")
    assert optimal.any()
    assert "ptimal" not in explained(drawn(with_values(*values), FREE))


def test_without_a_plan_the_learned_values_are_shown_alone():
    view = drawn(trained(analysed=False).snapshot, FREE)
    assert [row[3] for row in rows(view)] == ["–"] * 5


def test_all_actions_that_planning_finds_optimal_are_told():
    plan = trained().snapshot.plan
    assert optimal_actions(None, 0, 0.99, 4).sum() == 0
    chosen = np.eye(4, dtype=bool)[plan.policy[0]]
    assert (optimal_actions(plan, 0, 0.99, 4) >= chosen).all()
    assert optimal_actions(plan, 0, 1.0, 4).tolist() == chosen.tolist()


@pytest.mark.parametrize(
    ("level", "cell", "kind", "said"),
    [
        ("easy", WALL, "wall", "stops in front of a wall"),
        ("easy", GOAL, "goal", "Reaching it ends the episode"),
        ("cliff_walking", (3, 4), "cliff", "put back to a start"),
    ],
)
def test_cells_in_which_nothing_is_learned_are_said_to_be_such(level, cell, kind, said):
    view = drawn(trained(level=level).snapshot, cell)
    assert head(view).endswith(kind)
    assert said in body(view)
    assert "<table" not in body(view)


def test_a_chosen_cell_stays_and_is_followed():
    trainer = trained(500)
    view = drawn(trainer.snapshot, FREE)
    trainer.advance(2000)
    view.update(trainer.snapshot)
    assert rows(view)[0][2] == str(trainer.snapshot.visits[6, 0])
    view.select(None)
    assert "Click a cell" in body(view)


def test_the_fields_choose_a_cell_as_a_click_does():
    view, told = drawn(trained().snapshot), []
    view.on_select(told.append)
    view.select((3, 2))
    assert (view.row.value, view.column.value) == (3, 2)
    assert told == []  # only what the person enters here is told
    view.row.value = 4
    assert view.cell == (4, 2)
    assert told == [(4, 2)]
    assert head(view).startswith("Cell (4, 2)")
    view.select(None)
    view.column.value = 1  # what is not entered yet counts 0, and is still to be entered
    assert view.cell == (0, 1)
    assert (view.row.value, view.column.value) == (None, 1)
    view.row.value = 2
    view.row.value = None  # emptied
    assert view.cell == (2, 1)


@pytest.mark.parametrize("number", [4, 99, -1])
def test_a_number_past_the_map_is_refused_and_the_old_one_stays(number, monkeypatch):
    told = []
    monkeypatch.setattr("dashboard.views.cell.toast", lambda kind, text: told.append(text))
    view = drawn(trained(level="cliff_walking").snapshot, (3, 11))
    view.row.value = number
    assert told == [f"Row must be a whole number from 0 to 3, got {number}"]
    assert (view.cell, view.row.value) == ((3, 11), 3)


def test_a_cell_that_a_new_map_lacks_is_no_longer_chosen():
    view = drawn(trained(level="hard").snapshot, (6, 6))
    view.update(IDLE)
    assert view.cell is None
    assert "Click a cell" in body(view)
    assert (view.row.value, view.column.value) == (None, None)


@pytest.mark.parametrize("cell", [(5, 0), (0, -1)])
def test_a_cell_beyond_the_map_is_refused(cell):
    view = CellView(IDLE)
    with pytest.raises(ValueError, match=r"cell must be \(row, col\) below \(5, 5\)"):
        view.select(cell)
    assert view.cell is None


def test_nothing_is_sent_where_nothing_has_changed():
    trainer = trained()
    view = drawn(trainer.snapshot, FREE)
    sent = []
    for pane in (view.panel[0][0], view.panel[1]):
        pane.object.on_change("text", lambda attr, old, new: sent.append(new))
    for field in (view.row, view.column):
        field.param.watch(sent.append, ["value", "end"])
    view.update(trainer.snapshot)
    assert not sent
    while not np.any(trainer.snapshot.visits[6] != view._snapshot.visits[6]):
        trainer.advance(1)
    view.update(trainer.snapshot)
    assert len(sent) == 1
