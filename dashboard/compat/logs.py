"""What a normal session would leave in the server's log, and tells nobody anything."""

import logging
import warnings

from bokeh.util.warnings import BokehUserWarning
from tornado.websocket import WebSocketClosedError


def install() -> None:
    """Keeps these lines out of this process's log."""
    # The browser sends in full, once, what has come to it since the page was loaded, such as a
    # toast. The server has it already, and takes its own.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
    logging.getLogger("asyncio").addFilter(_is_news)
    logging.getLogger("bokeh.server.contexts").addFilter(_is_no_delay)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a page that was closed while it was being sent to."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return not isinstance(error, WebSocketClosedError)


def _is_no_delay(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a closed page that Bokeh lets go of a moment later.

    A tick under way holds it up, and Bokeh tries again.
    """
    return "came back to life" not in str(record.msg)
