"""Where algorithms of the textbook are known to go wrong, and slow oracles for each of them."""

import math
from collections import defaultdict

import numpy as np
import pytest

from gridworld import (
    ALGORITHMS,
    DoubleQLearningAgent,
    DoubleQLearningConfig,
    DynaQConfig,
    DynaQPlusAgent,
    DynaQPlusConfig,
    GridWorldConfig,
    GridWorldEnv,
    MonteCarloConfig,
    NStepSarsaAgent,
    NStepSarsaConfig,
    PolicyIterationConfig,
    PrioritizedSweepingAgent,
    PrioritizedSweepingConfig,
    QLearningAgent,
    QLearningConfig,
    SarsaConfig,
    SarsaLambdaConfig,
    Trainer,
    ValueIterationConfig,
    WatkinsQLambdaAgent,
    WatkinsQLambdaConfig,
    policy_evaluation,
    value_iteration,
)
from gridworld.learning.traces import LEAST_TRACE

#: A world with all there is: several starts, a pit, a cliff, slip, and a limit that cuts off.
MIXED = {"layout": "S..S.\nC.XC.\n..#..\nS.#.G", "slip": 0.2, "max_steps": 40}
#: The same steps are learned at each seed.
LEARNING = {"num_episodes": 60, "epsilon_decay": 0.97, "learning_rate": 0.3}


def trained(world, learning, seed=0):
    trainer = Trainer(GridWorldConfig(**world), learning, seed)
    trainer.train(show_progress=False)
    return trainer


def assert_same_run(one, other):
    first, second = one.snapshot, other.snapshot
    assert first.q_values.tobytes() == second.q_values.tobytes()
    assert first.episode_returns.tobytes() == second.episode_returns.tobytes()
    assert first.visits.tobytes() == second.visits.tobytes()


# What one algorithm becomes another by.


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("special", "plain"),
    [
        (DynaQConfig(planning_steps=0), QLearningConfig()),
        (DynaQPlusConfig(planning_steps=0), QLearningConfig()),
        (NStepSarsaConfig(n=1), SarsaConfig()),
        *(
            (SarsaLambdaConfig(trace_decay=0, trace_kind=kind), SarsaConfig())
            for kind in ("accumulating", "replacing", "dutch")
        ),
        *(
            (WatkinsQLambdaConfig(trace_decay=0, trace_kind=kind), QLearningConfig())
            for kind in ("accumulating", "replacing", "dutch")
        ),
    ],
    ids=lambda config: type(config).__name__,
)
def test_an_algorithm_without_what_is_its_own_is_another_to_the_last_bit(special, plain, seed):
    for config in (special, plain):
        config.param.update(**LEARNING)
    assert_same_run(trained(MIXED, special, seed), trained(MIXED, plain, seed))


@pytest.mark.parametrize("seed", range(5))
def test_n_not_below_the_length_of_an_episode_is_monte_carlo_with_a_constant_step(seed):
    """Both update forwards; no episode may be cut off, as only n-step SARSA bootstraps there."""
    world = {"level": "easy", "slip": 0.1, "max_steps": 10_000}
    learning = {**LEARNING, "epsilon": 0.5, "min_epsilon": 0.3}
    monte_carlo = MonteCarloConfig(visit="every", averaging="constant", **learning)
    runs = [
        trained(world, config, seed)
        for config in (NStepSarsaConfig(n=10_000, **learning), monte_carlo)
    ]
    assert runs[0].snapshot.episode_lengths.max() < 10_000
    assert_same_run(*runs)


# The corridor ``S...G``: led straight to the goal once, with α = 0.1 and γ = 0.9.

CORRIDOR = {"layout": "S...G\n#####", "step_reward": 0, "bump_reward": 0, "goal_reward": 1}
WALK = {"learning_rate": 0.1, "discount_factor": 0.9, "epsilon": 0}


