"""Messages to the browser whose cost does not grow with the page.

For each message Bokeh 3.9 lists all models of the page, hundreds of them, to refer to those
few that the message mentions. Here each is looked up when it is met.
"""

from importlib import import_module
from typing import Any

from bokeh.core.serialization import Serializer
from bokeh.model import Model


class SparingSerializer(Serializer):
    """Bokeh's serializer, but for when it makes the references.

    Args:
        references: The models that the browser has already.
        **options: As Bokeh's.
    """

    def __init__(self, *, references: Any = frozenset(), **options: Any) -> None:
        super().__init__(**options)
        self._known = references

    def has_ref(self, obj: Any) -> bool:
        """Whether the object is to be referred to."""
        return super().has_ref(obj) or (isinstance(obj, Model) and obj in self._known)

    def get_ref(self, obj: Any) -> Any:
        """The reference to an object; None if it is to be sent in full."""
        ref = super().get_ref(obj)
        if ref is None and isinstance(obj, Model) and obj in self._known:
            ref = obj.ref
            self.add_ref(obj, ref)
        return ref

    def add_ref(self, obj: Any, ref: Any) -> None:
        """Takes note of a reference."""
        self._references[id(obj)] = ref


def install() -> None:
    """Has all messages made so, in this process."""
    # The package has a class by the module's name.
    import_module("bokeh.protocol.messages.patch_doc").__dict__["Serializer"] = SparingSerializer
