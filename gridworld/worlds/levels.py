"""Named maps with their rewards, and what a textbook learns on them."""

from typing import Any, Literal, NamedTuple

#: Training steps a second at which a level is shown, unless a textbook's wants another speed.
SPEED = 200
#: Steps after which an episode is cut off where nothing else limits it.
NO_LIMIT = 1_000_000


class Curve(NamedTuple):
    """What a level's main curve shows.

    Attributes:
        quantity: Over the episodes, the return or the length of each; or the number of episodes
            over the steps.
        lowest: Lowest value that is shown; None for no limit.
    """

    quantity: Literal["Return", "Length", "Episodes over steps"] = "Return"
    lowest: float | None = None


class Book(NamedTuple):
    """What a textbook's example brings beside its world; `learner_of` makes its learner.

    Attributes:
        reference: Where it is in the literature.
        algorithm: Key of the algorithm in `ALGORITHMS`.
        learning: Parameters of the learner.
        curve: What is plotted.
        speed: Training steps a second, so that the figure is there within 20 seconds.
    """

    reference: str
    algorithm: str
    learning: dict[str, Any]
    curve: Curve
    speed: int


class Level(NamedTuple):
    """A named map, with the parameters in which it differs from the defaults.

    Attributes:
        title: What a person reads.
        description: One sentence.
        layout: Text of the map; empty where it is drawn or given.
        parameters: Parameters of the world.
        book: What the textbook's example has besides; None for a level of our own.
        env: Name in Gymnasium's registry of the environment that it is; None for a grid world.
            Its chance and its rewards are its own; map and rewards here are what is shown of it.
    """

    title: str
    description: str
    layout: str
    parameters: dict[str, Any]
    book: Book | None = None
    env: str | None = None

    @property
    def curve(self) -> Curve:
        """What the main curve shows."""
        return self.book.curve if self.book else Curve()

    @property
    def speed(self) -> int:
        """Training steps a second."""
        return self.book.speed if self.book else SPEED


_BOOK: dict[str, Any] = {"max_steps": 10_000}
_EVERY_STEP_COSTS_ONE: dict[str, Any] = {
    "step_reward": -1.0,
    "bump_reward": -1.0,
    "goal_reward": -1.0,
}
_ONLY_THE_GOAL_PAYS: dict[str, Any] = {"step_reward": 0.0, "bump_reward": 0.0, "goal_reward": 1.0}
#: Exploring stays as it is all the time.
_STEADY: dict[str, Any] = {"epsilon": 0.1, "epsilon_decay": 1.0, "min_epsilon": 0.1}
#: Where every step costs one: examples 6.5 and 6.6.
_UNDISCOUNTED: dict[str, Any] = {**_STEADY, "learning_rate": 0.5, "discount_factor": 1.0}

#: Where the map changes: only the latest outcome of an action is still true. The book does not say
#: with which step size and bonus its figures were made.
_CHANGING: dict[str, Any] = {
    **_STEADY,
    "learning_rate": 1.0,
    "discount_factor": 0.95,
    "bonus": 0.001,
    "model": "latest",
}
_CLIFF = """\
............
............
............
SCCCCCCCCCCG"""
_WINDY = """\
..........
..........
..........
S......G..
..........
..........
.........."""
_WIND = (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)

