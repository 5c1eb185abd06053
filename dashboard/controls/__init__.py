"""What a page controls its training with: sidebar and buttons, links, files."""
