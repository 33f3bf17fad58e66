"""Annotated texts in files: reading them, and what may be wrong with them."""
