"""Texts in files: reading and writing raw and annotated ones, and what may be wrong with them."""
