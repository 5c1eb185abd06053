import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from dashboard.words.facts import Context, Verdict, verdict_of
from dashboard.words.sentence import WORDS, ending_of, sentence_of
from gridworld import Change, SarsaConfig, Status, Trainer, gap_to_optimal
from tests.dashboard.words.runs import BOOK, PIT, TWO_STARTS, own_values, runs, trained

IDLE = Trainer().snapshot
#: Three lines of a card that is 380 px wide.
MOST_CHARACTERS = 150


def said(trainer, context=None, **changes):
    return sentence_of(replace(trainer.snapshot, **changes), context).text


@pytest.mark.parametrize("status", Status)
def test_it_begins_with_the_status_in_one_word(status):
    sentence = sentence_of(replace(IDLE, status=status))
    assert sentence.word == WORDS[status]
    assert sentence.text.startswith(f"{sentence.word}. ")
    assert len(sentence.brief) < 45


@settings(max_examples=60, deadline=None)
@given(runs())
def test_its_verdict_is_planning_s(run):
    trainer, context = run
    snapshot = trainer.snapshot
    sentence = sentence_of(snapshot, context)
    is_called_optimal = '<b class="good">optimal</b>' in sentence.html
    assert is_called_optimal == ('<b class="good">' in sentence.brief)
    assert "inf" not in sentence.text.split()
    assert "nan" not in sentence.text
    assert "-" not in sentence.text.replace("Q-", "").replace("−", "")
    assert len(sentence.text) <= MOST_CHARACTERS
    if snapshot.total_steps == 0:
        assert not is_called_optimal
        return
    if snapshot.plan is None:
        assert "rewards can be gathered without end" in sentence.text
        return
    discount = snapshot.discount_factor
    gap = gap_to_optimal(trainer.world, snapshot.q_values, discount)
    if is_called_optimal:
        assert gap == 0
    else:
        assert gap > 0 or snapshot.greedy_ends < 0.5
    if discount < 1:  # once more, by other means
        values = own_values(trainer.world, snapshot.q_values, discount)
        starts = trainer.world.start_states
        best, own = snapshot.plan.values[starts].mean(), values[starts].mean()
        scale = abs(trainer.world.reward).max()
        assert (best - own <= 1e-9 * scale) == (gap == 0)


@pytest.mark.parametrize(
    ("n_steps", "learning", "world", "expected"),
    [
        (3000, {}, {}, "Its greedy policy is optimal from the start; exploring costs"),
        (300, {}, {"level": "hard"}, "Its greedy policy does not reach the goal yet"),
        (
            8000,
            {**BOOK, "kind": SarsaConfig},
            {"level": "cliff_walking"},
            "steps more than the best",
        ),
        (5000, {}, {"level": "easy", "slip": 0.2}, "less than the best, discounted"),
        (5000, {"discount_factor": 1}, {"step_reward": 0.1}, "No policy is optimal at γ = 1"),
        (9000, {"epsilon_decay": 1}, {"max_steps": 6}, "does not reach the goal within 6 steps"),
        (300, {}, {"level": "custom", "layout": TWO_STARTS}, "optimal from every start"),
        (
            200,
            {"epsilon": 0, "initial_q": 0},
            {"level": "custom", "layout": PIT, "pit_reward": 2},
            "optimal",
        ),
    ],
)
def test_it_says_what_the_greedy_policy_is_short_of(n_steps, learning, world, expected):
    trainer, context = trained(n_steps, world=world, **learning)
    assert expected in said(trainer, context)


def test_sarsa_s_greedy_policy_that_never_ends_is_told_in_words():
    for seed in range(20):
        trainer = Trainer(
            trained(0, world={"level": "windy_gridworld"})[0].world_config,
            SarsaConfig(**BOOK),
            seed,
        )
        trainer.start()
        trainer.advance(3000)
        trainer.analyse()
        if np.isinf(trainer.snapshot.gap):
            break
    text = said(trainer, Context(world=trainer.world))
    assert "goes round in circles" in text or "seldom reaches the goal" in text
    assert "∞" not in text


def test_steps_beyond_the_best_are_counted_on_the_way_itself():
    trainer, context = trained(50_000, SarsaConfig, {"level": "cliff_walking"}, **BOOK)
    more = int(re.search(r"takes (\d+) steps? more", said(trainer, context)).group(1))
    world, q_values = trainer.world, trainer.snapshot.q_values
    state, n_steps, ended = int(world.start_states[0]), 0, False
    while not ended:
        action = q_values[state].argmax()
        ended = world.terminated[state, action, 0]
        state = world.next_state[state, action, 0]
        n_steps += 1
    assert n_steps == 13 + more


def test_the_cost_of_exploring_is_the_greedy_return_minus_the_last_hundred():
    trainer, context = trained(5000)
    snapshot = trainer.snapshot
    cost = float(re.search(r"exploring costs (\S+) an", said(trainer, context)).group(1))
    mean = snapshot.episode_returns[-100:].mean()
    assert cost == pytest.approx(snapshot.evaluation_returns[-1] - mean, rel=0.05)
    assert "exploring costs" not in said(trainer, context, epsilon=0)


