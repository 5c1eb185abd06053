"""Learning algorithms, one a file: its settings and its readable agent."""
