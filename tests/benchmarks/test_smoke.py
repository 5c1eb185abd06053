import pytest

from tests.benchmarks import files, layers, page, training


@pytest.mark.parametrize("suite", [training, page, layers, files], ids=lambda suite: suite.__name__)
def test_every_benchmark_still_runs(suite):
    rows = suite.run(smoke=True)
    assert rows
    assert all(any(character.isdigit() for character in row.measured) for row in rows)
