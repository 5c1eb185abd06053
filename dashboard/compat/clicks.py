"""A click that comes right after another change, handled with the document's lock.

Panel waits 50 ms before it handles a change. A click within that time has it handle both in a
coroutine without the lock, and there whatever sets a Bokeh model fails. To leave a field by a
click on Start is such a pair.

Buys that such a pair does what each of them does alone. Without it Panel's own way is taken.
"""

from panel.reactive import Syncable

from dashboard.compat.switches import is_on, say_lost


def install() -> None:
    """Has this process take the lock for them."""
    if not is_on("clicks"):
        return
    try:
        handle = Syncable._event_coroutine
    except AttributeError as error:
        say_lost("A click right after a change may fail", str(error))
        return
    handle.lock = True  # what `panel.io.with_lock` leaves, which makes a function of its own
