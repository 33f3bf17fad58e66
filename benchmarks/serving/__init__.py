"""The load test of `python -m spacy halfree serve`: the real server, on this machine alone."""
