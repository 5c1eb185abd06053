"""`Look`: what a page shows, kept for when it is loaded anew."""

from dataclasses import dataclass


@dataclass
class Look:
    """What the pages of a training were last told to show; None for what they show by default.

    Attributes:
        dark: Whether the theme is dark.
        layers: The background of the grid, and its overlays.
        curve: The quantity of the curve, None for the one that tells most, and its range.
    """

    dark: bool | None = None
    layers: tuple[str, tuple[str, ...]] | None = None
    curve: tuple[str | None, str] | None = None

    def keep(
        self,
        dark: bool | None = None,
        layers: tuple[str, tuple[str, ...]] | None = None,
        curve: tuple[str | None, str] | None = None,
    ) -> None:
        """Takes note of what has changed."""
        self.dark = self.dark if dark is None else dark
        self.layers = layers or self.layers
        self.curve = curve or self.curve
