"""Runs in files: the format, writing, reading with checks of every field, tables."""
