"""Ctrl-C, held back while something must not be torn apart."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Has an interrupt from the keyboard take effect at the end of the block.

    Python raises `KeyboardInterrupt` wherever it runs Python code, also in what Numba calls
    on the way into compiled code, where an exception is lost or ends the process.
    """
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not callable(before):  # else nothing would be raised in the block
        yield
        return
    pressed = []
    signal.signal(signal.SIGINT, lambda *received: pressed.append(received))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(*pressed[0])
