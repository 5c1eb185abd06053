import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from dashboard.words.asking import QUESTIONS, answer_to, answers
from dashboard.words.facts import Context
from gridworld import (
    Action,
    SarsaConfig,
    Trainer,
    best_actions,
    policy_evaluation,
    value_iteration,
)
from tests.dashboard.words.runs import BOOK, own_values, runs, trained

IDLE = Trainer().snapshot
KINDS = {
    "easy": lambda: trained(3000),
    "hard, early": lambda: trained(3000, world={"level": "hard"}),
    "windy": lambda: trained(
        8000, SarsaConfig, {"level": "windy_gridworld"}, **BOOK | {"discount_factor": 0.95}
    ),
    "dyna": lambda: trained(
        8000, world={"level": "dyna_maze"}, epsilon=0.1, epsilon_decay=1, discount_factor=0.95
    ),
    "slippery": lambda: trained(5000, world={"slip": 0.2}),
}


@pytest.fixture(params=KINDS)
def run(request):
    return KINDS[request.param]()


def text(question, trainer, context, **changes):
    return " ".join(answer_to(question, replace(trainer.snapshot, **changes), context).sentences)


def found(pattern, text):
    """Numbers in a text, read back."""
    match = re.search(pattern, text)
    assert match, text
    return [float(part.replace("−", "-").replace(",", "").rstrip(".")) for part in match.groups()]


NUMBER = r"([−\d.,e]+)"


@settings(max_examples=40, deadline=None)
@given(runs())
def test_every_question_is_answered_in_at_most_three_sentences(run):
    trainer, context = run
    for answer in answers(trainer.snapshot, context):
        assert 1 <= len(answer.sentences) <= 3
        for sentence in answer.sentences:
            assert re.match(r"[A-Zαε0-9−γ]", sentence), sentence
            assert sentence.endswith(".")
            assert not re.search(r"\b(nan|inf|None)\b|(?<![\w])-\d|−0(\.0*)?(?![\d.])", sentence)
        if answer.mark[0] == "cell":
            assert all(0 <= i < n for i, n in zip(answer.mark[1], trainer.world.shape, strict=True))


def test_before_the_first_step_nothing_is_made_up():
    for answer in answers(IDLE):
        assert not re.search(r"on average|optimal (here|from)|moved", " ".join(answer.sentences))


def test_the_gap_is_what_planning_says(run):
    trainer, context = run
    q_values, discount = trainer.snapshot.q_values, trainer.snapshot.discount_factor
    start = trainer.world.start_states[0]
    best = value_iteration(trainer.world, discount).values[start]
    own = own_values(trainer.world, q_values, discount)[start]
    pattern = rf"v\*\(start\) = {NUMBER} and .* value is {NUMBER}: the gap is {NUMBER}"
    told = found(pattern, text("What is the gap?", trainer, context))
    assert told == pytest.approx([best, own, best - own], rel=0.01, abs=1e-9)


def test_optimality_is_judged_at_the_start_and_counted_in_all_cells(run):
    trainer, context = run
    world, snapshot = trainer.world, trainer.snapshot
    said = text("Is this policy optimal?", trainer, context)
    assert said.startswith("From the start, yes") == (snapshot.gap == 0)
    q_star = value_iteration(world, snapshot.discount_factor).q_values
    acting = np.flatnonzero(world.ongoing)
    near = q_star >= q_star.max(axis=1, keepdims=True) - 1e-9
    n_wrong = int((best_actions(snapshot.q_values) & ~near).any(axis=1)[acting].sum())
    if n_wrong:
        assert f"In {n_wrong} of {acting.size} cells where it acts" in said
    else:
        assert f"In all {acting.size} cells where it acts" in said


def test_the_cost_of_exploring_adds_up(run):
    trainer, context = run
    snapshot = trainer.snapshot
    said = text("How much does exploring cost?", trainer, context)
    greedy, n, mean = found(
        rf"policy earns {NUMBER}, and the last (\d+) episodes? earned {NUMBER} on", said
    )
    recent = snapshot.episode_returns[-100:]
    assert (greedy, n, mean) == pytest.approx(
        (snapshot.evaluation_returns[-1], recent.size, recent.mean()), rel=0.01
    )
    if greedy > mean:
        assert found(rf"^{NUMBER} an", said)[0] == pytest.approx(greedy - mean, rel=0.01)
    else:
        assert said.startswith("Nothing")


def test_the_arrow_is_the_greatest_q_value_of_the_selected_cell(run):
    trainer, context = run
    snapshot = trainer.snapshot
    for state in np.flatnonzero(trainer.world.ongoing):
        cell = trainer.world.position(int(state))
        answer = answer_to("Why that arrow there?", snapshot, context._replace(cell=cell))
        said, values = " ".join(answer.sentences), snapshot.q_values[state]
        assert answer.mark == ("cell", cell)
        assert said.startswith(f"In ({cell[0]}, {cell[1]}) ")
        if (values == values.max()).sum() == 1:
            name = Action(int(values.argmax())).name.lower()
            value, second = found(
                rf"{name} has the greatest Q-value, {NUMBER}; .* with {NUMBER}", said
            )
            assert (value, second) == pytest.approx(tuple(np.sort(values)[:1:-1]), rel=0.05)
        optimal = snapshot.plan.optimal[state]
        agrees = not (best_actions(snapshot.q_values)[state] & ~optimal).any()
        assert ("Planning agrees" in said) == agrees


def test_where_no_action_is_learned_there_is_no_arrow():
    trainer, context = trained(3000)
    for cell in ((4, 4), (0, 2)):  # goal, wall
        said = text("Why that arrow there?", trainer, context._replace(cell=cell))
        assert "there is no action to learn" in said


