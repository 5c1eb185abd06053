"""GridWorld: tabular reinforcement learning on grid worlds, exact and fast.

Importing it registers the environment ``GridWorld-v0`` with Gymnasium.
"""

import gymnasium

from gridworld import algorithms, parameters
from gridworld.algorithms import *  # noqa: F403 - the config and the agent of each algorithm
from gridworld.atomic import check_writable, replacing
from gridworld.compiled import is_kept
from gridworld.learning.agent import TabularAgent
from gridworld.learning.algorithm import Algorithm, Equation
from gridworld.learning.config import EPSILON_WAYS, EXPLORATIONS, Exploring, LearningConfig
from gridworld.learning.recording import TRAIL_LENGTH
from gridworld.learning.records import Inside, Outcomes, Planned, Step, Sweep, Update
from gridworld.planning.bellman import Plan
from gridworld.planning.evaluation import best_actions
from gridworld.planning.solve import (
    gap_to_optimal,
    optimal_path,
    policy_evaluation,
    value_iteration,
)
from gridworld.planning.tolerance import is_rounding
from gridworld.preparation import is_prepared, prepare, prepare_all
from gridworld.runs.changes import TUNABLE
from gridworld.runs.greedy import GreedyEpisode
from gridworld.runs.snapshot import RECENT_EPISODES, Change, Snapshot, snapshot_of
from gridworld.runs.spec import Held, RunSpec
from gridworld.runs.status import Status, StatusError
from gridworld.saving.checks import LoadError
from gridworld.saving.tables import (
    episodes_to_csv,
    episodes_to_parquet,
    q_table_to_csv,
    q_table_to_parquet,
)
from gridworld.trainer import Trainer
from gridworld.version import __version__
from gridworld.worlds.config import GridWorldConfig
from gridworld.worlds.env import GridWorldEnv
from gridworld.worlds.env_config import EnvConfig, add_environment
from gridworld.worlds.environments import disagreement
from gridworld.worlds.levels import LEVELS, Book, Curve, Level
from gridworld.worlds.maps import (
    Cell,
    format_layout,
    is_same_map,
    parse_layout,
    read_cells,
)
from gridworld.worlds.moves import MOVE_SETS, MOVES, Action, action_names
from gridworld.worlds.random_maps import random_layout
from gridworld.worlds.world import World

__all__ = [
    "EPSILON_WAYS",
    "EXPLORATIONS",
    "LEVELS",
    "MOVES",
    "MOVE_SETS",
    "RECENT_EPISODES",
    "TRAIL_LENGTH",
    "TUNABLE",
    "Action",
    "Algorithm",
    "Book",
    "Cell",
    "Change",
    "Curve",
    "EnvConfig",
    "Equation",
    "Exploring",
    "GreedyEpisode",
    "GridWorldConfig",
    "GridWorldEnv",
    "Held",
    "Inside",
    "LearningConfig",
    "Level",
    "LoadError",
    "Outcomes",
    "Plan",
    "Planned",
    "RunSpec",
    "Snapshot",
    "Status",
    "StatusError",
    "Step",
    "Sweep",
    "TabularAgent",
    "Trainer",
    "Update",
    "World",
    "__version__",
    "action_names",
    "add_environment",
    "best_actions",
    "check_writable",
    "disagreement",
    "episodes_to_csv",
    "episodes_to_parquet",
    "format_layout",
    "gap_to_optimal",
    "is_kept",
    "is_prepared",
    "is_rounding",
    "is_same_map",
    "optimal_path",
    "parameters",
    "parse_layout",
    "policy_evaluation",
    "prepare",
    "prepare_all",
    "q_table_to_csv",
    "q_table_to_parquet",
    "random_layout",
    "read_cells",
    "replacing",
    "snapshot_of",
    "value_iteration",
]
__all__ += algorithms.__all__

gymnasium.register(id="GridWorld-v0", entry_point="gridworld.worlds.env:GridWorldEnv")
