"""Runs the benchmarks and prints their table.

``python -m tests.benchmarks [training|page|layers|files]``
"""

import sys

from tests.benchmarks import files, layers, page, training

_SUITES = {
    "training": training.run,
    "page": page.run,
    "layers": layers.run,
    "files": files.run,
}


def main(names: list[str]) -> None:
    """Prints the table of the suites named, or of all."""
    print("| what | measured | goal |\n|---|---|---|")
    for name in names or _SUITES:
        for row in _SUITES[name](smoke=False):
            print("| " + " | ".join(row) + " |", flush=True)


main(sys.argv[1:])
