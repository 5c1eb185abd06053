"""The yardstick of a frame: a bare Bokeh page that patches 21 points and 5 cells."""

from random import randrange

import panel as pn
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import curdoc, figure

N = 7
plot = figure(x_range=Range1d(start=0, end=N), y_range=Range1d(start=0, end=N), tools="")
cells = ColumnDataSource(
    {"x": [i % N for i in range(N * N)], "y": [i // N for i in range(N * N)], "v": [0.0] * N * N}
)
points = ColumnDataSource({"x": [0] * 21, "y": [0] * 21})
plot.rect("x", "y", 1, 1, source=cells, alpha="v")
plot.scatter("x", "y", source=points)


def tick():
    whole = slice(0, 21)
    with pn.io.hold():
        points.patch({axis: [(whole, [randrange(N) for _ in range(21)])] for axis in "xy"})
        cells.patch({"v": [(randrange(N * N), randrange(100) / 100) for _ in range(5)]})


curdoc().add_root(plot)
curdoc().add_periodic_callback(tick, 50)
