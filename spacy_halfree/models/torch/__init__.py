"""PyTorch modules. Besides these, only the bridges `models/*_layer.py` import torch."""
