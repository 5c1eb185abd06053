"""Draws with Pillow what a Bokeh plot of the grid draws in the browser."""

import io
from base64 import b64decode
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from bokeh.core.property.vectorization import Field, Value
from bokeh.models import (
    Circle,
    Dodge,
    Glyph,
    GlyphRenderer,
    ImageURL,
    IndexFilter,
    LinearColorMapper,
    MultiLine,
    Plot,
    Rect,
    Scatter,
    Segment,
    Text,
)
from PIL import Image as PillowImage
from PIL import ImageColor, ImageDraw, ImageFont

#: Levels of Bokeh, back to front.
_LEVELS = ("image", "underlay", "glyph", "annotation", "overlay")
#: Width of the plot on the page, for which its lines and letters are meant.
_PAGE_PIXELS = 640
#: Factor by which an image is drawn larger and then reduced, for smooth edges.
_OVERSAMPLING = 2

Row = dict[str, Any]


def paint(plot: Plot, cell: int, least_text: float = 0) -> PillowImage.Image:
    """Draws the plot.

    Args:
        plot: The plot of a `GridView`, with its layers.
        cell: Pixels along a cell.
        least_text: Least size of letters, as a share of the size on the page.
    """
    x_range: Any = plot.x_range
    y_range: Any = plot.y_range
    size = (
        round((x_range.end - x_range.start) * cell) * _OVERSAMPLING,
        round((y_range.start - y_range.end) * cell) * _OVERSAMPLING,
    )
    image = PillowImage.new("RGB", size, plot.background_fill_color)
    unit = size[0] / _PAGE_PIXELS
    canvas = _Canvas(
        image,
        ImageDraw.Draw(image, "RGBA"),
        cell * _OVERSAMPLING,
        (x_range.start, y_range.end),
        unit,
        max(unit, least_text * _OVERSAMPLING),
    )
    for level in _LEVELS:
        for renderer in plot.renderers:
            if renderer.level == level and renderer.visible:
                _PAINTERS[type(renderer.glyph)](canvas, renderer.glyph, _rows(renderer))
    return image.reduce(_OVERSAMPLING)


class _Canvas(NamedTuple):
    image: PillowImage.Image
    draw: ImageDraw.ImageDraw
    cell: int  # pixels
    corner: tuple[float, float]  # upper left, in cells
    unit: float  # pixels of a pixel on the page
    text_unit: float  # the same for letters

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, top = self.corner
        return (x - left) * self.cell, (y - top) * self.cell


def _rows(renderer: GlyphRenderer) -> list[Row]:
    """The properties of a glyph at each row of its source."""
    data: dict[str, Any] = renderer.data_source.data
    chosen: Any = renderer.view.filter
    indices = chosen.indices if isinstance(chosen, IndexFilter) else range(len(_longest(data)))
    properties = renderer.glyph.properties_with_values()
    return [
        {name: _value(spec, data, index) for name, spec in properties.items()} for index in indices
    ]


def _longest(data: dict[str, Any]) -> Any:
    return max(data.values(), key=len)


def _value(spec: Any, data: dict[str, Any], index: int) -> Any:
    match spec:
        case Field():
            return _transformed(data[spec.field][index], spec.transform)
        case Value():
            return spec.value
        case _:
            return spec


def _transformed(value: Any, transform: Any) -> Any:
    match transform:
        case Dodge():
            return value + transform.value
        case LinearColorMapper():
            return transform.palette[value] if value <= transform.high else transform.high_color
        case _:
            return value


def _colour(colour: Any, alpha: float) -> tuple[int, ...] | None:
    """A colour with its alpha, None for an invisible one."""
    if colour is None:
        return None
    red, green, blue, *opaque = ImageColor.getrgb(colour)
    opacity = round((opaque[0] if opaque else 255) * alpha)
    return (red, green, blue, opacity) if opacity else None


def _fill(row: Row) -> tuple[int, ...] | None:
    return _colour(row["fill_color"], row["fill_alpha"])


