"""How fast the systems are, side by side."""
