"""Models from a `TaggingBatch` to a `Prediction`: one contract, several architectures."""
