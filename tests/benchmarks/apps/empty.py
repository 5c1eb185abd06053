"""The yardstick of page-ready time: the same template with one button."""

import panel as pn
import panel_material_ui as pmui

pn.extension(notifications=True)
pmui.Page(title="Empty", main=[pmui.Button(label="Start")]).servable()
