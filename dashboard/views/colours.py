"""Colours that mean the same in every view."""

# Okabe and Ito's palette, which is safe for the colour-blind.
BLUE = "#0072b2"
SKY_BLUE = "#56b4e9"
GREEN = "#009e73"
ORANGE = "#e69f00"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"

#: The agent, on a light page.
AGENT = "#d6267f"
#: Letters on any of these colours.
LETTERS = "#111111"
