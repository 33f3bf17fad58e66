"""Inference of spaCy's own CNN tok2vec with its own weights, several times faster."""
