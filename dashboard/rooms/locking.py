"""`alone`: methods in which there is one thread at a time."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


def alone(method: Method) -> Method:
    """Has at most one thread at a time in all such methods of an object.

    The object has an `RLock` as its ``lock``, so that they may call each other.
    """

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return cast(Method, call)
