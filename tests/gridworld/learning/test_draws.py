import numpy as np
import pytest
from numba import njit

from gridworld.learning import draws
from gridworld.learning.draws import Draws, Pcg64, draw, draws_of, local, natural, save

KINDS = ["PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937"]


def draw_many(rng, n):
    own = local(rng)
    drawn = [draw(own) for _ in range(n)]
    save(own, rng)
    return drawn


compiled = njit(draw_many)


def generators(kind, seed=7):
    """Two generators that draw the same numbers."""
    return [np.random.Generator(getattr(np.random, kind)(seed)) for _ in range(2)]


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_code_draws_what_the_generator_draws(kind):
    rng, twin = generators(kind)
    drawn = [*compiled(draws_of(rng), 1000), draw(rng), *compiled(draws_of(rng), 1000)]
    assert drawn == twin.random(2001).tolist()
    assert draw_many(rng, 3) == twin.random(3).tolist()
    assert rng.integers(2**63) == twin.integers(2**63)


def test_the_default_generator_is_drawn_from_without_a_call():
    assert isinstance(draws_of(np.random.default_rng(0)), Pcg64)
    assert isinstance(draws_of(generators("SFC64")[0]), Draws)


def test_a_memory_that_is_not_as_expected_is_drawn_from_by_a_call(monkeypatch):
    monkeypatch.setattr(draws, "_low_half", lambda: None)
    rng, twin = generators("PCG64")
    assert isinstance(draws_of(rng), Draws)
    assert compiled(draws_of(rng), 100) == twin.random(100).tolist()


def test_a_state_that_is_set_is_the_one_drawn_from():
    rng, twin = np.random.default_rng(1), np.random.default_rng(2)
    rng_draws = draws_of(rng)
    rng.bit_generator.state = twin.bit_generator.state
    assert compiled(rng_draws, 10) == twin.random(10).tolist()
    assert rng.bit_generator.state == twin.bit_generator.state


def test_what_is_kept_of_a_generator_for_whole_numbers_stays():
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    for each in (rng, twin):
        each.integers(2**32, dtype=np.uint32)  # the other half of 64 bits is kept
    assert compiled(draws_of(rng), 10) == twin.random(10).tolist()
    assert rng.integers(2**32, dtype=np.uint32) == twin.integers(2**32, dtype=np.uint32)


def test_a_number_that_is_not_negative_stays_as_it_is():
    same = njit(lambda number: natural(number))
    assert [same(number) for number in (0, 1, 2**62)] == [0, 1, 2**62]
