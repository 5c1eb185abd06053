"""Widgets that several parts of the page use."""
