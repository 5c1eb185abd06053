"""`LearnerChoice`: which algorithm learns, and the settings of each."""

import param

from gridworld import (
    ALGORITHMS,
    DEFAULT_ALGORITHM,
    LearningConfig,
    algorithm_of,
    parameters,
)


class LearnerChoice(param.Parameterized):
    """The choice of an algorithm, with one config for each.

    What was set of the parameters that all learners have goes along to the one that is chosen.

    Args:
        config: The config to begin with; its class tells the algorithm.

    Attributes:
        configs: The config of each algorithm, by its key.
    """

    algorithm = parameters.Choice(
        default=DEFAULT_ALGORITHM,
        objects={each.title: each.key for each in ALGORITHMS.values()},
        doc="How the agent learns from what happens; each has its own update of the Q-table.",
    )

    def __init__(self, config: LearningConfig) -> None:
        chosen = algorithm_of(config).key
        super().__init__(algorithm=chosen)
        self.configs: dict[str, LearningConfig] = {
            key: config if key == chosen else each.config() for key, each in ALGORITHMS.items()
        }
        self._before = chosen

    @property
    def config(self) -> LearningConfig:
        """The config of the chosen algorithm."""
        return self.configs[self.algorithm]

    @param.depends("algorithm", watch=True)  # comes before what others watch
    def _take_along(self) -> None:
        before, after = self.configs[self._before], self.config
        self._before = self.algorithm
        values = {}
        for name in LearningConfig.param:
            value = getattr(before, name)
            # A default stays one, also where the other algorithm has another.
            is_default = value == before.param[name].default
            values[name] = after.param[name].default if is_default else value
        del values["name"]
        after.param.update(**values)
