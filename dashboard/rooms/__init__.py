"""The trainings of a server: rooms, their pace, their registry, how they outlive a restart."""