def test_how_much_it_explores_is_said_while_it_learns():
    trainer, context = trained(5000)
    assert "It explores all the time" in said(trainer, context, epsilon=1)
    assert "It explores 49% of the time" in said(trainer, context, epsilon=0.49)
    assert "It explores over 99% of the time" in said(trainer, context, epsilon=0.999)
    assert "It does not explore" in said(trainer, context, epsilon=0)


@pytest.mark.parametrize("status", [Status.IDLE, Status.FINISHED, Status.STOPPED])
def test_a_map_that_cannot_be_played_is_the_first_thing_said(status):
    problem = "Map has no way to a goal from the start at (0, 0)."
    snapshot = replace(IDLE, status=status)
    sentence = sentence_of(snapshot, Context(problem=problem))
    assert sentence.text.endswith(sentence.news)
    assert sentence.news == (
        "Start is not possible: map has no way to a goal from the start at (0, 0)."
    )


def test_what_else_there_is_to_say_is_said():
    trainer, context = trained(5000)
    snapshot = trainer.snapshot
    until = sentence_of(snapshot, context._replace(until=200)).text
    assert until.endswith("It pauses after episode 200.")
    stopped = replace(snapshot, status=Status.STOPPED)
    changed = sentence_of(stopped, context._replace(settings_changed=True))
    assert changed.text.endswith(changed.news)
    assert changed.news == "Settings have changed; Start begins a new run with them."
    assert not sentence_of(stopped, context).news
    preparing = sentence_of(IDLE, Context(preparing="SARSA")).text
    assert preparing == "Ready. SARSA is being prepared, which takes some seconds; this once."
    begun = replace(IDLE, status=Status.RUNNING)
    assert "the training begins then" in sentence_of(begun, Context(preparing="SARSA")).text
    failed = sentence_of(replace(snapshot, status=Status.FAILED), context).text
    assert failed == "Failed. What was learned until then is shown; Reset clears it."


def test_markup_in_a_problem_is_text():
    assert "<i>" not in sentence_of(IDLE, Context(problem="<i>odd</i>")).html


def test_a_verdict_is_asked_of_the_gap_and_of_how_often_it_ends():
    plan = trained(0)[0].snapshot
    learned = replace(plan, total_steps=1, gap=1.0, greedy_ends=1.0)
    assert verdict_of(IDLE) is Verdict.UNKNOWN
    assert verdict_of(plan) is Verdict.NOTHING_LEARNED
    assert verdict_of(learned) is Verdict.SHORT
    assert verdict_of(replace(learned, greedy_ends=0.4)) is Verdict.SELDOM_ENDING
    assert verdict_of(replace(learned, greedy_ends=0.0)) is Verdict.ENDLESS
    assert verdict_of(replace(learned, gap=np.inf, greedy_ends=0.9)) is Verdict.SELDOM_ENDING
    assert verdict_of(replace(learned, greedy_ends=np.nan)) is Verdict.SHORT
    assert verdict_of(replace(learned, gap=0.0)) is Verdict.OPTIMAL
    assert verdict_of(replace(learned, gap=0.0, greedy_ends=0.1)) is Verdict.OPTIMAL_SELDOM_ENDING


def test_the_end_is_told_with_its_verdict():
    trainer, context = trained(10_000_000)
    snapshot = trainer.snapshot
    good = ending_of(snapshot, 47.2)
    assert good.kind == "success"
    assert good.text == (
        "Finished after 500 episodes in 47 seconds: its greedy policy is optimal from the start."
    )
    assert "second" not in ending_of(snapshot, 0.04).text
    assert ending_of(replace(snapshot, gap=0.5), 3).kind == "info"
    # With the world at hand the verdict is that of the present Q-table.
    assert ending_of(replace(snapshot, gap=0.5), 3, context).kind == "success"
    unknown = ending_of(replace(snapshot, gap=None, plan=None, optimal_return=None), 3)
    assert unknown.text == "Finished after 500 episodes in 3 seconds."
    assert ending_of(replace(snapshot, status=Status.FAILED), 3).kind == "error"
    for episode, verb in ((36, "are"), (1, "is"), (0, "are")):
        stopped = ending_of(replace(snapshot, status=Status.STOPPED, episode=episode), 3)
        assert stopped.text == f"Stopped: {episode} of 500 episodes {verb} done."
    assert ending_of(replace(snapshot, status=Status.PAUSED), 3) is None


def test_a_change_in_mid_run_changes_nothing_in_its_form():
    trainer, context = trained(5000)
    changed = replace(trainer.snapshot, changes=(Change(10, 1, "epsilon", 0.5),))
    assert sentence_of(changed, context) == sentence_of(trainer.snapshot, context)
