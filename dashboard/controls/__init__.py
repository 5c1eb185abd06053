"""What a page controls its training with: header, settings, buttons, sheets, links and files."""
