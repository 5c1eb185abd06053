import html
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.inspector import InspectorView, optimal_actions
from dashboard.views.mathml import mathematics, number, rule
from gridworld import ALGORITHMS, GridWorldConfig, QLearningConfig, Trainer

IDLE = Trainer().snapshot
#: Of the easy level: a free cell, a wall, the goal.
FREE, WALL, GOAL = (1, 1), (0, 2), (4, 4)


def trained(n_steps=3000, level="easy", analysed=True, algorithm="q_learning", **learning):
    config = ALGORITHMS[algorithm].config(**learning)
    trainer = Trainer(GridWorldConfig(level=level), config)
    trainer.start()
    trainer.advance(n_steps)
    if analysed:
        trainer.analyse()
    return trainer


def until(condition, **learning):
    """The first snapshot whose last update meets a condition."""
    trainer = trained(0, analysed=False, **learning)
    while not (trainer.snapshot.last_update and condition(trainer.snapshot)):
        trainer.advance(1)
    return trainer.snapshot


def text(view, part="update"):
    """What a part of the view reads, without its markup."""
    (found,) = re.findall(f'<section class="{part}">(.*?)</section>', view.div.text)
    return html.unescape(re.sub(r"<[^>]*>", " ", found))


def facts(view, part="update"):
    (found,) = re.findall(f'<section class="{part}">(.*?)</section>', view.div.text)
    entries = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", found)
    return {name: re.sub(r"<[^>]*>", " ", value).split() for name, value in entries}


def worked(view):
    """First number, factor, second number and result of each line, exactly."""
    numbers = r"(\S+) [+−] (?:(\S+) × )?(\S+) = (\S+)"
    titles = re.findall(r'class="line" title="(.*?)"', view.div.text)
    return [
        [float(value or 1) for value in re.fullmatch(numbers, title).groups()] for title in titles
    ]


def rows(view):
    """Cells of the selected cell's table."""
    lines = re.findall(r"<tr>(.*?)</tr>", view.div.text)[1:]
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line)]
        for line in lines
    ]


def test_before_the_first_update_it_says_how_to_make_one():
    view = InspectorView(IDLE)
    assert "Press Step" in text(view)
    assert "nan" not in view.div.text.lower()
    assert facts(view)["State S"] == ["–"]


def test_the_numbers_are_those_of_the_update():
    snapshot = trained().snapshot
    step, update = snapshot.last_step, snapshot.last_update
    view = InspectorView(snapshot)
    shown = facts(view)
    row, col = divmod(step.state, 5)
    assert shown["State S"] == [f"({row},", f"{col})", "state", str(step.state)]
    assert shown["Next state S′"][-1] == str(step.next_state)
    assert shown["Action A"][1:] == [
        ["up", "right", "down", "left"][step.action],
        "explored" if step.explored else "exploited",
    ]
    assert shown["Reward R"] == [number(step.reward)]
    assert f"number {snapshot.total_steps:,} of this run" in text(view)
    for value in (update.old_value, update.target, update.td_error, update.new_value):
        assert number(value) in text(view)


@settings(deadline=None)
@given(
    st.integers(1, 400),
    st.sampled_from(["easy", "cliff_walking"]),
    st.sampled_from(list(ALGORITHMS)),
)
def test_each_line_adds_up_exactly(n_steps, level, algorithm):
    snapshot = trained(n_steps, level, False, algorithm, num_episodes=10_000).snapshot
    step, update = snapshot.last_step, snapshot.last_update
    target, error, value = worked(InspectorView(snapshot))
    reward, discount, next_best, result = target
    assert (reward, result) == (step.reward, update.target)
    assert reward + discount * next_best == result
    assert error == [update.target, 1, update.old_value, update.td_error]
    assert error[0] - error[2] == error[3]
    old_value, learning_rate, td_error, new_value = value
    assert (old_value, td_error, new_value) == (
        update.old_value,
        update.td_error,
        update.new_value,
    )
    assert old_value + learning_rate * td_error == new_value


