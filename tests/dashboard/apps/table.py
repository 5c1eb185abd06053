"""The Q-table's view on a page of its own, with a run that goes on in steps of a button."""

import panel as pn
import panel_material_ui as pmui

from dashboard.views.table import QTableView
from gridworld import Trainer

pn.extension("tabulator")

trainer = Trainer()
trainer.start()
trainer.advance(500)
view = QTableView()
view.update(trainer.snapshot)
tabs = pmui.Tabs(("Other", pn.pane.HTML("other")), ("Table", view.panel), dynamic=True)


def train(_):
    trainer.advance(500)
    view.update(trainer.snapshot)


button = pn.widgets.Button(label="Start", on_click=train)
pmui.Page(title="Table", main=[pn.Column(button, tabs)]).servable()
