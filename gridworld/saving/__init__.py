"""Runs in files: what is saved and how, written whole or not at all, read back with every check."""