def led_to_the_goal(kind, config):
    """Values of going right in the four cells, after one episode straight to the goal."""
    agent = ALGORITHMS[kind].agent(config, 10, 4)
    env = GridWorldEnv(GridWorldConfig(**CORRIDOR))
    state, _ = env.reset(seed=0)
    agent.q_values[[5, 6, 7, 8, 9]] = -1.0  # no part of the corridor
    while state != 4:
        agent.select_action(state)
        if hasattr(agent.memory, "next_action"):
            agent.memory.next_action[0] = -1
        next_state, reward, terminated, _, _ = env.step(1)
        agent.update(state, 1, reward, next_state, terminated)
        if hasattr(agent.memory, "ahead") and not terminated:
            agent.memory.ahead[1] = 1  # it goes right again
        state = next_state
    agent.end_episode()
    return agent.q_values[:4, 1].round(12).tolist()


ALL_CREDITED, ONE_CREDITED = [0.0729, 0.081, 0.09, 0.1], [0, 0, 0, 0.1]


@pytest.mark.parametrize("trace_kind", ["accumulating", "replacing", "dutch"])
@pytest.mark.parametrize("kind", ["sarsa_lambda", "watkins_q_lambda"])
def test_a_terminal_state_credits_all_traces(kind, trace_kind):
    config = ALGORITHMS[kind].config
    for trace_decay, expected in ((1, ALL_CREDITED), (0, ONE_CREDITED)):
        assert (
            led_to_the_goal(kind, config(trace_decay=trace_decay, trace_kind=trace_kind, **WALK))
            == expected
        )


def test_n_steps_are_credited_in_the_corridor():
    for n, expected in ((1, ONE_CREDITED), (2, [0, 0, 0.09, 0.1]), (9, ALL_CREDITED)):
        assert led_to_the_goal("n_step_sarsa", NStepSarsaConfig(n=n, **WALK)) == expected


# Traces.


def by_hand_with_traces(config, seed, is_watkins):
    """SARSA(λ) or Watkins's Q(λ) over dictionaries, as a person would write it from the book."""
    env, draws = GridWorldEnv(GridWorldConfig(**MIXED)), None
    agent = QLearningAgent(QLearningConfig(), env.observation_space.n, 4, seed)
    draws, q = agent.np_random, np.zeros((env.observation_space.n, 4))
    epsilon, alpha, gamma = config.epsilon, config.learning_rate, config.discount_factor

    def choose(state):
        u, v = draws.random(), draws.random()
        every = np.arange(4) if u < epsilon else np.flatnonzero(q[state] == q[state].max())
        return int(every[int(v * len(every))])

    for episode in range(config.num_episodes):
        state, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        traces, done = defaultdict(float), False
        action = choose(state)
        while not done:
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            if is_watkins and q[state][action] < q[state].max():
                traces.clear()
            next_action = None
            target = reward
            if not terminated:
                if is_watkins:
                    target += gamma * q[following].max()
                else:
                    next_action = choose(following)
                    target += gamma * q[following][next_action]
            delta = target - q[state][action]
            for pair in list(traces):
                traces[pair] *= gamma * config.trace_decay
                if traces[pair] < LEAST_TRACE:
                    del traces[pair]
            old = traces[state, action]
            traces[state, action] = {
                "accumulating": old + 1,
                "replacing": 1.0,
                "dutch": (1 - alpha) * old + 1,
            }[config.trace_kind]
            for pair, trace in traces.items():
                q[pair] += alpha * trace * delta
            state, action = following, next_action
            if is_watkins and not done:
                action = choose(state)
        epsilon = min(epsilon, max(config.min_epsilon, epsilon * config.epsilon_decay))
    return q


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("trace_decay", [0.5, 0.95, 1])
@pytest.mark.parametrize("trace_kind", ["accumulating", "replacing", "dutch"])
@pytest.mark.parametrize("kind", ["sarsa_lambda", "watkins_q_lambda"])
def test_traces_do_what_a_slow_oracle_does(kind, trace_kind, trace_decay, seed):
    config = ALGORITHMS[kind].config(trace_decay=trace_decay, trace_kind=trace_kind, **LEARNING)
    expected = by_hand_with_traces(config, seed, kind == "watkins_q_lambda")
    assert trained(MIXED, config, seed).snapshot.q_values.tobytes() == expected.tobytes()


