"""One run: what it is made from, how it goes on, what it records, its snapshots."""
