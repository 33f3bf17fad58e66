"""What a tagger's probabilities are worth on annotated texts."""