def test_watkins_cuts_by_the_action_that_was_taken_however_it_was_chosen():
    agent = WatkinsQLambdaAgent(WatkinsQLambdaConfig(trace_decay=1, **WALK), 3, 2)
    agent.q_values[:] = [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    agent.update(0, 0, 0.0, 1, False)
    agent.explored = True  # drawn by chance, and a best one all the same
    agent.update(1, 0, 0.0, 2, False)
    assert (agent.memory.credit.traces > 0).tolist() == [[True, False], [True, False], [False] * 2]
    agent.explored = False
    agent.update(0, 1, 0.0, 1, False)  # taken from outside, and none of the best
    assert (agent.memory.credit.traces > 0).tolist() == [[False, True], [False] * 2, [False] * 2]


def test_traces_stay_to_be_seen_until_the_next_episode():
    trainer = Trainer(GridWorldConfig(level="easy"), SarsaLambdaConfig())
    trainer.step_episode()
    at_the_end = trainer.snapshot.inside.traces
    assert at_the_end.max() == 1
    assert (at_the_end > 0).sum() > 1
    trainer.step()
    assert (trainer.snapshot.inside.traces > 0).sum() == 1


# n steps.


def test_n_step_targets_have_n_rewards_and_the_value_of_what_is_done_then():
    config = NStepSarsaConfig(n=3, learning_rate=0.5, discount_factor=0.9, epsilon=1)
    agent = NStepSarsaAgent(config, 6, 2, seed=4)
    agent.q_values[:] = np.arange(12).reshape(6, 2)
    rewards = [1.0, 2.0, 4.0, 8.0]
    updates = [agent.update(s, 0, r, s + 1, False) for s, r in enumerate(rewards)]
    assert updates[:2] == [None, None]
    for place, update in enumerate(updates[2:]):
        first, second, third = rewards[place : place + 3]
        value = [place + 3, update.next_action]
        assert update.next_value == np.arange(12).reshape(6, 2)[tuple(value)]
        assert update.target == first + 0.9 * (second + 0.9 * (third + 0.9 * update.next_value))
        assert (update.state, update.action) == (place, 0)
    agent.update(4, 0, 16.0, 5, True)
    assert agent.end_episode().target == 16.0
    assert agent.memory.waiting.tolist() == [0, 0]


def test_an_n_step_episode_that_is_cut_off_bootstraps_all_that_waits():
    config = NStepSarsaConfig(n=5, learning_rate=1, discount_factor=0.5, epsilon=0)
    agent = NStepSarsaAgent(config, 4, 1)
    agent.q_values[:] = [[0.0], [0.0], [0.0], [8.0]]
    for state in range(3):
        assert agent.update(state, 0, 1.0, state + 1, False) is None
    agent.end_episode()
    assert agent.q_values[:3, 0].tolist() == [2.75, 3.5, 5.0]


# Double Q-learning.


def test_double_q_acts_by_the_mean_of_both_tables_with_ties_at_random():
    agent = DoubleQLearningAgent(DoubleQLearningConfig(epsilon=0), 1, 3)
    agent.memory.first[:], agent.memory.second[:] = [[4.0, 0.0, 1.0]], [[0.0, 4.0, 1.0]]
    agent.q_values[:] = (agent.memory.first + agent.memory.second) / 2
    assert {agent.select_action(0) for _ in range(100)} == {0, 1}


def test_double_q_has_one_table_choose_and_the_other_one_judge():
    agent = DoubleQLearningAgent(DoubleQLearningConfig(learning_rate=1, discount_factor=1), 2, 2)
    seen = set()
    for _ in range(50):
        agent.memory.first[:] = [[0.0, 0.0], [5.0, 1.0]]
        agent.memory.second[:] = [[0.0, 0.0], [2.0, 7.0]]
        update = agent.update(0, 0, 0.0, 1, False)
        table = int(agent.memory.last_table[0])
        seen.add((table, update.next_action, update.next_value))
        assert agent.q_values[0, 0] == update.new_value / 2
    assert seen == {(0, 0, 2.0), (1, 1, 1.0)}


# Dyna.


def test_dyna_plans_only_what_it_has_seen_and_then_knows_it_all():
    trainer = Trainer(GridWorldConfig(**MIXED), DynaQConfig(planning_steps=20, **LEARNING))
    for _ in range(300):
        trainer.step()
        inside, visits = trainer.snapshot.inside, trainer.snapshot.visits
        pairs = set(zip(inside.planned.states, inside.planned.actions, strict=True))
        assert len(inside.planned.states) == 20
        assert all(visits[pair] for pair in pairs)
    known = defaultdict(int)
    for state, action, count in zip(
        inside.outcomes.states, inside.outcomes.actions, inside.outcomes.counts, strict=True
    ):
        known[int(state), int(action)] += int(count)
    assert known == {pair: visits[pair] for pair in zip(*np.nonzero(visits), strict=True)}


def test_a_model_under_slip_holds_every_successor_seen():
    world = GridWorldConfig(layout="S..\n...\n..G", slip=0.5)
    trainer = trained({"layout": world.layout, "slip": 0.5}, DynaQConfig(num_episodes=200))
    outcomes, tables = trainer.snapshot.inside.outcomes, trainer.world
    middle = outcomes.states == 4
    for action in range(4):
        seen = sorted(outcomes.next_states[middle & (outcomes.actions == action)].tolist())
        assert seen == sorted(tables.next_state[4, action].tolist())


@pytest.mark.parametrize("algorithm", ["dyna_q", "dyna_q_plus", "prioritized_sweeping"])
def test_a_model_that_keeps_the_latest_outcome_goes_through_a_file(algorithm, tmp_path):
    learning = ALGORITHMS[algorithm].config(model="latest", num_episodes=80)
    whole, halved = (Trainer(GridWorldConfig(**MIXED), learning, 2) for _ in range(2))
    whole.train(show_progress=False)
    for n_steps in (50, 333, 700):
        halved.advance(n_steps - halved.total_steps)
        halved.save(tmp_path / "run.npz")
        halved = Trainer.load(tmp_path / "run.npz")
        halved.resume()
        outcomes = halved.snapshot.inside.outcomes
        pairs = list(zip(outcomes.states.tolist(), outcomes.actions.tolist(), strict=True))
        assert len(set(pairs)) == len(pairs) == (halved.snapshot.visits > 0).sum()
        assert outcomes.counts.sum() == n_steps
    halved.train(show_progress=False)
    assert_same_run(halved, whole)


def test_a_step_that_is_cut_off_enters_the_model_as_not_terminal():
    trainer = Trainer(GridWorldConfig(level="hard", max_steps=3), DynaQConfig(num_episodes=50))
    trainer.train(show_progress=False)
    assert not trainer.snapshot.inside.outcomes.terminated.any()


def oracle_of_dyna(config, seed, bonus=None):
    """Dyna-Q and Dyna-Q+ over dictionaries."""
    env = GridWorldEnv(GridWorldConfig(**MIXED))
    agent = QLearningAgent(QLearningConfig(**LEARNING), env.observation_space.n, 4, seed)
    draws, seen, acted, tried, clock = agent.np_random, {}, [], {}, 0
    for episode in range(config.num_episodes):
        state, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        done = False
        while not done:
            action = agent.select_action(state)
            following, reward, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
            agent.update(state, action, reward, following, terminated)
            clock += 1
            tried[state, action] = clock
            if state not in acted:
                acted.append(state)
            outcome = (following, reward, terminated)
            counts = seen.setdefault((state, action), {})
            if config.model == "latest":
                counts.clear()
            counts[outcome] = counts.get(outcome, 0) + 1
            for _ in range(config.planning_steps):
                s = acted[int(draws.random() * len(acted))]
                actions = [a for a in range(4) if bonus is not None or (s, a) in seen]
                a = actions[int(draws.random() * len(actions))]
                counts = seen.get((s, a), {(s, 0.0, False): 1})
                (s2, r, ends), *others = counts
                if others:
                    left = draws.random() * sum(counts.values())
                    while left >= counts[s2, r, ends]:
                        left -= counts[s2, r, ends]
                        s2, r, ends = others.pop(0)
                if bonus is not None:
                    r += bonus * math.sqrt(clock - tried.get((s, a), 0))
                agent.learn_from(s, a, s2, r, ends)
            state = following
        agent.end_episode()
    return agent.q_values


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("model", ["all", "latest"])
@pytest.mark.parametrize("planning_steps", [1, 7])
def test_dyna_does_what_a_slow_oracle_does(planning_steps, model, seed):
    config = DynaQConfig(planning_steps=planning_steps, model=model, **LEARNING)
    expected = oracle_of_dyna(config, seed)
    assert trained(MIXED, config, seed).snapshot.q_values.tobytes() == expected.tobytes()
    config = DynaQPlusConfig(planning_steps=planning_steps, bonus=0.01, model=model, **LEARNING)
    expected = oracle_of_dyna(config, seed, bonus=0.01)
    assert trained(MIXED, config, seed).snapshot.q_values.tobytes() == expected.tobytes()


def test_the_clock_of_dyna_q_plus_never_goes_back(tmp_path):
    trainer = Trainer(GridWorldConfig(level="easy"), DynaQPlusConfig(num_episodes=5))
    clocks = []
    while trainer.status != "FINISHED":
        trainer.step()
        clocks.append(int(trainer._run.memory.clock[0]))
        if len(clocks) % 40 == 0:
            trainer.save(tmp_path / "run.npz")
            trainer = Trainer.load(tmp_path / "run.npz")
    assert clocks == list(range(1, trainer.total_steps + 1))
    assert trainer.snapshot.episode == 5


def test_dyna_q_plus_plans_what_it_never_tried_back_to_where_it_is():
    config = DynaQPlusConfig(planning_steps=200, bonus=1, learning_rate=1, discount_factor=0)
    agent = DynaQPlusAgent(config, 2, 2)
    agent.update(0, 0, 5.0, 1, True)
    assert agent.q_values.tolist() == [[5.0, 1.0], [0.0, 0.0]]  # κ √1 for what was never tried


# Prioritized sweeping.


class SlowSweeping:
    """Prioritized sweeping with a dictionary as its queue."""

    def __init__(self, config, n_states):
        self.q, self.config = np.zeros((n_states, 4)), config
        self.seen, self.queue = {}, {}

    def target(self, pair):
        counts, total = self.seen[pair], 0.0
        for (state, reward, ends), count in counts.items():
            value = reward if ends else reward + self.config.discount_factor * self.q[state].max()
            total += count / sum(counts.values()) * value
        return total

    def consider(self, pair):
        priority = abs(self.target(pair) - self.q[pair])
        if priority > self.config.threshold:
            self.queue[pair] = max(priority, self.queue.get(pair, 0))

    def update(self, state, action, reward, following, terminated):
        outcome = (following, reward, terminated)
        counts = self.seen.setdefault((state, action), {})
        if self.config.model == "latest":
            counts.clear()
        counts[outcome] = counts.get(outcome, 0) + 1
        self.consider((state, action))
        for _ in range(self.config.planning_steps):
            if not self.queue:
                break
            pair = min(self.queue, key=lambda pair: (-self.queue[pair], pair))
            del self.queue[pair]
            self.q[pair] += self.config.learning_rate * (self.target(pair) - self.q[pair])
            # In any order: only what is queued matters, and with what priority.
            for before, counts in self.seen.items():
                if any(state == pair[0] and not ends for state, _, ends in counts):
                    self.consider(before)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0, 0.05])
