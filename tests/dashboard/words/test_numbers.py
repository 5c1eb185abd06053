import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.words.numbers import counted, known_number, number, percent


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (-0.0, 3, "0"),
        (1.5, 3, "1.5"),
        (-0.004, 3, "−0.004"),
        (0.486, 2, "0.49"),
        (1060, 3, "1,060"),
        (-1234.5, 2, "−1,234"),
        (99.96, 3, "100"),
        (1e10, 3, "1.0e10"),
        (-1e-7, 3, "−1.0e−7"),
        (float("inf"), 3, "∞"),
        (float("nan"), 3, "–"),
        (None, 3, "–"),
    ],
)
def test_a_number_has_as_many_digits_as_tell(value, digits, text):
    assert known_number(value, digits) == text


@given(st.floats(-1e300, 1e300), st.integers(2, 6))
def test_a_number_read_back_is_the_one_that_was_written(value, digits):
    for text in (known_number(value, digits), number(value, 2)):
        assert "-" not in text
        assert not re.fullmatch(r"−0(\.0*)?", text)
    read = float(known_number(value, digits).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=0.06, abs=0)


@given(st.floats(0, 1))
def test_only_all_is_a_hundred_percent_and_only_none_is_zero(share):
    text = percent(share)
    assert (text == "100%") == (share == 1)
    assert (text == "0%") == (share == 0)


def test_one_thing_is_one():
    assert counted(1, "step") == "1 step"
    assert counted(2000, "step") == "2,000 steps"
