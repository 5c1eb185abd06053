"""The figure of the curve: its lines, axes and tools, in two palettes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bokeh.models import (
    BasicTicker,
    BasicTickFormatter,
    BoxZoomTool,
    ColumnDataSource,
    Glyph,
    HoverTool,
    Line,
    NumeralTickFormatter,
    Range1d,
    Text,
    VSpan,
)
from bokeh.plotting import figure

from dashboard.views.colours import FONT, GREEN, SKY_BLUE, VERMILION
from dashboard.views.curves.lines import Lines
from dashboard.widgets.theme import FONTS

#: Size of the frame while the browser has not told it, in pixels.
_SIZE = {"inner_width": 320.0, "inner_height": 180.0}

#: Look of the box of what is read off; it covers the space that Bokeh leaves around it.
_BOX = (
    "display: grid; grid-template-columns: auto auto; gap: 3px 12px; margin: -5px; "
    "padding: 8px 10px; font-size: 12px; font-variant-numeric: tabular-nums; "
)

Columns = dict[str, list[Any]]


class Palette(NamedTuple):
    """Colours for a theme: of lines, and of texts by the part that they name."""

    card: str
    ink: str
    grid: str
    text: str
    lines: dict[str, str]
    names: dict[str, str]


LIGHT = Palette(
    card="#ffffff",
    ink="#15191d",
    grid="#e1e6eb",
    text="#5f6b76",
    lines={
        "episodes": SKY_BLUE,
        "means": VERMILION,
        "greedy": "#a04a80",
        "optimum": GREEN,
        "last": "#a9b2ba",
        "changes": "#5f6b76",
    },
    # Darker than their lines, to be read on white.
    names={
        "means": "#b84f00",
        "greedy": "#a04a80",
        "optimum": "#00795a",
        "last": "#5f6b76",
        "changes": "#5f6b76",
        "empty": "#5f6b76",
    },
)
#: On a file's page, which is seen on either ground and cannot be drawn anew.
EITHER = Palette(
    card="rgba(0, 0, 0, 0)",
    ink="#75818c",
    grid="rgba(128, 140, 150, 0.3)",
    text="#75818c",
    lines={
        "episodes": "#58a9d8",
        "means": "#d2600f",
        "greedy": "#b05f94",
        "optimum": "#00855f",
        "last": "#8a949d",
        "changes": "#75818c",
    },
    names={
        "means": "#d2600f",
        "greedy": "#b05f94",
        "optimum": "#00855f",
        "last": "#75818c",
        "changes": "#75818c",
        "empty": "#75818c",
    },
)
DARK = Palette(
    card="#1b2026",
    ink="#e8edf2",
    grid="#2a3138",
    text="#94a1ad",
    lines={
        "episodes": "#3f7fa8",
        "means": "#e8701f",
        "greedy": "#dd9bc0",
        "optimum": "#19b888",
        "last": "#5b6670",
        "changes": "#94a1ad",
    },
    names={
        "means": "#f0803c",
        "greedy": "#dd9bc0",
        "optimum": "#3fcf9f",
        "last": "#94a1ad",
        "changes": "#94a1ad",
        "empty": "#94a1ad",
    },
)


class CurvesFigure:
    """The Bokeh figure.

    Args:
        lines: The main curve and that of each episode.

    Attributes:
        figure: The Bokeh figure.
        hover: The box of what is read off.
        palette: Colours of the present theme.
    """

    def __init__(self, lines: Lines) -> None:
        self.palette = LIGHT
        self.hover = HoverTool(
            mode="vline", point_policy="follow_mouse", attachment="horizontal", show_arrow=False
        )
        zoom = BoxZoomTool(dimensions="auto")
        self.figure: Any = figure(
            x_range=Range1d(start=0, end=10),
            y_range=Range1d(start=-1, end=1),
            tools=[zoom, self.hover],
            active_drag=zoom,
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=160,
            # Space for every label: the browser would tell the server of each new width.
            min_border_left=46,
            min_border_right=32,
            min_border_top=6,
            min_border_bottom=34,
            background_fill_alpha=0,
            border_fill_alpha=0,
            outline_line_alpha=0,
        )
        self._size = dict(_SIZE)
        self._glyphs: dict[str, Any] = {}
        self._sources: dict[str, ColumnDataSource] = {}
        self._style_axes()
        # Under all others and thin: at first it jumps up and down.
        self._add("greedy", Line(line_width=1.25, line_alpha=0.65))
        self._add("episodes", Line(line_alpha=0.8), lines.episodes)
        self._add("optimum", Line(line_width=2, line_dash=[6, 4]))
        main = self._add("means", Line(line_width=2.5, line_join="round"), lines.means)
        self.hover.renderers = [main]
        self._add(
            "names",
            Text(
                text_color={"field": "colour"},
                text_align={"field": "align"},
                text_baseline="middle",
                text_font=FONT,
                text_font_size="11px",
                text_font_style={"field": "style"},
                background_fill_alpha=0.75,
                padding=1,
                border_radius=3,
            ),
            ColumnDataSource(
                {name: [] for name in ("x", "y", "text", "colour", "align", "style")},
                name="names",
            ),
        )
        self.recolour(LIGHT)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the frame in pixels; guessed until the browser has told it."""
        return self._size["inner_width"], self._size["inner_height"]

    def on_size(self, callback: Callable[[], None]) -> None:
        """Calls back when the browser has told another size of the frame."""

        def take(attr: str, old: Any, new: Any) -> None:
            if new and new > 0 and new != self._size[attr]:
                self._size[attr] = float(new)
                callback()

        for name in self._size:
            self.figure.on_change(name, take)

    def show(self, part: str, columns: Columns) -> None:
        """Shows a part of the figure; what is not shown at first is made when it is needed."""
        if part not in self._sources:
            if not columns["x"]:
                return
            made = {
                "last": Line(line_width=2, line_join="round"),
                "changes": VSpan(line_width=1, line_dash=[2, 3]),
            }
            self._add(part, made[part], level="underlay")
            self._colour(part)
        source = self._sources[part]
        if columns != source.data:
            source.data = columns

    def label(self, across: str, read_off: Sequence[tuple[str, str]]) -> None:
        """Names the axis across, and what is read off under the mouse."""
        if self.figure.xaxis[0].axis_label != across:
            self.figure.xaxis[0].axis_label = across
        rows = "".join(
            f'<span>{name}</span><b style="text-align: right">{shown}</b>'
            for name, shown in read_off
        )
        # The browser puts the box where the page's theme may not reach.
        colours = f"color: {self.palette.ink}; background: {self.palette.card}"
        tooltips = f'<div style="{_BOX}{colours}">{rows}</div>'
        if self.hover.tooltips != tooltips:
            self.hover.tooltips = tooltips

    def recolour(self, palette: Palette) -> None:
        """Recolours the figure; the names are drawn anew by the view."""
        self.palette = palette
        axes = {"axis_label_text_color": self.palette.text}
        axes["major_label_text_color"] = self.palette.text
        for axis in self.figure.axis:
            axis.update(**axes)
        self.figure.ygrid.grid_line_color = self.palette.grid
        for part in self._glyphs:
            self._colour(part)

    def _colour(self, part: str) -> None:
        if part == "names":
            self._glyphs[part].background_fill_color = self.palette.card
        else:
            self._glyphs[part].line_color = self.palette.lines[part]

    def _add(
        self,
        part: str,
        glyph: Glyph,
        source: ColumnDataSource | None = None,
        level: str = "glyph",
    ) -> Any:
        if source is None:
            source = ColumnDataSource({"x": [], "y": []}, name=part)
        self._glyphs[part], self._sources[part] = glyph, source
        return self.figure.add_glyph(source, glyph, level=level)

    def _style_axes(self) -> None:
        x_axis, y_axis = self.figure.xaxis[0], self.figure.yaxis[0]
        for axis in (x_axis, y_axis):
            axis.update(
                axis_line_color=None,
                major_tick_line_color=None,
                minor_tick_line_color=None,
                major_label_text_font=FONTS,
                major_label_text_font_size="11px",
                major_label_standoff=4,
                axis_label_text_font=FONTS,
                axis_label_text_font_size="11px",
                axis_label_text_font_style="normal",
                axis_label_standoff=2,
            )
        x_axis.update(
            ticker=BasicTicker(min_interval=1, desired_num_ticks=5, num_minor_ticks=0),
            formatter=NumeralTickFormatter(format="0,0"),
        )
        # This formatter writes a true minus.
        y_axis.update(
            ticker=BasicTicker(desired_num_ticks=5, num_minor_ticks=0),
            formatter=BasicTickFormatter(power_limit_high=7, power_limit_low=-4),
        )
        self.figure.xgrid.visible = False
        self.figure.ygrid.ticker = y_axis.ticker