@pytest.mark.parametrize("model", ["all", "latest"])
@pytest.mark.parametrize("planning_steps", [1, 6])
def test_sweeping_does_what_a_slow_oracle_does(planning_steps, model, threshold, seed):
    config = PrioritizedSweepingConfig(
        planning_steps=planning_steps, threshold=threshold, model=model, **LEARNING
    )
    env = GridWorldEnv(GridWorldConfig(**MIXED))
    oracle = SlowSweeping(config, env.observation_space.n)
    agent = QLearningAgent(QLearningConfig(**LEARNING), env.observation_space.n, 4, seed)
    agent.q_values = oracle.q
    for episode in range(config.num_episodes):
        state, _ = env.reset(seed=seed) if episode == 0 else env.reset()
        done = False
        while not done:
            action = agent.select_action(state)
            following, reward, terminated, truncated, _ = env.step(action)
            oracle.update(state, action, reward, following, terminated)
            state, done = following, terminated or truncated
        agent.end_episode()
    trainer = trained(MIXED, config, seed)
    assert trainer.snapshot.q_values.tobytes() == oracle.q.tobytes()
    waiting = trainer.snapshot.inside.priorities
    assert {pair: waiting[pair] for pair in zip(*np.nonzero(waiting), strict=True)} == oracle.queue


