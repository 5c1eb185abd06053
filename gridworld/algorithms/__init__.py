"""Learning algorithms, one a file, and their registry `ALGORITHMS`."""

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
from gridworld.learning.algorithm import Algorithm
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
]

#: All algorithms by their keys.
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
