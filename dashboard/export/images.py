"""PNG of the grid, and GIF of a run."""

import io

import numpy as np
from PIL import Image, ImageDraw

from dashboard.export.keyframes import PLANNING_SECONDS, moments_of, thinned
from dashboard.export.raster import font, paint
from dashboard.views.grid import GridView
from dashboard.views.layers.stack import LayeredView
from gridworld import Snapshot, Trainer

#: Pixels along the longer side of the grid in a PNG.
_PNG_PIXELS = 1200
#: Pixels along the longer side of the grid in a GIF.
_GIF_PIXELS = 400
#: Most moments of a GIF.
_GIF_MOMENTS = 200
#: Time for which a GIF shows a moment.
_MOMENT_MILLISECONDS = 100
#: Time for which a GIF shows its last moment.
_LAST_MILLISECONDS = 2500
#: Height of the line of text below the grid.
_CAPTION_PIXELS = 28
#: Least size of letters in a GIF, as a share of their size on the page.
_LEAST_TEXT = 0.85


def png(trainer: Trainer) -> bytes:
    """The grid at the present moment: values, policy, trail and agent."""
    trainer.analyse(PLANNING_SECONDS)  # so that the colours mean the same as in the GIF
    snapshot = trainer.snapshot
    grid = GridView(snapshot)
    LayeredView(grid, snapshot)
    file = io.BytesIO()
    paint(grid.plot, _cell(snapshot, _PNG_PIXELS)).save(file, "PNG")
    return file.getvalue()


def gif(trainer: Trainer) -> bytes:
    """The run from its first moment to its present one, with its episodes and steps."""
    trainer.analyse(PLANNING_SECONDS)
    moments = thinned(moments_of(trainer), _GIF_MOMENTS)
    grid = GridView(moments[0])
    layers = LayeredView(grid, moments[0])
    frames = []
    for moment in moments:
        grid.update(moment)
        layers.update(moment)
        image = paint(grid.plot, _cell(moment, _GIF_PIXELS), _LEAST_TEXT)
        frames.append(_captioned(image, moment))
    frames = _with_common_colours(frames)
    file = io.BytesIO()
    frames[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[_MOMENT_MILLISECONDS] * (len(frames) - 1) + [_LAST_MILLISECONDS],
        loop=0,
    )
    return file.getvalue()


def _cell(snapshot: Snapshot, side: int) -> int:
    lines = snapshot.layout.split()
    return max(4, min(side // max(len(lines), len(lines[0])), side // 6))


def _with_common_colours(frames: list[Image.Image]) -> list[Image.Image]:
    """The frames in the same 256 colours, so that cells that do not change keep theirs."""
    sample = [np.asarray(frame) for frame in thinned(frames, 8)]
    palette = Image.fromarray(np.concatenate(sample)).quantize(256)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _captioned(image: Image.Image, moment: Snapshot) -> Image.Image:
    whole = Image.new("RGB", (image.width, image.height + _CAPTION_PIXELS), "#ffffff")
    whole.paste(image)
    caption = f"Episode {moment.episode:,} of {moment.num_episodes:,}, step {moment.total_steps:,}"
    place = (6, image.height + _CAPTION_PIXELS / 2)
    ImageDraw.Draw(whole).text(place, caption, "#1b1f23", font(14), anchor="lm")
    return whole
