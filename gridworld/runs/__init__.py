"""One run: its spec, status and records, its scheduled changes, its snapshots."""
