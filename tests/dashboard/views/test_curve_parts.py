import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.views import smoothing
from dashboard.views.curves.changes import marks_of
from dashboard.views.curves.figure import DARK, LIGHT
from dashboard.views.curves.names import Name, place
from dashboard.views.curves.ranges import end_of_axis, stepped
from dashboard.views.curves.words import trend_of
from gridworld import Change

WIDTH, HEIGHT = 320.0, 180.0

names = st.builds(
    Name,
    st.text("abcdef ", min_size=1, max_size=20),
    st.just("means"),
    st.floats(0, WIDTH),
    st.none() | st.floats(0, HEIGHT),
)


@settings(deadline=None)
@given(wanted=st.lists(names, max_size=12))
def test_names_lie_in_the_frame_and_do_not_cover_one_another(wanted):
    placed = place(wanted, WIDTH, HEIGHT)
    for i, name in enumerate(placed):
        assert name.left >= 0
        assert name.left + name.width <= WIDTH
        assert 0 <= name.middle <= HEIGHT
        assert not any(name.hits(other) for other in placed[:i])


@settings(deadline=None)
@given(name=names)
def test_a_single_name_always_finds_a_place(name):
    assert len(place([name], WIDTH, HEIGHT)) == 1


@pytest.mark.parametrize("y", [None, 0, 90])
def test_a_name_that_is_too_long_for_either_side_is_written_over_what_it_names(y):
    (placed,) = place([Name("a" * 20, "changes", 155, y)], WIDTH, HEIGHT)
    assert placed.is_inside(WIDTH, HEIGHT)


def test_a_name_leaves_the_curve_free_if_it_can():
    curve = np.array([np.arange(320.0), np.full(320, 90.0)])
    (placed,) = place([Name("last run", "last", 100, 90)], WIDTH, HEIGHT, curve)
    assert not placed.covers(curve)


numbers = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(ends=st.tuples(numbers, numbers).map(sorted), scale=st.sampled_from([1e-9, 1, 1e6]))
def test_a_range_holds_what_is_wanted_and_not_much_more(ends, scale):
    low, high = (end * scale for end in ends)
    start, end = stepped((low, high))
    assert start <= low <= high <= end
    if high - low > 1e-6 * max(abs(low), abs(high)):
        assert end - start <= 2 * (high - low)
    assert stepped((low, high), (start, end)) == (start, end)


@settings(deadline=None)
@given(n=st.integers(0, 10**9))
def test_an_axis_holds_what_is_counted(n):
    assert n <= end_of_axis(n) <= max(10, 2.5 * n)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 50), max_size=3000).map(np.array))
def test_means_by_sampling_are_the_same_means(lengths):
    for ours, theirs in zip(
        smoothing.sampled_means(lengths.astype(float)),
        smoothing.means(lengths.astype(float)),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs)
    steps, episodes = smoothing.totals(lengths)
    assert (steps == np.concatenate([[0], lengths.cumsum()])[episodes]).all()


def test_changes_of_one_parameter_after_one_episode_are_one_mark():
    changes = [
        Change(5, 1, "learning_rate", 0.2),
        Change(6, 1, "learning_rate", 0.9),
        Change(9, 2, "learning_rate", 0.5),
        Change(9, 2, "epsilon", 0.3),
    ]
    texts = [mark.text for mark in marks_of(changes, {"learning_rate": 0.1})]
    assert texts == ["α 0.1 → 0.9", "α 0.9 → 0.5", "ε → 0.3"]


@pytest.mark.parametrize("scale", [1e-9, 1, 1e6])
def test_a_trend_is_told_whatever_the_scale(scale):
    noise = np.random.default_rng(0).normal(size=200)
    rising = np.concatenate([np.zeros(100), np.ones(100)]) + noise / 10
    assert trend_of(rising * scale) == "rising"
    assert trend_of(-rising * scale) == "falling"
    assert trend_of(noise * scale) == "steady"
    assert trend_of(np.full(50, -0.07 * scale)) == "steady"
    assert trend_of(noise[:3]) == ""


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_texts_stand_out_from_the_card(palette):
    card = luminance(palette.card)
    for colour in {palette.text, *palette.names.values()}:
        low, high = sorted([card, luminance(colour)])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def luminance(colour):
    """Relative luminance as WCAG defines it."""
    shares = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