def test_the_size_of_an_error_orders_the_queue_but_the_error_itself_is_learned():
    config = PrioritizedSweepingConfig(planning_steps=1, learning_rate=0.5, discount_factor=1)
    agent = PrioritizedSweepingAgent(config, 3, 1)
    agent.memory.known.planned_errors[:] = 0
    update = agent.update(0, 0, -4.0, 1, True)
    assert (update.td_error, agent.q_values[0, 0]) == (-4.0, -2.0)


def test_an_empty_queue_ends_the_planning():
    agent = PrioritizedSweepingAgent(PrioritizedSweepingConfig(planning_steps=1000), 3, 1)
    assert agent.update(0, 0, 0.0, 1, False) is None
    assert agent.memory.known.n_planned[0] == 0
    trainer = trained(
        {"level": "easy"}, PrioritizedSweepingConfig(planning_steps=1000, learning_rate=1)
    )
    trainer.analyse()
    assert trainer.snapshot.gap == 0


def test_sweeping_works_the_goal_back_within_one_step():
    """After one episode all on its way are worth what they are worth."""
    learning = {
        "learning_rate": 1,
        "discount_factor": 0.9,
        "num_episodes": 1,
        "planning_steps": 100,
    }
    trainer = trained(CORRIDOR | {"max_steps": 10_000}, PrioritizedSweepingConfig(**learning))
    assert trainer.snapshot.q_values[:4, 1] == pytest.approx([0.729, 0.81, 0.9, 1])


