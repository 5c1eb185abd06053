"""What is learned in: maps and their text, levels, tables of transitions, the environment."""
