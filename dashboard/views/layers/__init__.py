"""Layers of the grid: tiles and marks for values, actions and visits, and their stack."""
