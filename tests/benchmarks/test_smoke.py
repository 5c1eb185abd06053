import pytest

from tests.benchmarks import page, training


@pytest.mark.parametrize("suite", [training, page], ids=["training", "page"])
def test_every_benchmark_still_runs(suite):
    rows = suite.run(smoke=True)
    assert rows
    assert all(any(character.isdigit() for character in row.measured) for row in rows)