def test_the_step_is_the_last_one_and_its_update_adds_up(run):
    trainer, context = run
    step, update = trainer.snapshot.last_step, trainer.snapshot.last_update
    answer = answer_to("What is it doing now, step by step?", trainer.snapshot, context)
    said = " ".join(answer.sentences)
    assert answer.mark == ("cell", trainer.world.position(step.state))
    assert Action(step.action).name.lower() in said
    assert ("exploring" in said) == step.explored
    told = found(rf"from {NUMBER} to {NUMBER}: by α = {NUMBER} times the TD error, {NUMBER}", said)
    exact = [update.old_value, update.new_value, update.learning_rate, update.td_error]
    assert told == pytest.approx(exact, abs=1e-3, rel=1e-3)


def test_the_drop_is_the_lowest_of_the_last_hundred(run):
    trainer, context = run
    snapshot = trainer.snapshot
    answer = answer_to("Why did the curve drop?", snapshot, context)
    recent = snapshot.episode_returns[-100:]
    if recent.min() == recent.max():
        shortest, longest = found(r"took (\d+) steps, the longest ([\d,]+)\.", answer.sentences[1])
        lengths = snapshot.episode_lengths[-100:]
        assert (shortest, longest) == (lengths.min(), lengths.max())
        return
    kind, episode = answer.mark
    assert kind == "episode"
    assert snapshot.episode_returns[episode - 1] == snapshot.episode_returns[-100:].min()
    reached = snapshot.episode_successes[episode - 1]
    assert ("and reached the goal" in answer.sentences[1]) == reached
    assert f"{snapshot.episode_lengths[episode - 1]:,} step" in answer.sentences[1]


def test_another_discount_is_planned(run):
    trainer, context = run
    world, discount = trainer.world, trainer.snapshot.discount_factor
    start, plan = world.start_states[0], value_iteration(trainer.world, 0.5)
    said = text("What would happen with γ = 0.5?", trainer, context)
    then, now = found(rf"worth {NUMBER} at best, at γ = [\d.]+ it is {NUMBER}", said)
    best = value_iteration(world, discount).values[start]
    assert (then, now) == pytest.approx((plan.values[start], best), rel=1e-3)
    judged = policy_evaluation(world, plan.policy, discount)[start]
    assert ("is as good as any" in said) == (best - judged < 1e-9)
    assert "γ is 0.5 in this run" in text(
        "What would happen with γ = 0.5?", trainer, context, discount_factor=0.5
    )


def test_the_way_that_it_learned_is_the_greedy_one():
    trainer, context = trained(100_000)
    answer = answer_to("What has it learned to do?", trainer.snapshot, context)
    cells = answer.mark[1]
    assert (cells[0], cells[-1], len(cells)) == ((0, 0), (4, 4), 9)
    assert "reaches the goal in 8 steps" in answer.sentences[0]
    for (row, col), (below, right) in pairwise(cells):
        best = best_actions(trainer.snapshot.q_values)[row * 5 + col]
        assert best[Action.DOWN if below > row else Action.RIGHT if right > col else Action.LEFT]


def test_the_optimum_is_not_discounted_and_the_gap_is(run):
    trainer, context = run
    snapshot = trainer.snapshot
    said = text("Why does the optimum differ from the curve?", trainer, context)
    told = found(rf"optimum, {NUMBER}, is .*: {NUMBER} on average over .* worth {NUMBER} at", said)
    start = trainer.world.start_states[0]
    best = value_iteration(trainer.world, snapshot.discount_factor).values[start]
    mean = snapshot.episode_returns[-100:].mean()
    assert told == pytest.approx([snapshot.optimal_return, mean, best], rel=1e-3)


def test_the_first_values_are_those_of_the_settings():
    trainer, context = trained(50)
    question = "Why are all values zero at first?"
    said = text(question, trainer, context)
    n_tried, n_pairs = found(r"So far (\d+) of (\d+) pairs", said)
    assert n_tried == (trainer.snapshot.visits > 0).sum()
    assert n_pairs == 4 * trainer.world.ongoing.sum()
    other = text(question, trainer, context._replace(initial_q=5.0))
    assert other.startswith("They are not in this run: every Q-value begins at Initial Q = 5.")


def test_a_change_of_the_step_size_is_compared_with_what_was_before():
    trainer, _ = trained(3000)
    episode = trainer.snapshot.episode
    trainer.tune(learning_rate=0.9)
    trainer.advance(2000)
    returns = trainer.snapshot.episode_returns
    said = text("What does the step size α do?", trainer, Context())
    value, after, before, since = found(
        rf"changed to {NUMBER} after (\d+) .* earned {NUMBER} on average, .* then {NUMBER}", said
    )
    assert (value, after) == (0.9, episode)
    assert before == pytest.approx(returns[:episode][-20:].mean(), rel=0.01)
    assert since == pytest.approx(returns[episode:][-20:].mean(), rel=0.01)


def test_only_an_on_policy_learner_is_called_so():
    question = "Is it broken, or is it exploring?"
    assert "off-policy" in text(question, *trained(3000))
    assert "on-policy" in text(question, *trained(3000, SarsaConfig))


def test_a_map_that_cannot_be_played_is_not_to_be_shared():
    said = answer_to(
        "How do I make my own maze and share it?", IDLE, Context(problem="Map has no goal.")
    )
    assert "cannot be played: Map has no goal." in said.sentences[1]


def test_there_is_an_answer_to_each_question():
    assert [answer.question for answer in answers(IDLE)] == list(QUESTIONS)
