"""PyTorch modules: with `models/aligned_layer.py` and `models/sentinel_layer.py` the only code that imports torch."""
