"""PyTorch modules: with `models/torch_layer.py` the only code that imports torch."""
