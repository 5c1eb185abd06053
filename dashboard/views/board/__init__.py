"""What `GridView` is made of: the map, the trail with the agent, and marks on cells."""
