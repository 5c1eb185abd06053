import html
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views.mathml import mathematics, rule
from dashboard.views.moves import Manner, manner_of
from dashboard.views.step import StepView
from dashboard.words.numbers import number, short_number
from gridworld import (
    ALGORITHMS,
    MOVE_SETS,
    MOVES,
    Action,
    GridWorldConfig,
    QLearningConfig,
    Step,
    Trainer,
    read_cells,
)

IDLE = Trainer().snapshot


#: Algorithms whose updates are of the step just taken, towards R + γ · what S′ counts.
ONE_STEP = [
    key
    for key, each in ALGORITHMS.items()
    if not (each.plans or key in ("n_step_sarsa", "monte_carlo", "prioritized_sweeping"))
]


def trained(n_steps=3000, level="easy", algorithm="q_learning", **learning):
    config = ALGORITHMS[algorithm].config(**learning)
    trainer = Trainer(GridWorldConfig(level=level), config)
    trainer.start()
    trainer.advance(n_steps)
    return trainer


def until(condition, **learning):
    """The first snapshot whose last update meets a condition."""
    trainer = trained(0, **learning)
    while not (trainer.snapshot.last_update and condition(trainer.snapshot)):
        trainer.advance(1)
    return trainer.snapshot


def opened(snapshot):
    """A view with its lines open."""
    view = StepView(snapshot)
    view.lines.value = [True]
    return view


