"""All private names of Panel, Bokeh, Tornado, Param and pyviz_comms; elsewhere there are none.

Each module tells what its names buy. They were tried with Panel 1.9.4 and 1.10.0, Bokeh 3.9.2
and 3.10.2, Tornado 6.6.1, Param 2.4.2 and pyviz_comms 3.0.6. Where one is gone the public way is
taken: the page works, costs more, and the log says so once. The environment variable
``GRIDWORLD_WITHOUT`` names modules to go without, with commas between them, to measure them.
"""

from functools import cache

from dashboard.compat import clicks, logs, messages


@cache
def install() -> None:
    """Sets this process up for pages; to be called before the first one is made."""
    logs.install()
    messages.install()
    clicks.install()
