/* The loop of gridworld/learning/loop.py in C: same tie-breaking, same bookkeeping, its own
   generator (xoshiro256+, by Blackman and Vigna). The yardstick for the compiled loop. */
#include <stdint.h>

#define TRAIL_LENGTH 20

typedef struct { uint64_t s[4]; } rng_t;

static inline uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline double uniform(rng_t *g) {
    uint64_t *s = g->s, result = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
    s[2] ^= t; s[3] = rotl(s[3], 45);
    return (result >> 11) * 0x1.0p-53;
}

typedef struct {
    int64_t state, step, episode, total_steps;
    double episode_return, epsilon;
    int64_t between_episodes;
} progress_t;

typedef struct {
    int64_t state, action;
    double reward;
    int64_t next_state, terminated, explored;
    double old_value, target, td_error, new_value;
} transition_t;

static inline int64_t select_action(const double *values, int64_t n_actions, double epsilon,
                                    rng_t *rng, int64_t *explored) {
    *explored = uniform(rng) < epsilon;
    double which = uniform(rng);
    if (*explored) return (int64_t)(which * n_actions);
    double best = values[0];
    int64_t n_best = 1;
    for (int64_t a = 1; a < n_actions; a++) {
        if (values[a] > best) { best = values[a]; n_best = 1; }
        else if (values[a] == best) n_best++;
    }
    int64_t skip = (int64_t)(which * n_best);
    for (int64_t a = 0; a < n_actions; a++)
        if (values[a] == best && skip-- == 0) return a;
    return 0;
}

int64_t run(const int64_t *next_states, const double *cumulative, const double *rewards,
            const uint8_t *terminal, const uint8_t *goal,
            const int64_t *start_states, int64_t n_starts,
            int64_t n_actions, int64_t n_outcomes, int64_t max_steps,
            double learning_rate, double discount, double epsilon_decay, double min_epsilon,
            double *q_values, int64_t *visits, int64_t *trail,
            double *returns, int64_t *lengths, uint8_t *successes,
            progress_t *p, transition_t *last, rng_t *agent_rng, rng_t *env_rng,
            int64_t n_steps, int64_t last_episode) {
    int64_t state = p->state, step = p->step, episode = p->episode;
    int64_t between_episodes = p->between_episodes, taken = 0;
    double episode_return = p->episode_return, epsilon = p->epsilon;
    while (taken < n_steps && episode < last_episode) {
        if (between_episodes) {
            between_episodes = 0;
            int64_t start = n_starts > 1 ? (int64_t)(uniform(env_rng) * n_starts) : 0;
            state = start_states[start];
            step = 0;
            episode_return = 0.0;
            trail[0] = state;
        }
        int64_t explored;
        int64_t action = select_action(q_values + state * n_actions, n_actions, epsilon,
                                       agent_rng, &explored);
        int64_t row = state * n_actions + action, outcome = row * n_outcomes;
        if (cumulative[outcome] < 1.0) {
            double draw = uniform(env_rng);
            while (draw >= cumulative[outcome]) outcome++;
        }
        int64_t next_state = next_states[outcome];
        double reward = rewards[outcome];
        int64_t terminated = terminal[next_state];

        double old_value = q_values[row], target = reward;
        if (!terminated) {
            const double *next_values = q_values + next_state * n_actions;
            double best = next_values[0];
            for (int64_t a = 1; a < n_actions; a++)
                if (next_values[a] > best) best = next_values[a];
            target = reward + discount * best;
        }
        double td_error = target - old_value;
        q_values[row] = old_value + learning_rate * td_error;

        visits[row]++;
        taken++;
        step++;
        episode_return += reward;
        trail[step % TRAIL_LENGTH] = next_state;
        if (taken == n_steps || terminated || step == max_steps)
            *last = (transition_t){state, action, reward, next_state, terminated, explored,
                                   old_value, target, td_error, q_values[row]};
        state = next_state;
        if (terminated || step == max_steps) {
            returns[episode] = episode_return;
            lengths[episode] = step;
            successes[episode] = goal[state];
            episode++;
            double decayed = epsilon * epsilon_decay;
            if (decayed < min_epsilon) decayed = min_epsilon;
            if (decayed < epsilon) epsilon = decayed;
            between_episodes = 1;
        }
    }
    p->state = state; p->step = step; p->episode = episode; p->total_steps += taken;
    p->episode_return = episode_return; p->epsilon = epsilon;
    p->between_episodes = between_episodes;
    return taken;
}