# Monte Carlo.


def test_monte_carlo_takes_the_mean_of_first_visits_or_of_every_visit():
    steps = [(0, 0, 1.0, 1), (1, 0, 2.0, 0), (0, 0, 4.0, 2)]
    for visit, expected in (("first", 1 + 0.5 * (2 + 0.5 * 4)), ("every", (3 + 4) / 2)):
        config = MonteCarloConfig(visit=visit, discount_factor=0.5)
        agent = ALGORITHMS["monte_carlo"].agent(config, 3, 1)
        for step in steps:
            assert agent.update(*step, step[3] == 2) is None
        assert not agent.q_values.any()
        agent.end_episode()
        assert agent.q_values[:, 0].tolist() == [expected, 4.0, 0.0]


def test_monte_carlo_has_room_for_an_episode_of_any_length():
    agent = ALGORITHMS["monte_carlo"].agent(MonteCarloConfig(discount_factor=1), 1, 1)
    for _ in range(5000):
        agent.update(0, 0, 1.0, 0, False)
    agent.end_episode()
    assert agent.q_values[0, 0] == 5000


def test_a_model_has_room_for_any_number_of_outcomes():
    for kind in ("dyna_q", "dyna_q_plus", "prioritized_sweeping"):
        agent = ALGORITHMS[kind].agent(ALGORITHMS[kind].config(), 50, 2)
        for next_state in range(50):
            agent.update(0, 0, float(next_state), next_state, False)
            agent.update(0, 1, float(next_state), next_state, True)
        assert ALGORITHMS[kind].inside(agent.memory).outcomes.counts.tolist() == [1] * 100


# Planning by sweeps.


