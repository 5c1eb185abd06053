"""Exact answers: optimal plans, what policies earn, and what both say of a run."""
