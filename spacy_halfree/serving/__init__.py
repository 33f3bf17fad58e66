"""A tagger behind HTTP: worker processes tag, and one process in front of them answers."""
