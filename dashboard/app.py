"""The served page: ``panel serve dashboard/app.py``."""

import panel as pn

from dashboard.page import make_page

pn.extension("tabulator", notifications=True, reconnect=True, theme="default")

make_page().servable()
