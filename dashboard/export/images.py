"""PNG of the grid, and GIF of a run."""

import io

import numpy as np
from PIL import Image, ImageDraw

from dashboard.export.keyframes import moments_of, thinned
from dashboard.export.raster import font, paint
from dashboard.views.grid import GridView
from dashboard.views.layers.stack import LayeredView
from gridworld import Snapshot, Trainer

#: Pixels along the longer side of the grid, and most moments of a GIF.
PNG_SIDE, GIF_SIDE, GIF_MOMENTS = 1200, 400, 200
#: Milliseconds of a moment, and of the last one.
_MOMENT, _LAST = 100, 2500
_CAPTION = 28
_LEAST_TEXT = 0.85


def png(trainer: Trainer) -> bytes:
    """The grid at the present moment: values, policy, trail and agent."""
    trainer.analyse(seconds=1)  # so that the colours mean the same as in the GIF
    snapshot = trainer.snapshot
    grid = GridView(snapshot)
    LayeredView(grid, snapshot)
    file = io.BytesIO()
    paint(grid.plot, _cell(snapshot, PNG_SIDE)).save(file, "PNG")
    return file.getvalue()


def gif(trainer: Trainer) -> bytes:
    """The run from its first moment to its present one, with its episodes and steps."""
    trainer.analyse(seconds=1)
    moments = thinned(moments_of(trainer), GIF_MOMENTS)
    grid = GridView(moments[0])
    layers = LayeredView(grid, moments[0])
    frames = []
    for moment in moments:
        grid.update(moment)
        layers.update(moment)
        image = paint(grid.plot, _cell(moment, GIF_SIDE), _LEAST_TEXT)
        frames.append(_captioned(image, moment))
    frames = _with_common_colours(frames)
    file = io.BytesIO()
    frames[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[_MOMENT] * (len(frames) - 1) + [_LAST],
        loop=0,
    )
    return file.getvalue()


def _cell(snapshot: Snapshot, side: int) -> int:
    lines = snapshot.layout.split()
    return max(4, min(side // max(len(lines), len(lines[0])), side // 6))


def _with_common_colours(frames: list[Image.Image]) -> list[Image.Image]:
    """The frames in 256 colours, the same for all: what does not change stays as it is."""
    sample = [np.asarray(frame) for frame in thinned(frames, 8)]
    palette = Image.fromarray(np.concatenate(sample)).quantize(256)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _captioned(image: Image.Image, moment: Snapshot) -> Image.Image:
    whole = Image.new("RGB", (image.width, image.height + _CAPTION), "#ffffff")
    whole.paste(image)
    caption = f"Episode {moment.episode:,} of {moment.num_episodes:,}, step {moment.total_steps:,}"
    place = (6, image.height + _CAPTION / 2)
    ImageDraw.Draw(whole).text(place, caption, "#1b1f23", font(14), anchor="lm")
    return whole
