"""Accuracy from few labels on five public corpora: every system on the same gold sets."""
