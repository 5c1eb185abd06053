"""Parts that all learners share: settings, records, the compiled loop, its random numbers."""
