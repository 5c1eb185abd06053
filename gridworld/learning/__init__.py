"""What all learners share: settings, records of a step, the compiled loop, its random numbers."""
