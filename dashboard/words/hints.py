"""What each number means."""

#: Hints of the numbers, by their names.
HINTS: dict[str, str] = {
    "Gap to optimal": (
        "How much less the greedy policy earns from the start than the optimal one: exact, in "
        "discounted return, without the step limit. 0 means optimal from the start; elsewhere "
        "the policy may still be wrong."
    ),
    "Exploring": (
        "ε now: the probability with which an action is drawn from all four, by chance, in place "
        "of a best one."
    ),
    "Softmax τ": (
        "Softmax takes an action with a probability proportional to exp(Q / τ): the lower, the "
        "greedier."
    ),
    "UCB c": (
        "UCB takes the action whose Q + c √(ln N / n) is greatest: the higher, the more it tries "
        "what it has seldom tried in a state."
    ),
    "Change": (
        "By how much the latest whole sweep changed the value that it changed most. The values are "
        "worked out when it is 0, up to rounding."
    ),
    "Start value": "What the start is worth after the latest sweep, discounted; a mean of several.",
    "Sweeps": "Sweeps over all states so far; the run ends when nothing changes.",
    "Step of the sweep": "Values worked out in the present sweep, or in the one that has ended.",
    "Last return": (
        "Sum of the rewards of the latest completed episode, not discounted, exploring included."
    ),
    "Reached goal": (
        "Share of the latest 100 episodes that ended in a goal, of all of them if there are fewer."
    ),
    "Total steps": "Steps taken in the whole run; with each one Q-value is updated.",
    "Step of the episode": (
        "Steps taken in the present episode, or in the one that has just ended."
    ),
    "Episodes completed": "Episodes that have ended, of all that the run will have.",
    "Steps a second": "How fast the run goes on now, by the last few readings.",
    "Epsilon ε": "The probability of exploring now, after its decay from episode to episode.",
    "Mean return": "Mean of the returns of the latest 100 episodes, or of all if there are fewer.",
    "Greedy return": (
        "Exact expected return of an episode under the greedy policy, within the step limit, not "
        "discounted, when it was last evaluated."
    ),
    "Optimum": (
        "The highest expected return, not discounted, that any policy has within the step limit."
    ),
    "Cost of exploring": (
        "Greedy return minus mean return: what the latest episodes earned less than the greedy "
        "policy would now. Episodes from before it was learned count, too."
    ),
    "Greedy policy ends": (
        "Probability that an episode under the greedy policy ends within the step limit."
    ),
    "Optimal length": "Expected steps of an episode under the optimal policy.",
    "Last length": "Steps of the latest completed episode.",
}
