"""Messages refer to what the browser has, and bring in full what it does not have."""

import pytest
from bokeh.core.serialization import Serializer
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.models import ColumnDataSource, Div
from bokeh.plotting import figure
from bokeh.protocol.messages.patch_doc import patch_doc

from dashboard import sending
from dashboard.sending import Known, SparingSerializer

sending.install()


@pytest.fixture
def document():
    document = Document()
    plot = figure(name="plot")
    plot.scatter([1, 2], [3, 4])
    document.add_root(plot)
    document.models.flush_synced()
    return document


def known(document):
    return {model for model in document.models if model not in document.models._new_models}


def test_what_the_browser_has_is_known(document):
    plot = document.get_model_by_name("plot")
    assert set(Known(document.models)) == known(document) > {plot}
    stranger, newcomer = Div(), Div(name="new")
    document.add_root(newcomer)
    assert stranger not in Known(document.models)
    assert newcomer not in Known(document.models)
    document.models.flush_synced()
    assert newcomer in Known(document.models)
    document.remove_root(newcomer)
    assert newcomer not in Known(document.models)


def test_a_message_is_the_same_as_with_the_list_of_all_models(document):
    plot = document.get_model_by_name("plot")
    new = ColumnDataSource({"x": [1]}, name="source")
    for value in (new, {"old": plot.x_range, "new": new}, [plot, plot, 1.5, None]):
        usual, sparing = (
            serializer(references=references).encode(value)
            for serializer, references in (
                (Serializer, known(document)),
                (SparingSerializer, Known(document.models)),
            )
        )
        assert usual == sparing


def test_a_model_is_sent_in_full_once(document):
    plot = document.get_model_by_name("plot")
    plot.tags = [new := Div(text="new")]
    event = ModelChangedEvent(document, plot, "tags", [new])
    contents = [patch_doc.create([event]).content_json for _ in range(2)]
    assert '"text":"new"' in contents[0]
    assert new.id in contents[1]
    assert '"text":"new"' not in contents[1]
