import pytest

from tests.serving import launch_arguments


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return launch_arguments()
