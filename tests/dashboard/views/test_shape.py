"""Every view is the same from outside: ``panel``, ``update(snapshot)``, ``min_interval``."""

import importlib
import inspect
import pkgutil
from contextlib import nullcontext

import panel as pn
import pytest

from dashboard import views
from dashboard.rooms.room import Room
from dashboard.views.grid import GridView
from dashboard.views.history import HistoryView
from dashboard.views.layers.stack import LayeredView
from dashboard.views.picture import PictureView
from dashboard.views.replay import ReplayView
from dashboard.views.settings import SettingsView
from dashboard.views.table import QTableView

#: Ways to make the views that need more than a snapshot.
MAKERS = {
    HistoryView: lambda room: HistoryView(room, nullcontext),
    ReplayView: lambda room: ReplayView(room, HistoryView(room, nullcontext)),
    LayeredView: lambda room: LayeredView(GridView(room.snapshot), room.snapshot, nullcontext),
    PictureView: lambda room: PictureView(room.render, lambda: True),
    QTableView: lambda room: QTableView(),
    SettingsView: lambda room: SettingsView(room),
}


def view_classes():
    """All classes of the folder that are called a view."""
    for module in pkgutil.walk_packages(views.__path__, f"{views.__name__}."):
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if name.endswith("View") and kind.__module__ == module.name:
                yield kind


# Panel 1.9 makes tables in a way that pandas 3.1 gives up.
@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("kind", [*view_classes()], ids=lambda kind: kind.__name__)
def test_a_view_has_a_panel_draws_snapshots_and_tells_how_often(kind):
    room = Room()
    view = MAKERS.get(kind, lambda room: kind(room.snapshot))(room)
    room.step()
    view.update(room.snapshot)
    assert isinstance(view.panel, pn.viewable.Viewable)
    assert 0 <= view.min_interval <= 2
