"""Exact answers: optimal plans, returns of policies, and the analysis of a run."""
