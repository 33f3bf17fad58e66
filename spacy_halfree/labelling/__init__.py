"""From files of raw texts to files of soft labels: restartable, on one machine or on many."""
