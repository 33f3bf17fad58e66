"""Pipelines that compute with fewer bits a number for a while."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from spacy.language import Language
from thinc.api import Model

from ..models.precision import PRECISIONS, Precision, reduced_precision

__all__ = ["PRECISIONS", "Precision", "compute_with"]


def compute_with(
    precision: Precision, pipelines: Sequence[Language]
) -> AbstractContextManager[None]:
    """Let all torch modules of pipelines compute in a precision, encoders included.

    precision: "float32", "bfloat16" or "int8".
    pipelines: The pipelines.
    RETURNS: A context, after which they are as they were.
    RAISES: ValueError (H013, H042, H094) on entering it, if they cannot compute like that.
    """
    models = [
        getattr(component, "model", None) for nlp in pipelines for _, component in nlp.pipeline
    ]
    return reduced_precision([model for model in models if isinstance(model, Model)], precision)
