"""Observations of any finite space are counted, each once."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld.spaces import MAX_STATES, Encoding

discrete = st.builds(
    lambda n, start: spaces.Discrete(n, start=start), st.integers(1, 7), st.integers(-5, 5)
)
multi = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(spaces.MultiDiscrete)
binary = st.one_of(st.integers(1, 4), st.sampled_from([(2, 2), (1, 3)])).map(spaces.MultiBinary)
any_space = st.recursive(
    st.one_of(discrete, multi, binary),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(spaces.Tuple),
    max_leaves=3,
).filter(lambda space: Encoding(space).n <= 2000)


@settings(deadline=None)
@given(any_space)
def test_every_observation_has_a_number_of_its_own(space):
    encoding = Encoding(space)
    space.seed(0)
    for number in range(encoding.n):
        observation = encoding.observation_of(number)
        assert space.contains(observation)
        assert encoding.number_of(observation) == number
    for _ in range(20):
        assert 0 <= encoding.number_of(space.sample()) < encoding.n


def test_the_last_part_counts_fastest():
    encoding = Encoding(spaces.Tuple([spaces.Discrete(3, start=1), spaces.MultiBinary(2)]))
    assert encoding.n == 12
    assert encoding.number_of((1, np.array([0, 1], np.int8))) == 1
    assert encoding.number_of((2, np.array([0, 0], np.int8))) == 4
    assert Encoding(gymnasium.make("Blackjack-v1").observation_space).n == 32 * 11 * 2


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 1),
        spaces.Dict({"a": spaces.Discrete(2)}),
        spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1)]),
        spaces.Text(3),
    ],
    ids=str,
)
def test_other_spaces_are_refused_by_name(space):
    message = "^observation_space must be of type Discrete, MultiDiscrete, MultiBinary or a Tuple"
    with pytest.raises(ValueError, match=message) as error:
        Encoding(space)
    assert str(error.value).endswith(f"got {space!r}")


def test_too_many_states_are_refused():
    message = f"^observation_space must have at most {MAX_STATES:,} members, got 1,048,576$"
    with pytest.raises(ValueError, match=message):
        Encoding(spaces.MultiBinary(20))