def test_rounded_lines_that_do_not_add_up_say_so():
    view = InspectorView(IDLE)
    snapshot = trained(1).snapshot

    def relations(reward, **values):
        step = snapshot.last_step._replace(reward=reward, terminated=True)
        update = snapshot.last_update._replace(next_value=0.0, **values)
        view.update(replace(snapshot, last_step=step, last_update=update))
        return re.findall(
            '<mo form="infix">([=≈])</mo><mtext><span class="number">[^<]*</span></mtext></math>',
            view.div.text,
        )

    even = {
        "reward": 0.5,
        "target": 0.5,
        "old_value": 0.25,
        "td_error": 0.25,
        "new_value": 0.275,
    }
    assert relations(**even) == ["=", "=", "="]
    odd = even | {"target": 0.50004, "old_value": 0.12338, "td_error": 0.37666}
    assert relations(**odd)[1] == "≈"


def test_the_rates_shown_are_those_that_the_update_was_made_with():
    trainer = trained(2000)
    before = worked(InspectorView(trainer.snapshot))
    trainer.pause()
    trainer.tune(learning_rate=0.9, discount_factor=0.3)
    assert trainer.snapshot.learning_rate == 0.9
    assert worked(InspectorView(trainer.snapshot)) == before
    assert (before[0][1], before[2][1]) == (0.99, 0.1)


def test_a_step_that_stays_in_place_counts_the_values_of_before_it():
    snapshot = until(
        lambda s: s.last_step.state == s.last_step.next_state and s.last_update.td_error
    )
    update, view = snapshot.last_update, InspectorView(snapshot)
    values = snapshot.q_values[update.state].copy()
    values[update.action] = update.old_value
    shown = facts(view)
    assert [shown[arrow][0] for arrow in "↑→↓←"] == [number(value) for value in values]
    assert update.next_value == values.max()
    assert "stayed where it was" in text(view)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_has_its_own_rule_and_tells_the_action_that_counts(algorithm):
    snapshot = until(
        lambda s: not s.last_step.terminated and s.last_step.state != s.last_step.next_state,
        algorithm=algorithm,
        initial_q=1.0,
    )
    equation, update = ALGORITHMS[algorithm].equation, snapshot.last_update
    view = InspectorView(snapshot)
    assert rule(equation) in view.div.text
    assert equation.meaning in text(view)
    assert worked(view)[0][2] == update.next_value
    shown = facts(view)
    assert ("Next action A′" in shown) == ("A′" in equation.rule)
    if update.next_action is not None:
        assert shown["Next action A′"][-1] == ["up", "right", "down", "left"][update.next_action]
        starred = [arrow for arrow in "↑→↓←" if "★" in shown[arrow]]
        assert starred == ["↑→↓←"[update.next_action]]
    ended = until(lambda s: s.last_step.terminated, algorithm=algorithm)
    shown = facts(InspectorView(ended))
    assert shown.get("Next action A′", ["–"]) == ["–"]
    assert not [arrow for arrow in "↑→↓←" if "★" in shown[arrow]]


def test_the_rule_is_read_as_it_is_written():
    for algorithm in ALGORITHMS.values():
        for equation in algorithm.equation[:2]:
            written = re.sub(r"<[^>]*>", "", mathematics(equation))
            assert written == equation.replace(" ", "").replace("_a", "a")


def test_a_terminal_state_counts_nothing():
    snapshot = until(lambda s: s.last_step.terminated, initial_q=5.0)
    view = InspectorView(snapshot)
    assert "terminal: the episode ended, S′ counts 0" in text(view)
    assert worked(view)[0][2] == 0
    assert worked(view)[0][3] == snapshot.last_step.reward


def test_a_truncated_episode_still_counts_its_last_state():
    trainer = Trainer(GridWorldConfig(max_steps=7), QLearningConfig(initial_q=2.0))
    trainer.start()
    trainer.advance(7)
    snapshot = trainer.snapshot
    view = InspectorView(snapshot)
    assert not snapshot.last_step.terminated
    assert "Cut off, not terminal: S′ still counts" in text(view)
    assert worked(view)[0][2] > 0
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert "Cut off" not in text(view)