LEVELS: dict[str, Level] = {
    "easy": Level(
        "Easy",
        "5×5, three walls: a first run, learned in seconds.",
        """\
S.#..
..#..
..#..
.....
....G""",
        {},
    ),
    "medium": Level(
        "Medium",
        "6×6, six walls: the last corner has to be approached from above.",
        """\
S.#...
..#...
..#...
..#...
....#.
....#G""",
        {},
    ),
    "hard": Level(
        "Hard",
        "7×7 maze, ten walls: one long winding way, twenty steps at best.",
        """\
S.#....
..#....
..#.#..
..#.#..
..#.#..
....#..
....#.G""",
        {},
    ),
    "random": Level(
        "Random",
        "A map drawn from its size, wall density and map seed; always solvable.",
        "",
        {},
    ),
    "custom": Level(
        "Custom", "A map of your own: switch Edit map on and draw, or paste its text.", "", {}
    ),
    "cliff_walking": Level(
        "Cliff walking",
        "Sutton & Barto 2018, example 6.6: the shortest way runs along the edge.",
        _CLIFF,
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "cliff_reward": -100.0},
        Book(
            "Sutton & Barto 2018, example 6.6, page 132",
            "q_learning",
            {**_UNDISCOUNTED, "num_episodes": 500},
            Curve("Return", lowest=-100.0),
            speed=500,
        ),
    ),
    "windy_gridworld": Level(
        "Windy gridworld",
        "Sutton & Barto 2018, example 6.5: the wind lifts whoever crosses it.",
        _WINDY,
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "wind": _WIND},
        Book(
            "Sutton & Barto 2018, example 6.5, page 130",
            "sarsa",
            # Episodes for the 8,000 steps of the book's figure, whatever the seed.
            {**_UNDISCOUNTED, "num_episodes": 200},
            Curve("Episodes over steps"),
            speed=500,
        ),
    ),
    "kings_moves": Level(
        "King's moves",
        "Sutton & Barto 2018, exercise 6.9: windy gridworld, diagonal moves too.",
        _WINDY,
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "wind": _WIND, "moves": "king"},
        Book(
            "Sutton & Barto 2018, exercise 6.9, page 131",
            "sarsa",
            {**_UNDISCOUNTED, "num_episodes": 300},
            Curve("Episodes over steps"),
            speed=500,
        ),
    ),
    "stochastic_wind": Level(
        "Stochastic wind",
        "Sutton & Barto 2018, exercise 6.10: king's moves, and the wind varies by one cell.",
        _WINDY,
        {**_BOOK, **_EVERY_STEP_COSTS_ONE, "wind": _WIND, "moves": "king", "gust": 2 / 3},
        Book(
            "Sutton & Barto 2018, exercise 6.10, page 131",
            "sarsa",
            {**_UNDISCOUNTED, "num_episodes": 300},
            Curve("Episodes over steps"),
            speed=500,
        ),
    ),
    "dyna_maze": Level(
        "Dyna maze",
        "Sutton & Barto 2018, example 8.1: only the goal pays.",
        """\
.......#G
..#....#.
S.#....#.
..#......
.....#...
.........""",
        {**_BOOK, **_ONLY_THE_GOAL_PAYS},
        Book(
            "Sutton & Barto 2018, example 8.1, page 164",
            "dyna_q",
            {
                **_STEADY,
                "learning_rate": 0.1,
                "discount_factor": 0.95,
                "num_episodes": 50,
                "planning_steps": 5,
            },
            Curve("Length"),
            speed=1000,
        ),
    ),
    "blocking_maze": Level(
        "Blocking maze",
        "Sutton & Barto 2018, example 8.2: after 1,000 steps the short way is blocked.",
        """\
........G
.........
.........
########.
.........
...S.....""",
        {
            **_BOOK,
            **_ONLY_THE_GOAL_PAYS,
            "later_layout": """\
........G
.........
.........
.########
.........
...S.....""",
            "change_after": 1000,
        },
        Book(
            "Sutton & Barto 2018, example 8.2, page 166",
            "dyna_q_plus",
            {**_CHANGING, "num_episodes": 200, "planning_steps": 10},
            Curve("Episodes over steps"),
            speed=200,
        ),
    ),
    "shortcut_maze": Level(
        "Shortcut maze",
        "Sutton & Barto 2018, example 8.3: after 3,000 steps a shorter way opens.",
        """\
........G
.........
.........
.########
.........
...S.....""",
        {
            **_BOOK,
            **_ONLY_THE_GOAL_PAYS,
            "later_layout": """\
........G
.........
.........
.#######.
.........
...S.....""",
            "change_after": 3000,
        },
        Book(
            "Sutton & Barto 2018, example 8.3, page 167",
            "dyna_q_plus",
            {**_CHANGING, "num_episodes": 400, "planning_steps": 50},
            Curve("Episodes over steps"),
            speed=400,
        ),
    ),
    "four_rooms": Level(
        "Four rooms",
        "Sutton, Precup & Singh 1999: four doorways, and only the goal pays.",
        """\
#############
#S....#.....#
#.....#.....#
#...........#
#.....#.....#
#.....#.....#
##.####.....#
#.....###G###
#.....#.....#
#.....#.....#
#...........#
#.....#.....#
#############""",
        {**_BOOK, **_ONLY_THE_GOAL_PAYS},
        Book(
            "Sutton, Precup & Singh 1999",
            "q_learning",
            {**_STEADY, "learning_rate": 0.1, "discount_factor": 0.9, "num_episodes": 500},
            Curve("Length"),
            speed=1000,
        ),
    ),
    "FrozenLake-v1": Level(
        "FrozenLake-v1",
        "Gymnasium: on the ice two of three steps go astray, and holes end the episode.",
        """\
S...
.X.X
...X
X..G""",
        {**_ONLY_THE_GOAL_PAYS, "pit_reward": 0.0, "max_steps": 100},
        env="FrozenLake-v1",
    ),
    "FrozenLake8x8-v1": Level(
        "FrozenLake8x8-v1",
        "Gymnasium: the larger lake; on the ice two of three steps go astray.",
        """\
S.......
........
...X....
.....X..
...X....
.XX...X.
.X..X.X.
...X...G""",
        {**_ONLY_THE_GOAL_PAYS, "pit_reward": 0.0, "max_steps": 200},
        env="FrozenLake8x8-v1",
    ),
    "CliffWalking-v1": Level(
        "CliffWalking-v1",
        "Gymnasium: cliff walking, without a limit of steps.",
        _CLIFF,
        {**_EVERY_STEP_COSTS_ONE, "cliff_reward": -100.0, "max_steps": NO_LIMIT},
        env="CliffWalking-v1",
    ),
    "CliffWalkingSlippery-v1": Level(
        "CliffWalkingSlippery-v1",
        "Gymnasium: cliff walking where two of three steps go astray, without a limit of steps.",
        _CLIFF,
        {**_EVERY_STEP_COSTS_ONE, "cliff_reward": -100.0, "max_steps": NO_LIMIT},
        env="CliffWalkingSlippery-v1",
    ),
}

#: Environments without a map that `gridworld.add_environment` makes levels.
WITHOUT_MAP: dict[str, Level] = {
    "Taxi-v4": Level(
        "Taxi-v4",
        "Gymnasium: a taxi fetches a passenger, and drives to the destination.",
        "",
        {"max_steps": 200},
        env="Taxi-v4",
    ),
    "Blackjack-v1": Level(
        "Blackjack-v1",
        "Gymnasium: cards against the dealer. It has no table of its outcomes, so it is stepped "
        "itself: more slowly, and without planning.",
        "",
        {"max_steps": NO_LIMIT},
        env="Blackjack-v1",
    ),
}
