"""Tags and what they may be: pure numpy, no model and no pipeline."""
