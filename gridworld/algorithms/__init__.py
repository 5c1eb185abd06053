"""How it is learned: one file an algorithm, with its settings and its readable agent."""
