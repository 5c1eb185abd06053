"""Where agents learn: maps and their text, levels, tables of worlds, the environment."""
