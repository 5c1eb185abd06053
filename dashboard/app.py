"""The served page: ``panel serve dashboard/app.py``."""

import panel as pn

from dashboard import GridWorldDashboard

pn.extension("tabulator", notifications=True, theme="default")

GridWorldDashboard().page().servable()
