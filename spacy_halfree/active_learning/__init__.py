"""Which raw texts to label next: uncertainty, diversity, and files for annotation tools."""
