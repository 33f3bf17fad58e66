"""The spaCy component and its scorers."""
