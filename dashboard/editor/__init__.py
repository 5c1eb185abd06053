"""The map editor: the draft of a map, the pointer on it, the bar of its tools."""