def _outline(canvas: _Canvas, row: Row) -> dict[str, Any]:
    width = round(row["line_width"] * canvas.unit)
    colour = _colour(row["line_color"], row["line_alpha"])
    return {"outline": colour, "width": max(1, width)} if width and colour else {}


def _stroke(canvas: _Canvas, row: Row, ends: list[tuple[float, float]]) -> None:
    colour = _colour(row["line_color"], row["line_alpha"])
    width = max(1, round(row["line_width"] * canvas.unit))
    canvas.draw.line(ends, fill=colour, width=width, joint="curve")


def _paint_encoded_images(canvas: _Canvas, glyph: ImageURL, rows: list[Row]) -> None:
    for row in rows:
        with PillowImage.open(io.BytesIO(b64decode(row["url"].partition(",")[2]))) as image:
            size = (row["w"] * canvas.cell, row["h"] * canvas.cell)
            cells = image.convert("RGBA").resize(size)
        left, top = canvas.at(-0.5, -0.5)
        canvas.image.paste(cells, (round(left), round(top)), cells)


def _paint_rects(canvas: _Canvas, glyph: Glyph, rows: list[Row]) -> None:
    for row in rows:
        if row["width"] and row["height"]:
            x, y, w, h = (row[name] for name in ("x", "y", "width", "height"))
            corners = [canvas.at(x - w / 2, y - h / 2), canvas.at(x + w / 2, y + h / 2)]
            radius = float(row["border_radius"]) * canvas.unit
            canvas.draw.rounded_rectangle(corners, radius, _fill(row), **_outline(canvas, row))


def _paint_texts(canvas: _Canvas, glyph: Text, rows: list[Row]) -> None:
    for row in rows:
        size = float(row["text_font_size"].removesuffix("px")) * canvas.text_unit
        x, y = canvas.at(row["x"], row["y"])
        y += row["y_offset"] * canvas.text_unit
        colour = _colour(row["text_color"], row["text_alpha"])
        text = row["text"].replace("−", "-")  # Pillow's letters have no true minus
        canvas.draw.text((x, y), text, colour, font(size), anchor="mm")


def _paint_circles(canvas: _Canvas, glyph: Circle, rows: list[Row]) -> None:
    for row in rows:
        canvas.draw.ellipse(_box(canvas, row), _fill(row), **_outline(canvas, row))


def _paint_segments(canvas: _Canvas, glyph: Segment, rows: list[Row]) -> None:
    for row in rows:
        ends = [canvas.at(row["x0"], row["y0"]), canvas.at(row["x1"], row["y1"])]
        _stroke(canvas, row, ends)


def _paint_lines(canvas: _Canvas, glyph: MultiLine, rows: list[Row]) -> None:
    for row in rows:
        ends = [canvas.at(x, y) for x, y in zip(row["xs"], row["ys"], strict=True)]
        if row["line_dash"]:  # every other piece
            for i in range(0, len(ends) - 1, 2):
                _stroke(canvas, row, ends[i : i + 2])
        elif ends:
            _stroke(canvas, row, ends)


def _paint_dots(canvas: _Canvas, glyph: Scatter, rows: list[Row]) -> None:
    for row in rows:
        (x, y), radius = canvas.at(row["x"], row["y"]), row["size"] * canvas.unit / 2
        box = [(x - radius, y - radius), (x + radius, y + radius)]
        canvas.draw.ellipse(box, _fill(row), **_outline(canvas, row))


def _box(canvas: _Canvas, row: Row) -> list[tuple[float, float]]:
    x, y, radius = row["x"], row["y"], row["radius"]
    return [canvas.at(x - radius, y - radius), canvas.at(x + radius, y + radius)]


@lru_cache(maxsize=16)
def font(size: float) -> Any:
    """Pillow's own letters."""
    return ImageFont.load_default(size)


_PAINTERS: dict[type[Glyph], Callable[[_Canvas, Any, list[Row]], None]] = {
    Circle: _paint_circles,
    ImageURL: _paint_encoded_images,
    MultiLine: _paint_lines,
    Rect: _paint_rects,
    Scatter: _paint_dots,
    Segment: _paint_segments,
    Text: _paint_texts,
}