def plain(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def words(view):
    (found,) = re.findall(r'<p class="words">(.*?)</p>', view.div.text)
    return plain(found)


def lines_of(view):
    """What the opened lines say."""
    return plain(view.calculation.text)


def facts(view):
    entries = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", view.div.text)
    return {name: plain(value) for name, value in entries}


def worked(view):
    """The numbers of the worked equation with all digits, in their order."""
    (found,) = re.findall(r'<p class="worked">(.*?)</p>', view.div.text)
    return [float(n.replace("−", "-")) for n in re.findall(r'title="(.*?)"', found)]


def sign(view):
    """Whether the worked equation says = or ≈."""
    (found,) = re.findall(r'<p class="worked">(.*?)</p>', view.div.text)
    return re.findall(r"[=≈]", plain(found))


def as_calculated(view):
    """First number, factor, second number and result of each line, with all digits."""
    numbers = r"(\S+) [+−] (?:(\S+) × )?\(?([^\s)]+)\)? = (\S+)"
    exact = re.findall(r"<small>(.*?)</small>", view.calculation.text)
    return [
        [float((n or "1").replace("−", "-")) for n in re.fullmatch(numbers, line).groups()]
        for line in exact
    ]


def test_before_the_first_step_it_says_how_to_make_one():
    view = opened(IDLE)
    assert "Press Step" in words(view)
    assert "nan" not in view.div.text.lower()
    equation = ALGORITHMS["q_learning"].equation
    assert rule(equation) in view.div.text
    assert equation.reference in plain(view.div.text)
    assert "Press Step" in lines_of(view)


def test_the_sentence_and_the_numbers_are_those_of_the_step():
    snapshot = until(
        lambda s: not s.last_step.terminated and s.last_step.state != s.last_step.next_state
    )
    step, update = snapshot.last_step, snapshot.last_update
    view = StepView(snapshot)
    here, there = (divmod(state, 5) for state in (step.state, step.next_state))
    name = f"{'↑→↓←'[step.action]} {['up', 'right', 'down', 'left'][step.action]}"
    chosen = "exploring" if step.explored else "greedy"
    assert words(view) == (
        f"update {snapshot.total_steps:,}In ({here[0]}, {here[1]}) it went {name} ({chosen}), "
        f"got −0.01 and came to ({there[0]}, {there[1]})."
    )
    shown = facts(view)
    assert shown["Target"] == number(update.target)
    assert shown["TD error δ"].lstrip("+") == number(update.td_error)
    assert number(update.new_value) in plain(view.div.text)


@settings(deadline=None)
@given(
    st.integers(1, 400),
    st.sampled_from(["easy", "cliff_walking"]),
    st.sampled_from(ONE_STEP),
)
def test_what_is_calculated_adds_up_exactly(n_steps, level, algorithm):
    snapshot = trained(n_steps, level, algorithm, num_episodes=10_000).snapshot
    step, update = snapshot.last_step, snapshot.last_update
    view = opened(snapshot)
    old, rate, reward, discount, following, again, new = worked(view)
    assert (old, rate, reward) == (update.old_value, update.learning_rate, step.reward)
    assert (again, new) == (old, update.new_value)
    assert reward + discount * following == update.target
    assert old + rate * (reward + discount * following - again) == new
    target, error, value = as_calculated(view)
    assert target[0] + target[1] * target[2] == target[3] == update.target
    assert error == [update.target, 1, update.old_value, update.td_error]
    assert value[0] + value[1] * value[2] == value[3] == update.new_value


def test_rounded_numbers_that_do_not_add_up_say_so():
    snapshot = trained(1).snapshot

    def relation(**values):
        step = snapshot.last_step._replace(reward=0.5, terminated=True)
        update = snapshot.last_update._replace(next_value=0.0, target=0.5, **values)
        return sign(StepView(replace(snapshot, last_step=step, last_update=update)))

    assert relation(old_value=0.25, td_error=0.25, new_value=0.275) == ["="]
    assert relation(old_value=0.12338, td_error=0.37662, new_value=0.161042) == ["≈"]


def test_the_rates_shown_are_those_that_the_update_was_made_with():
    trainer = trained(2000)
    before = worked(StepView(trainer.snapshot))
    trainer.pause()
    trainer.tune(learning_rate=0.9, discount_factor=0.3)
    assert worked(StepView(trainer.snapshot)) == before
    assert (before[1], before[3]) == (0.1, 0.99)


def test_a_step_that_stays_in_place_counts_the_values_of_before_it():
    snapshot = until(
        lambda s: s.last_step.state == s.last_step.next_state and s.last_update.td_error
    )
    update, view = snapshot.last_update, opened(snapshot)
    values = snapshot.q_values[update.state].copy()
    values[update.action] = update.old_value
    for arrow, value in zip("↑→↓←", values, strict=True):
        assert f"{arrow} {number(value)}" in lines_of(view)
    assert update.next_value == values.max()
    assert re.search("hit the (wall|edge), got .* and stayed", words(view))


@pytest.mark.parametrize("algorithm", ONE_STEP)
def test_an_algorithm_has_its_own_rule_and_tells_the_action_that_counts(algorithm):
    snapshot = until(
        lambda s: not s.last_step.terminated and s.last_step.state != s.last_step.next_state,
        algorithm=algorithm,
        initial_q=1.0,
    )
    equation, update = ALGORITHMS[algorithm].equation, snapshot.last_update
    view = opened(snapshot)
    assert rule(equation) in view.div.text
    assert mathematics(equation.next_value) in view.div.text
    assert equation.meaning in lines_of(view)
    assert equation.reference in lines_of(view)
    assert worked(view)[4] == update.next_value
    assert ("A′ is" in facts(view)["S′ counts"]) == ("A′" in equation.rule)
    if update.next_action is not None:
        arrow = "↑→↓←"[update.next_action]
        is_next = "A′" in equation.rule
        assert facts(view)["S′ counts"].endswith(f"{'A′ is' if is_next else 'for'} {arrow}")
        assert re.findall(r"([↑→↓←])[^↑→↓←]*★", lines_of(view)) == [arrow]
    ended = opened(until(lambda s: s.last_step.terminated, algorithm=algorithm))
    assert facts(ended)["S′ counts"] == "0: it is terminal"
    assert "★" not in lines_of(ended)


def test_the_rule_is_read_as_it_is_written():
    for algorithm in ALGORITHMS.values():
        equation = algorithm.equation
        for markup, text in (
            (rule(equation), equation.rule),
            (mathematics(equation.next_value), equation.next_value),
        ):
            written = re.sub(r"<[^>]*>", "", markup)
            assert written == re.sub("[ _^]", "", text)


@pytest.mark.parametrize("algorithm", ["n_step_sarsa", "monte_carlo"])
def test_an_update_that_looks_far_ahead_tells_whose_it_is_and_what_it_counts(algorithm):
    snapshot = until(
        lambda s: (s.last_update.state, s.last_update.action) != s.last_step[:2],
        algorithm=algorithm,
    )
    update, view = snapshot.last_update, opened(snapshot)
    row, col = divmod(update.state, 5)
    assert facts(view)["S, A"] == f"({row}, {col}) {'↑→↓←'[update.action]}"
    assert rule(ALGORITHMS[algorithm].equation) in view.div.text
    assert worked(view)[2] == update.target
    assert "that of an earlier step" in lines_of(view)


@pytest.mark.parametrize("algorithm", ["dyna_q", "dyna_q_plus", "prioritized_sweeping"])
def test_planning_steps_are_told_as_such(algorithm):
    snapshot = trained(500, algorithm=algorithm, planning_steps=7).snapshot
    view, planned = opened(snapshot), snapshot.inside.planned
    said = facts(view)["Then planned"]
    assert said.startswith(f"{len(planned.states)} update")
    for state, action, error in zip(*planned, strict=True):
        row, col = divmod(int(state), 5)
        assert f"({row}, {col}) {'↑→↓←'[action]} {number(error)}" in lines_of(view)
    if algorithm == "prioritized_sweeping":
        assert said.endswith(f", {int((snapshot.inside.priorities > 0).sum())} wait")


@pytest.mark.parametrize("algorithm", ["value_iteration", "policy_iteration"])
def test_a_backup_is_told_as_one(algorithm):
    trainer = Trainer(GridWorldConfig(slip=0.2), ALGORITHMS[algorithm].config())
    trainer.step()
    view = opened(trainer.snapshot)
    assert words(view) == "step 1↑ up in (0, 0) is worked out anew, from all that may follow."
    shown = facts(view)
    assert shown["Expected reward"] == number(trainer.snapshot.last_step.reward)
    assert rule(ALGORITHMS[algorithm].equation) in view.div.text
    if algorithm == "policy_iteration":
        trainer.step_phase()
        trainer.step()
        view.update(trainer.snapshot)
        assert "the policy takes" in words(view)


def test_a_terminal_state_counts_nothing():
    snapshot = until(lambda s: s.last_step.terminated, initial_q=5.0)
    view = opened(snapshot)
    assert words(view).endswith(", the goal.")
    assert "terminal: the episode ended, S′ counts 0" in lines_of(view)
    assert worked(view)[4] == 0


def test_a_truncated_episode_still_counts_its_last_state():
    trainer = Trainer(GridWorldConfig(max_steps=7), QLearningConfig(initial_q=2.0))
    trainer.start()
    trainer.advance(7)
    view = opened(trainer.snapshot)
    assert not trainer.snapshot.last_step.terminated
    assert "Step limit reached" in words(view)
    assert "Cut off, not terminal: S′ still counts" in lines_of(view)
    assert worked(view)[4] > 0
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert "Step limit" not in words(view)


def test_an_update_of_an_earlier_step_is_said_to_be_one():
    snapshot = trained().snapshot
    earlier = (snapshot.last_step.state + 1) % 25
    update = snapshot.last_update._replace(state=earlier, target=0.75)
    view = opened(replace(snapshot, last_update=update))
    row, col = divmod(earlier, 5)
    assert facts(view)["S, A"] == f"({row}, {col}) {'↑→↓←'[update.action]}"
    assert words(view).startswith("step ")
    assert worked(view)[2] == 0.75
    assert "that of an earlier step" in lines_of(view)
    assert len(as_calculated(view)) == 2


def test_a_step_without_an_update_is_said_to_be_one():
    view = opened(replace(trained().snapshot, last_update=None))
    assert "learns later" in view.div.text
    assert "learns later" in lines_of(view)


def test_nothing_is_sent_where_nothing_has_changed():
    trainer = trained()
    view = StepView(trainer.snapshot)
    sent = []
    view.div.model.on_change("text", lambda attr, old, new: sent.append(new))
    view.update(trainer.snapshot)
    assert not sent
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert len(sent) == 1


def test_steps_that_go_by_too_fast_to_be_read_are_shown_less_often():
    trainer = trained()
    view = StepView(trainer.snapshot)
    each = view.min_interval
    trainer.advance(10)
    view.update(trainer.snapshot)
    assert view.min_interval > each
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert view.min_interval == each


def test_lines_that_are_closed_are_neither_made_nor_written():
    trainer = trained()
    view = StepView(trainer.snapshot)
    n_parts = len(view.panel)
    view.lines.value = [True]
    assert len(view.panel) == n_parts + 1
    view.lines.value = []
    div = view.panel[-1].object
    assert not div.visible
    before = div.text
    trainer.advance(1)
    view.update(trainer.snapshot)
    assert div.text == before
    view.lines.value = [True]
    assert div.visible
    assert div.text != before


#: A cliff right of the start, a wall below it.
CLIFF = read_cells("..S\nSC.\n#.G")


@pytest.mark.parametrize(
    ("here", "action", "there", "manner"),
    [
        ((0, 0), Action.RIGHT, (0, 1), Manner.MOVED),
        ((0, 0), Action.UP, (0, 0), Manner.HIT_EDGE),
        ((1, 0), Action.RIGHT, (1, 0), Manner.TO_THE_CLIFF),
        ((1, 0), Action.RIGHT, (0, 2), Manner.TO_THE_CLIFF),
        ((1, 0), Action.RIGHT, (0, 0), Manner.SLIPPED),
        ((1, 0), Action.DOWN, (1, 0), Manner.LANDED),  # it may have slipped into the cliff
        ((0, 1), Action.DOWN, (0, 0), Manner.SLIPPED),
        ((2, 1), Action.LEFT, (2, 1), Manner.HIT_WALL),
        ((2, 2), Action.UP, (0, 2), Manner.BLOWN),
        ((2, 1), Action.RIGHT, (1, 2), Manner.BLOWN),
        ((0, 0), Action.RIGHT, (0, 0), Manner.LANDED),  # slip or wind against the edge
    ],
)
def test_no_more_is_said_of_a_step_than_the_map_proves(here, action, there, manner):
    state, next_state = (row * 3 + col for row, col in (here, there))
    assert manner_of(Step(state, action, 0.0, next_state, False, False), MOVES, CLIFF) is manner


@pytest.mark.parametrize(
    ("here", "action", "there", "manner"),
    [
        ((0, 0), Action.STAY, (0, 0), Manner.STAYED),
        ((0, 0), Action.DOWN_RIGHT, (0, 0), Manner.TO_THE_CLIFF),
        ((0, 1), Action.DOWN_RIGHT, (1, 2), Manner.MOVED),
        ((2, 1), Action.UP_RIGHT, (1, 2), Manner.MOVED),
        ((1, 0), Action.UP_RIGHT, (0, 0), Manner.LANDED),
        ((0, 1), Action.UP_RIGHT, (0, 1), Manner.HIT_EDGE),
        ((0, 1), Action.UP_RIGHT, (0, 2), Manner.LANDED),  # wind made room for its sideways part
        ((2, 1), Action.UP_RIGHT, (0, 2), Manner.BLOWN),
        ((0, 1), Action.DOWN_LEFT, (0, 1), Manner.LANDED),
    ],
)
def test_of_kings_moves_no_more_is_said_than_the_map_proves(here, action, there, manner):
    state, next_state = (row * 3 + col for row, col in (here, there))
    step = Step(state, action, 0.0, next_state, False, False)
    assert manner_of(step, MOVE_SETS["king_or_stay"], CLIFF) is manner


@settings(deadline=None)
@given(st.sampled_from(["hard", "medium"]), st.integers(1, 300))
def test_without_slip_or_wind_neither_is_spoken_of(level, n_steps):
    snapshot = trained(n_steps, level).snapshot
    cells = read_cells(snapshot.layout)
    manner = manner_of(snapshot.last_step, snapshot.moves, cells)
    assert manner not in (Manner.SLIPPED, Manner.BLOWN, Manner.LANDED)
    moved = snapshot.last_step.state != snapshot.last_step.next_state
    assert (manner is Manner.MOVED) == moved


def test_numbers_keep_their_decimals():
    assert number(-0.01) == "−0.0100"
    assert number(-0.0) == number(0.0) == "0.0000"
    assert number(1234.5) == "1,234.5000"
    assert number(float("nan")) == "–"


def test_small_numbers_are_not_shown_as_nothing():
    assert number(-1.23e-9) == "−1.2e−9"
    assert number(0.00005) == "0.0001"
    assert number(0.004, 2) == "4.0e−3"


@settings(deadline=None)
@given(st.floats(-1e12, 1e12))
def test_short_numbers_are_short_and_near(value):
    shown = short_number(value)
    assert len(shown) <= 10
    assert "-" not in shown
    read = float(shown.replace(",", "").replace("−", "-"))
    assert np.isclose(read, value, rtol=0.05, atol=0.00005)
    assert not shown.startswith("−0.0000")
