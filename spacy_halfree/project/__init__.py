"""A spaCy project of one's own texts: what goes into it, and how it is written."""
