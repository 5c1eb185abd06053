"""What a normal session would leave in the log is kept out of it, and nothing else."""

import logging

import pytest
from bokeh.server.connection import ServerConnection

from dashboard.compat import logs


def failed_by(cause):
    """The record of an error while a message was handled."""
    try:
        cause()
    except AssertionError as error:
        told = (type(error), error, error.__traceback__)
        return logging.LogRecord("bokeh", logging.ERROR, "", 0, "error handling", (), told)
    raise RuntimeError("it did not fail")


def test_a_message_of_a_page_that_is_closed_is_no_news():
    connection = ServerConnection.__new__(ServerConnection)
    connection._session = None
    assert not logs._is_of_an_open_page(failed_by(lambda: connection.session))


def test_any_other_error_is_told():
    def fail():
        assert not logging

    assert logs._is_of_an_open_page(failed_by(fail))
    plain = logging.LogRecord("bokeh", logging.ERROR, "", 0, "error handling", (), None)
    assert logs._is_of_an_open_page(plain)


@pytest.mark.parametrize(
    "name", ["asyncio", "bokeh.server.contexts", "bokeh.server.protocol_handler"]
)
def test_each_log_has_its_filter(name):
    logs.install()
    assert logging.getLogger(name).filters
