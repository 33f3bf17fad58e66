"""Hallucination-free sequence tagging for spaCy, and its distillation into small pipelines.

Nothing heavy is imported here: spaCy finds the component, its architectures and commands through
entry points.
"""

from .about import __version__

__all__ = ["__version__"]
