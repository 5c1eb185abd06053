"""The faults that `served` injects into a server under test."""

#: Numbers of episodes that make a run fail after some steps, and where.
TRAINING_FAILS, VIEW_FAILS, STEP_FAILS = 666_001, 666_002, 666_003
