import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.editor.draft import BRUSHES, HISTORY, Draft, format_layout, read_cells
from gridworld import LEVELS, random_layout

KINDS = list(BRUSHES.values())
EASY = LEVELS["easy"].layout


@st.composite
def drafts(draw, max_size=8):
    """Map text of any cells: maybe without a start, a goal or a way."""
    n_rows, n_cols = draw(st.integers(2, max_size)), draw(st.integers(2, max_size))
    rows = st.lists(st.sampled_from(KINDS), min_size=n_cols, max_size=n_cols).map("".join)
    return "\n".join(draw(st.lists(rows, min_size=n_rows, max_size=n_rows)))


paints = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(KINDS)), max_size=30
)
steps = st.one_of(
    st.tuples(st.just("stroke"), paints),
    st.tuples(st.just("paint"), st.integers(0, 1), st.integers(0, 1), st.sampled_from(KINDS)),
    st.tuples(st.just("resize"), st.integers(2, 9), st.integers(2, 9)),
    st.tuples(st.just("replace"), drafts()),
    st.tuples(st.sampled_from(["undo", "redo", "clear"])),
)


def take(draft, step):
    name, *arguments = step
    if name != "stroke":
        getattr(draft, name)(*arguments)
        return
    draft.begin_stroke()
    n_rows, n_cols = draft.shape
    for row, col, kind in arguments[0]:
        draft.paint(min(row, n_rows - 1), min(col, n_cols - 1), kind)
    draft.end_stroke()


@settings(deadline=None)
@given(drafts())
def test_a_draft_survives_the_round_trip_through_text(text):
    assert format_layout(read_cells(text)) == Draft(text).text == text


@settings(deadline=None)
@given(drafts(), st.lists(steps, max_size=20))
def test_undoing_everything_leads_back_and_redoing_everything_leads_forth(text, taken):
    draft = Draft(text)
    for step in taken:
        take(draft, step)
    end = draft.text
    n_redone = 0
    while draft.can_redo:  # steps undone at the very end
        draft.redo()
        n_redone += 1
    last = draft.text
    n_undone = 0
    while draft.can_undo:
        draft.undo()
        n_undone += 1
    assert draft.text == text
    for _ in range(n_undone):
        draft.redo()
    assert draft.text == last
    for _ in range(n_redone):
        draft.undo()
    assert draft.text == end


@settings(deadline=None)
@given(drafts(), st.lists(steps, max_size=20))
def test_each_step_is_undone_by_one_undo(text, taken):
    draft = Draft(text)
    for step in taken:
        before = draft.text
        take(draft, step)
        if step[0] in ("undo", "redo") or draft.text == before:
            continue
        after = draft.text
        draft.undo()
        assert draft.text == before
        draft.redo()
        assert draft.text == after


@settings(deadline=None)
@given(drafts(), st.integers(2, 12), st.integers(2, 12))
def test_another_size_keeps_the_cells_and_the_new_ones_are_free(text, n_rows, n_cols):
    draft = Draft(text)
    old = draft.cells
    draft.resize(n_rows, n_cols)
    assert draft.shape == draft.cells.shape == (n_rows, n_cols)
    for (row, col), kind in np.ndenumerate(draft.cells):
        inside = row < old.shape[0] and col < old.shape[1]
        assert kind == (old[row, col] if inside else ".")


def test_a_stroke_is_one_step_and_an_empty_one_is_none():
    draft = Draft(EASY)
    take(draft, ("stroke", [(0, 1, "#"), (0, 1, "X"), (1, 1, "C")]))
    take(draft, ("stroke", [(0, 1, "X")]))
    draft.undo()
    assert draft.text == EASY
    assert not draft.can_undo


def test_undoing_in_the_midst_of_a_stroke_takes_the_stroke_back():
    draft = Draft(EASY)
    draft.begin_stroke()
    draft.paint(0, 1, "#")
    assert draft.can_undo
    draft.undo()
    assert draft.text == EASY


def test_a_new_step_ends_the_redoing():
    draft = Draft(EASY)
    draft.paint(0, 1, "#")
    draft.undo()
    draft.paint(1, 0, "#")
    assert not draft.can_redo
    draft.redo()
    assert draft.cells[0, 1] == "."


def test_what_can_be_undone_is_bounded():
    draft = Draft(EASY)
    for i in range(2 * HISTORY):
        draft.paint(0, 1, "#."[i % 2])
    n_undone = 0
    while draft.can_undo:
        draft.undo()
        n_undone += 1
    assert n_undone == HISTORY


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda draft: None, None),
        (lambda draft: draft.paint(0, 0, "."), "layout has no start"),
        (lambda draft: draft.paint(4, 4, "#"), "layout has no goal"),
        (lambda draft: draft.clear(), "layout has no start"),
        (
            lambda draft: [draft.paint(3, col, "#") for col in range(5)],
            "layout has no way to a goal from the start at row 0, column 0",
        ),
    ],
)
def test_a_draft_tells_why_it_cannot_be_played(change, problem):
    draft = Draft(EASY)
    change(draft)
    assert (draft.problem() or "").startswith(problem or "")
    assert (draft.problem() is None) == (problem is None)


def test_the_wind_may_be_the_reason_and_wind_that_does_not_fit_is_none():
    draft = Draft("...\nS.G")
    assert draft.problem((9, 9, 9)).startswith("layout has no way")
    assert draft.problem((9, 9)) is None


def test_painting_a_start_leaves_the_others():
    draft = Draft(EASY)
    draft.paint(1, 0, "S")
    assert (draft.cells == "S").sum() == 2
    assert draft.problem() is None


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda draft: draft.paint(5, 0, "#"), "^row must be from 0 to 4, got 5$"),
        (lambda draft: draft.paint(0, -1, "#"), "^col must be from 0 to 4, got -1$"),
        (lambda draft: draft.paint(0, 0, "Z"), "^kind must be one of . # S G X C, got 'Z'$"),
        (lambda draft: draft.resize(1, 5), "^n_rows must be from 2 to 100, got 1$"),
        (lambda draft: draft.resize(5, 101), "^n_cols must be from 2 to 100, got 101$"),
        (lambda draft: draft.replace("S.G\n.."), "^layout row 1 has 2 cells, expected 3$"),
        (lambda draft: draft.replace("S.\n<b"), "^layout row 1, column 0 is '<'"),
        (lambda draft: draft.replace(""), "^layout must have 2 to 100 rows, got 0$"),
        (lambda draft: draft.replace("\n".join(["..."] * 101)), "^layout must have 2 to 100 rows"),
    ],
)
def test_what_is_not_allowed_is_refused_and_nothing_changes(act, message):
    draft = Draft(EASY)
    with pytest.raises(ValueError, match=message):
        act(draft)
    assert draft.text == EASY
    assert not draft.can_undo


@settings(deadline=None)
@given(st.text("SG.#XC \nab<", max_size=60))
def test_any_text_is_a_map_or_refused(text):
    try:
        cells = read_cells(text)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = "layout "
        assert set(cells.ravel().tolist()) <= set(KINDS)
    assert refusal.startswith("layout ")


def test_the_largest_map_can_be_drawn_on():
    draft = Draft(random_layout(100, 100, 0.25, 0))
    draft.paint(99, 99, "X")
    draft.undo()
    assert draft.text == random_layout(100, 100, 0.25, 0)


def test_cells_cannot_be_changed_past_the_draft():
    with pytest.raises(ValueError, match="read-only"):
        Draft(EASY).cells[0, 0] = "#"
