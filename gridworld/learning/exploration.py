"""How a learner chooses between exploring and exploiting, for the compiled loop.

Exponential and logarithm are worked out by additions and multiplications alone, so that their last
bit is the same on every machine; those of the system's library differ.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridworld.compiled import called, inlined
from gridworld.learning.draws import draw, natural

#: Number of actions for which loops are compiled on their own, so that they are faster.
USUAL_ACTIONS = 4
#: The actions there are; see `actions_of`.
Actions = tuple[int, ...] | NDArray[np.int64]

#: Ways to choose, as compiled code knows them.
EPSILON_GREEDY, SOFTMAX, UCB = range(3)
#: The way of each of `gridworld.learning.config.EXPLORATIONS`; an optimist's ε is 0.
KINDS = {
    "epsilon_greedy": EPSILON_GREEDY,
    "epsilon_linear": EPSILON_GREEDY,
    "softmax": SOFTMAX,
    "ucb": UCB,
    "optimistic": EPSILON_GREEDY,
}

#: ln 2 in two parts: of the first one, the last bits are 0, so that its multiples are exact.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_PER_LN2 = 1.44269504088896338700
_SQRT_HALF = 0.70710678118654752440
#: Below it, the exponential of a double is 0 beside 1.
_LEAST_EXPONENT = -700.0
#: Terms of both series, after which nothing is added to a double.
_EXP_TERMS, _LOG_TERMS = 14, 11


class Exploration(NamedTuple):
    """All on which a choice may depend besides the values.

    Attributes:
        kind: `EPSILON_GREEDY`, `SOFTMAX` or `UCB`.
        epsilon: Present probability of exploring.
        temperature: Temperature τ of softmax.
        confidence: Degree c of exploration by UCB.
        visits: Times that each action was taken in each state, shape ``(S, A)``.
        actions: The actions there are.
    """

    kind: int
    epsilon: float
    temperature: float
    confidence: float
    visits: NDArray
    actions: Actions


def actions_of(n_actions: int) -> Actions:
    """The actions for compiled code: a tuple where the compiler shall know their number."""
    return tuple(range(n_actions)) if n_actions == USUAL_ACTIONS else np.arange(n_actions)


@inlined
def choose(values: NDArray, state: int, exploration: Exploration, rng: Any) -> tuple[int, bool]:
    """Choice of an action in a state, from values of shape ``(S, A)``; ties are broken at random.

    Always draws two uniforms. ε-greedily the first one tells whether to explore, and the second
    one which of the candidates to take. Otherwise the second one alone decides.

    Returns:
        The action, and whether it explored: ε-greedily, by the first uniform; otherwise, if its
        value is not the greatest.
    """
    explore = draw(rng) < exploration.epsilon
    which = draw(rng)
    n_actions = len(exploration.actions)
    if exploration.kind != EPSILON_GREEDY:
        return choose_otherwise(values, state, exploration, which)
    if explore:
        return natural(int(which * n_actions)), True
    best, n_best = values[state, 0], 1
    for action in range(1, n_actions):
        if values[state, action] > best:
            best, n_best = values[state, action], 1
        elif values[state, action] == best:
            n_best += 1
    skip = int(which * n_best)
    for action in range(n_actions):
        if values[state, action] == best:
            if skip == 0:
                return natural(action), False
            skip -= 1
    return 0, False  # where values are no numbers, none of them is the best


@called
def choose_otherwise(
    values: NDArray, state: int, exploration: Exploration, which: float
) -> tuple[int, bool]:
    """`choose` by softmax or by UCB; ``which`` is the uniform that decides."""
    n_actions = len(exploration.actions)
    log_n, greatest = compared_with(values, state, exploration)
    total = 0.0
    for action in range(n_actions):
        total += preference(values, state, exploration, action, log_n, greatest)
    threshold, total = which * total, 0.0
    chosen = 0
    for action in range(n_actions):
        weight = preference(values, state, exploration, action, log_n, greatest)
        total += weight
        if weight > 0.0:
            chosen = action
            if threshold < total:
                break
    best = values[state, 0]
    for action in range(1, n_actions):
        best = max(best, values[state, action])
    return chosen, values[state, chosen] != best


@called
def compared_with(values: NDArray, state: int, exploration: Exploration) -> tuple[float, float]:
    """``ln N``, and the greatest `score` in the state, both for `preference`."""
    n_taken, log_n = 0, 0.0
    if exploration.kind == UCB:
        for action in range(len(exploration.actions)):
            n_taken += exploration.visits[state, action]
        log_n = log(max(1.0, float(n_taken)))
    greatest = -math.inf
    for action in range(len(exploration.actions)):
        greatest = max(greatest, score(values, state, exploration, action, log_n))
    return log_n, greatest


@called
def preference(
    values: NDArray,
    state: int,
    exploration: Exploration,
    action: int,
    log_n: float,
    greatest: float,
) -> float:
    """What the probability of an action is proportional to, by softmax or by UCB."""
    own = score(values, state, exploration, action, log_n)
    if exploration.kind == SOFTMAX:
        return exp((own - greatest) / exploration.temperature)
    return 1.0 if own == greatest else 0.0


@called
def score(
    values: NDArray, state: int, exploration: Exploration, action: int, log_n: float
) -> float:
    """By softmax the value; by UCB ``Q(S, a) + c √(ln N / n)``, infinite where never taken."""
    value = values[state, action]
    if exploration.kind == SOFTMAX:
        return value  # type: ignore[no-any-return]
    n_taken = exploration.visits[state, action]
    if n_taken == 0:
        return math.inf
    return value + exploration.confidence * math.sqrt(log_n / n_taken)  # type: ignore[no-any-return]


@called
def expected(values: NDArray, state: int, exploration: Exploration) -> float:
    """``Σ_a π(a | S) Q(S, a)`` for the policy that `choose` follows, added up in their order."""
    n_actions = len(exploration.actions)
    best, n_best = values[state, 0], 1
    for action in range(1, n_actions):
        if values[state, action] > best:
            best, n_best = values[state, action], 1
        elif values[state, action] == best:
            n_best += 1
    result = 0.0
    if exploration.kind == EPSILON_GREEDY:
        by_chance = exploration.epsilon / n_actions
        greedily = by_chance + (1.0 - exploration.epsilon) / n_best
        for action in range(n_actions):
            value = values[state, action]
            result += (greedily if value == best else by_chance) * value
        return result
    log_n, greatest = compared_with(values, state, exploration)
    total = 0.0
    for action in range(n_actions):
        total += preference(values, state, exploration, action, log_n, greatest)
    for action in range(n_actions):
        share = preference(values, state, exploration, action, log_n, greatest) / total
        result += share * values[state, action]
    return result


@called
def exp(x: float) -> float:
    """``e ** x`` for ``x`` up to 0, to a relative error of some 1e-16; 0 below -700."""
    if not x > _LEAST_EXPONENT:
        return 0.0
    whole = math.floor(x * _PER_LN2 + 0.5)
    rest = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    result = 1.0
    for n in range(_EXP_TERMS, 0, -1):
        result = 1.0 + rest * result / n
    return math.ldexp(result, int(whole))


@called
def log(x: float) -> float:
    """The natural logarithm of a number from 1, to a relative error of some 1e-16."""
    mantissa, exponent = math.frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square, series = s * s, 0.0
    for n in range(_LOG_TERMS, 0, -1):
        series = series * square + 1.0 / (2 * n - 1)
    return exponent * _LN2_HIGH + (2.0 * s * series + exponent * _LN2_LOW)
