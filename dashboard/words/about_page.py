"""Answers about what can be done on the page."""

from typing import Any

from dashboard.words import facts
from dashboard.words.facts import Context
from dashboard.words.numbers import counted, known_number
from gridworld import ALGORITHMS, Snapshot

Said = tuple[tuple[str, ...], tuple[Any, ...]]


def of_comparing(snapshot: Snapshot, context: Context) -> Said:
    """One run after the other."""
    mean = facts.recent_mean(snapshot)
    title = ALGORITHMS[snapshot.algorithm].title
    now = f"This run of {title} has no completed episode to compare with yet."
    if mean is not None:
        now = (
            f"This run of {title} has earned {known_number(mean, 4)} on average over its last "
            f"{counted(facts.n_recent(snapshot), 'episode')}"
        )
        gap = "" if snapshot.gap is None else f", and its gap is {known_number(snapshot.gap, 3)}"
        now = f"{now}{gap}."
    return (
        "Change one setting, keep the seed, and press Start: then only what you changed differs.",
        now,
        "Single runs differ by chance, so try several seeds before you judge.",
    ), ("control", "Start")


def of_mazes(snapshot: Snapshot, context: Context) -> Said:
    """Drawing a map, and giving it to others."""
    cells = facts.cells_of(snapshot)
    shown = f"The map of this run has {cells.shape[0]} rows and {cells.shape[1]} columns."
    if not facts.has_map(snapshot):
        shown = "The world of this run has no map; one that is drawn takes its place."
    if context.problem:
        shown = f"The map as it is drawn now cannot be played: {context.problem.rstrip('.')}."
    return (
        "Edit map has brushes for walls, goals, pits and cliffs, and takes a map as text, too.",
        shown,
        "Share has a link that holds the map and all settings.",
    ), ("control", "Edit map")


def of_files(snapshot: Snapshot, context: Context) -> Said:
    """What can be taken away."""
    n_states, n_actions = snapshot.q_values.shape
    return (
        "Save has the episodes and the Q-table as tables, and the whole run as one file.",
        f"As it stands these are {counted(snapshot.episode, 'episode')}, and {n_actions} values "
        f"for each of {counted(n_states, 'cell' if facts.has_map(snapshot) else 'state')}.",
    ), ("control", "Save")


def of_tomorrow(snapshot: Snapshot, context: Context) -> Said:
    """Keeping a run."""
    return (
        "Save the run as a file: uploaded again, it goes on just as if it had never stopped.",
        f"It stands after {counted(snapshot.total_steps, 'step')} now; the same settings and seed "
        "make the same run once more.",
        "A training that no page shows is not kept for long.",
    ), ("control", "Save")
