"""Learning algorithms, one a file, and their registry `ALGORITHMS`."""

import re

from gridworld.algorithms.double_q_learning import (
    DOUBLE_Q_LEARNING,
    DoubleQLearningAgent,
    DoubleQLearningConfig,
)
from gridworld.algorithms.dyna_q import DYNA_Q, DynaQAgent, DynaQConfig
from gridworld.algorithms.dyna_q_plus import DYNA_Q_PLUS, DynaQPlusAgent, DynaQPlusConfig
from gridworld.algorithms.expected_sarsa import (
    EXPECTED_SARSA,
    ExpectedSarsaAgent,
    ExpectedSarsaConfig,
)
from gridworld.algorithms.monte_carlo import MONTE_CARLO, MonteCarloAgent, MonteCarloConfig
from gridworld.algorithms.n_step_sarsa import N_STEP_SARSA, NStepSarsaAgent, NStepSarsaConfig
from gridworld.algorithms.policy_iteration import POLICY_ITERATION, PolicyIterationConfig
from gridworld.algorithms.prioritized_sweeping import (
    PRIORITIZED_SWEEPING,
    PrioritizedSweepingAgent,
    PrioritizedSweepingConfig,
)
from gridworld.algorithms.q_learning import Q_LEARNING, QLearningAgent, QLearningConfig
from gridworld.algorithms.sarsa import SARSA, SarsaAgent, SarsaConfig
from gridworld.algorithms.sarsa_lambda import (
    SARSA_LAMBDA,
    SarsaLambdaAgent,
    SarsaLambdaConfig,
)
from gridworld.algorithms.value_iteration import VALUE_ITERATION, ValueIterationConfig
from gridworld.algorithms.watkins_q_lambda import (
    WATKINS_Q_LAMBDA,
    WatkinsQLambdaAgent,
    WatkinsQLambdaConfig,
)
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import LearningConfig
from gridworld.worlds.levels import LEVELS

#: What `gridworld` has, too.
__all__ = [
    "ALGORITHMS",
    "DEFAULT_ALGORITHM",
    "DoubleQLearningAgent",
    "DoubleQLearningConfig",
    "DynaQAgent",
    "DynaQConfig",
    "DynaQPlusAgent",
    "DynaQPlusConfig",
    "ExpectedSarsaAgent",
    "ExpectedSarsaConfig",
    "MonteCarloAgent",
    "MonteCarloConfig",
    "NStepSarsaAgent",
    "NStepSarsaConfig",
    "PolicyIterationConfig",
    "PrioritizedSweepingAgent",
    "PrioritizedSweepingConfig",
    "QLearningAgent",
    "QLearningConfig",
    "SarsaAgent",
    "SarsaConfig",
    "SarsaLambdaAgent",
    "SarsaLambdaConfig",
    "ValueIterationConfig",
    "WatkinsQLambdaAgent",
    "WatkinsQLambdaConfig",
    "algorithm_of",
    "learner_of",
    "register_agent",
]

#: All algorithms by their keys; `register_agent` adds others.
ALGORITHMS: dict[str, Algorithm] = {
    algorithm.key: algorithm
    for algorithm in (
        Q_LEARNING,
        SARSA,
        EXPECTED_SARSA,
        DOUBLE_Q_LEARNING,
        N_STEP_SARSA,
        SARSA_LAMBDA,
        WATKINS_Q_LAMBDA,
        DYNA_Q,
        DYNA_Q_PLUS,
        PRIORITIZED_SWEEPING,
        MONTE_CARLO,
        VALUE_ITERATION,
        POLICY_ITERATION,
    )
}


#: Keys of the algorithms of this package.
BUILT_IN = frozenset(ALGORITHMS)
#: The update of an agent that says nothing of it.
_EQUATION = Equation(
    rule="Q(S, A) ← Q(S, A) + α [target − Q(S, A)]",
    next_value="its worth",
    meaning="it counts as the agent's own update says.",
    reference="An agent of one's own",
)
#: Key of the algorithm that is taken where none is given.
DEFAULT_ALGORITHM = Q_LEARNING.key


def algorithm_named(key: str) -> Algorithm:
    """The algorithm of a key.

    Raises:
        ValueError: If there is none.
    """
    if key not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {key!r}")
    return ALGORITHMS[key]


def algorithm_of(config: LearningConfig) -> Algorithm:
    """The algorithm whose settings these are: the config's class tells it.

    Raises:
        ValueError: If they belong to none.
    """
    for algorithm in ALGORITHMS.values():
        if isinstance(config, algorithm.config):
            return algorithm
    known = ", ".join(algorithm.config.__name__ for algorithm in ALGORITHMS.values())
    raise ValueError(f"learning_config must be one of {known}, got {type(config).__name__}")


def learner_of(level: str, algorithm: str | None = None) -> LearningConfig:
    """A new config of the learner that a level brings: the textbook's, or Q-learning's defaults.

    Args:
        level: Name of a level in `LEVELS`.
        algorithm: Key of an algorithm to take in place of the level's; of the level's settings it
            has those that mean the same to it.

    Raises:
        ValueError: If there is no such level or algorithm.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, got {level!r}")
    book = LEVELS[level].book
    kind = algorithm_named(algorithm or (book.algorithm if book else DEFAULT_ALGORITHM)).config
    brought = book.learning if book else {}
    every = LearningConfig.param
    known = {*kind.common(), *(name for name in kind.param if name not in every)}
    return kind(**{name: value for name, value in brought.items() if name in known})


def register_agent(
    agent: type[TabularAgent],
    config: type[LearningConfig],
    *,
    title: str = "",
    equation: Equation = _EQUATION,
    is_on_policy: bool = False,
) -> Algorithm:
    """Makes an agent one of `ALGORITHMS`: for `Trainer`, and for the page that shows it.

    It needs three methods, `select_action`, `update` and, where something is to be done,
    `end_episode`, and is stepped in Python. So it is slower than the others, and a run of it that
    comes from a file goes on with the next episode.

    Args:
        agent: Its class; what it learns in are the arrays of its ``memory``, by default the Q-table
            alone.
        config: The class of its settings, which no other agent has.
        title: Its name for people; by default that of its class.
        equation: Its update, as it is shown.
        is_on_policy: Whether it learns the values of what it does, exploring included.

    Returns:
        The algorithm. Its key is the name of the class in small letters, without "Agent".

    Raises:
        ValueError: If the config belongs to another agent, or the key to an algorithm of this
            package.
        TypeError: If a class is of the wrong kind.
    """
    for name, given, kind in (("agent", agent, TabularAgent), ("config", config, LearningConfig)):
        if not (isinstance(given, type) and issubclass(given, kind) and given is not kind):
            raise TypeError(f"{name} must be a class below {kind.__name__}, got {given!r}")
    words = re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", agent.__name__.removesuffix("Agent"))
    key = "_".join(words).lower()
    if key in BUILT_IN:
        raise ValueError(f"agent must have a name of its own, got {agent.__name__}")
    for other in ALGORITHMS.values():
        if other.key != key and issubclass(config, other.config):
            raise ValueError(
                f"config must be one that no other agent has, got {config.__name__}, which is "
                f"{other.title}'s"
            )
    ALGORITHMS[key] = Algorithm(
        key=key,
        title=title or " ".join(words),
        config=config,
        agent=agent,
        memory=agent.fresh_memory,
        loop=None,
        equation=equation,
        is_on_policy=is_on_policy,
    )
    return ALGORITHMS[key]
