from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks import files, layers, page, training


@pytest.mark.slow
@pytest.mark.parametrize("suite", [training, page, layers, files], ids=lambda suite: suite.__name__)
def test_every_benchmark_still_runs(suite):
    with ThreadPoolExecutor(1) as thread:  # Playwright may be under way in this one
        rows = thread.submit(suite.run, smoke=True).result()
    assert rows
    assert all(any(character.isdigit() for character in row.measured) for row in rows)