@pytest.mark.parametrize("discount_factor", [0.5, 0.99, 1])
@pytest.mark.parametrize(
    "world", [{"level": "hard"}, {"level": "cliff_walking", "slip": 0.1}, MIXED], ids=str
)
@pytest.mark.parametrize("kind", [ValueIterationConfig, PolicyIterationConfig])
def test_sweeps_come_to_the_optimal_values(kind, world, discount_factor):
    trainer = trained(world, kind(discount_factor=discount_factor))
    plan, ongoing = value_iteration(trainer.world, discount_factor), trainer.world.ongoing
    found = trainer.snapshot.q_values[ongoing]
    np.testing.assert_allclose(found, plan.q_values[ongoing], rtol=1e-6, atol=2e-6)
    assert trainer.snapshot.converged
    trainer.analyse()
    assert trainer.snapshot.gap == 0


def test_a_sweep_is_an_episode_and_its_return_what_the_start_is_worth():
    trainer = Trainer(GridWorldConfig(level="easy"), ValueIterationConfig())
    n_backups = int(trainer.world.ongoing.sum()) * 4
    assert trainer.step_episode() == n_backups
    snapshot = trainer.snapshot
    assert (snapshot.episode, snapshot.episode_lengths.tolist()) == (1, [n_backups])
    assert snapshot.episode_returns[0] == snapshot.q_values[0].max()
    assert (snapshot.visits[trainer.world.ongoing] == 1).all()
    trainer.train(show_progress=False)
    plan = value_iteration(trainer.world, 0.99)
    assert trainer.snapshot.episode_returns[-1] == pytest.approx(plan.values[0])


def test_one_backup_is_the_mean_over_all_outcomes():
    world = GridWorldConfig(**MIXED)
    trainer = Trainer(world, ValueIterationConfig(initial_q=3, discount_factor=0.5))
    q_values, tables = trainer.snapshot.q_values.copy(), trainer.world
    for _ in range(100):
        trainer.step()
        update = trainer.snapshot.last_update
        expected = 0.0
        pair = update.state, update.action
        for k in range(tables.next_state.shape[2]):
            counts = (
                0
                if tables.terminated[(*pair, k)]
                else q_values[tables.next_state[(*pair, k)]].max()
            )
            expected += tables.probability[(*pair, k)] * (tables.reward[(*pair, k)] + 0.5 * counts)
        assert update.target == pytest.approx(expected)
        q_values[pair] = update.new_value
        assert (trainer.snapshot.q_values == q_values).all()


def test_policy_iteration_evaluates_its_policy_before_it_improves_it():
    trainer = Trainer(GridWorldConfig(level="hard"), PolicyIterationConfig(discount_factor=0.9))
    n_improved = 0
    while trainer.status != "FINISHED":
        before = trainer.snapshot.inside
        trainer.step_episode()
        after = trainer.snapshot
        if before.sweep.improves:
            n_improved += 1
            assert after.inside.sweep.n_improvements == n_improved
            taken = after.q_values[np.arange(49), after.inside.policy]
            np.testing.assert_allclose(taken, after.q_values.max(axis=1), atol=1e-8)
        elif after.inside.sweep.improves:  # evaluated
            policy = np.eye(4, dtype=bool)[before.policy]
            values = policy_evaluation(trainer.world, policy, 0.9)
            taken = after.q_values[np.arange(49), before.policy]
            np.testing.assert_allclose(
                taken[trainer.world.ongoing], values[trainer.world.ongoing], atol=1e-6
            )
    assert n_improved > 2


def test_policy_iteration_does_not_hang_where_a_policy_never_ends():
    """At discount 1 the first policy, all up on the cliff, has no finite values."""
    trainer = trained({"level": "cliff_walking"}, PolicyIterationConfig(discount_factor=1))
    assert trainer.snapshot.converged
    assert trainer.snapshot.q_values[36].max() == -13
    assert trainer.snapshot.inside.sweep.n_improvements < 50


def test_planning_ends_at_its_last_sweep_where_rewards_can_be_gathered_without_end():
    world = {"layout": "S.\n.G", "step_reward": 1, "bump_reward": 1}
    trainer = trained(world, ValueIterationConfig(discount_factor=1, num_episodes=50))
    assert (trainer.snapshot.episode, trainer.snapshot.converged) == (50, False)
    assert trainer.snapshot.episode_returns[-1] > 49
