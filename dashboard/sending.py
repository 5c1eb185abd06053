"""Messages to the browser whose cost does not grow with the page.

For each message Bokeh 3.9 lists all models of the page, hundreds of them, to refer to those
few that the message mentions. Here each is looked up when it is met. And it looks for its
settings in the environment; here they are what they were at the start.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from bokeh.core.serialization import Serializer
from bokeh.document.models import DocumentModelManager
from bokeh.model import Model
from bokeh.settings import settings


class Known:
    """The models of a document that the browser has.

    Args:
        models: All of the document's.
    """

    def __init__(self, models: DocumentModelManager) -> None:
        self._models = models

    def __contains__(self, model: Model) -> bool:
        models = self._models
        return models._models.get(model.id) is model and model not in models._new_models

    def __iter__(self) -> Iterator[Model]:
        return (model for model in self._models._models.values() if model in self)


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
    DocumentModelManager.synced_references = property(Known)  # type: ignore[assignment]
    for name in ("pretty", "simple_ids", "perform_error_diagnostics"):
        setattr(settings, name, getattr(settings, name)())
