"""What is said of a run, in words and numbers; text only, which any page can show."""