def test_a_selected_cell_shows_its_values_visits_and_plan():
    snapshot = trained().snapshot
    view = InspectorView(snapshot)
    view.select(FREE)
    state = 6
    assert "Cell (1, 1)" in text(view, "cell")
    for action, (name, value, visits, exact, difference) in enumerate(rows(view)):
        q_value, q_star = snapshot.q_values[state, action], snapshot.plan.q_values[state, action]
        assert name.endswith(["up", "right", "down", "left"][action])
        assert value.strip("★") == number(q_value)
        assert visits == str(snapshot.visits[state, action])
        assert exact.strip("★") == number(q_star)
        assert difference == number(q_value - q_star)
    starred = [row[1].endswith("★") for row in rows(view)]
    assert starred == (snapshot.q_values[state] == snapshot.q_values[state].max()).tolist()
    shown = facts(view, "cell")
    assert shown["V(s) = max Q"] == [number(snapshot.q_values[state].max())]
    assert shown["v*(s)"] == [number(snapshot.plan.values[state])]
    assert (
        shown["Planning says"][-1] == ["up", "right", "down", "left"][snapshot.plan.policy[state]]
    )


def test_tied_actions_are_all_marked():
    q_values = IDLE.q_values.copy()
    q_values[6] = [0.5, 0.5, 0.1, 0.2]
    view = InspectorView(replace(IDLE, q_values=q_values))
    view.select(FREE)
    assert [row[1].endswith("★") for row in rows(view)] == [True, True, False, False]
    assert facts(view, "cell")["Greedy action"] == ["↑", "→", "tie"]


def test_without_a_plan_the_learned_values_are_shown_alone():
    view = InspectorView(trained(analysed=False).snapshot)
    view.select(FREE)
    assert "no answers of planning yet" in text(view, "cell")
    assert [row[3] for row in rows(view)] == ["–"] * 4
    assert facts(view, "cell")["Planning says"] == ["–"]


def test_all_actions_that_planning_finds_optimal_are_told():
    plan = trained().snapshot.plan
    assert optimal_actions(None, 0, 0.99).sum() == 0
    assert (optimal_actions(plan, 0, 0.99) >= np.eye(4, dtype=bool)[plan.policy[0]]).all()
    assert optimal_actions(plan, 0, 1.0).tolist() == np.eye(4, dtype=bool)[plan.policy[0]].tolist()


@pytest.mark.parametrize(
    ("level", "cell", "said"),
    [
        ("easy", WALL, "Wall"),
        ("easy", GOAL, "Goal: reaching it ends the episode"),
        ("cliff_walking", (3, 4), "Cliff: whoever steps here is thrown back"),
    ],
)
def test_cells_in_which_nothing_is_learned_are_said_to_be_such(level, cell, said):
    view = InspectorView(trained(level=level).snapshot)
    view.select(cell)
    assert said in text(view, "cell")
    assert "<table" not in view.div.text


def test_a_selected_cell_stays_and_is_followed():
    trainer = trained(500)
    view = InspectorView(trainer.snapshot)
    view.select(FREE)
    trainer.advance(2000)
    view.update(trainer.snapshot)
    assert rows(view)[0][2] == str(trainer.snapshot.visits[6, 0])
    view.select(None)
    assert "Click a cell of the grid" in text(view, "cell")


def test_a_cell_that_a_new_map_lacks_is_no_longer_selected():
    view = InspectorView(trained(level="hard").snapshot)
    view.select((6, 6))
    view.update(IDLE)
    assert view.cell is None
    assert "Click a cell" in text(view, "cell")


@pytest.mark.parametrize("cell", [(5, 0), (0, -1)])
def test_a_cell_beyond_the_map_is_refused(cell):
    view = InspectorView(IDLE)
    with pytest.raises(ValueError, match=r"cell must be \(row, col\) below \(5, 5\)"):
        view.select(cell)
    assert view.cell is None


def test_nothing_is_sent_where_nothing_has_changed():
    trainer = trained()
    view = InspectorView(trainer.snapshot)
    sent = []
    view.div.on_change("text", lambda attr, old, new: sent.append(new))
    view.update(trainer.snapshot)
    assert not sent
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert len(sent) == 1


def test_numbers_keep_their_decimals():
    assert number(-0.01) == "−0.0100"
    assert number(-0.0) == number(0.0) == "0.0000"
    assert number(1234.5) == "1,234.5000"
    assert number(float("nan")) == "–"


def test_small_numbers_are_not_shown_as_nothing():
    assert number(-1.23e-9) == "−1.2e−9"
    assert number(0.00005) == "0.0001"
    assert number(0.004, 2) == "4.0e−3"
