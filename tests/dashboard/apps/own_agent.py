"""The whole page with a person's own agent on it."""

from dashboard import GridWorldDashboard
from gridworld import GridWorldConfig, LearningConfig, TabularAgent, Trainer, register_agent


class MeanConfig(LearningConfig):
    """The settings of my learner."""


class MeanAgent(TabularAgent):
    """Each value is the mean of its targets."""

    def select_action(self, state):
        return self.choose(state)

    def update(self, state, action, reward, next_state, terminated):
        row, column, next_row = self.count(state, action, next_state)
        best = 0.0 if terminated else self.q_values[next_row].max()
        target = reward + self.discount_factor * best
        return self.learn(state, action, target, best, step_size=1 / self.visits[row, column])


register_agent(MeanAgent, MeanConfig)
GridWorldDashboard(Trainer(GridWorldConfig(), MeanConfig(num_episodes=200))).servable()
