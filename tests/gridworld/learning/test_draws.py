import numpy as np
import pytest
from numba import njit

from gridworld.learning.draws import Draws, draw


@njit
def draw_many(draws, n):
    return [draw(draws) for _ in range(n)]


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937"])
def test_compiled_code_draws_what_the_generator_draws(kind):
    rng, twin = (np.random.Generator(getattr(np.random, kind)(7)) for _ in range(2))
    drawn = [*draw_many(Draws.of(rng), 1000), draw(rng), *draw_many(Draws.of(rng), 1000)]
    assert drawn == twin.random(2001).tolist()
    assert rng.integers(2**63) == twin.integers(2**63)


def test_a_state_that_is_set_is_the_one_drawn_from():
    rng, twin = np.random.default_rng(1), np.random.default_rng(2)
    draws = Draws.of(rng)
    rng.bit_generator.state = twin.bit_generator.state
    assert draw_many(draws, 10) == twin.random(10).tolist()
