"""Which raw texts to label next: uncertainty and diversity."""
