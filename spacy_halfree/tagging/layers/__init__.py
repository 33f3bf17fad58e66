"""Annotation layers: entities, token tags and span groups, one class for each."""

from ...ranges import check_choice
from .base import Annotation, Decoded, Layer, PredictedSpan
from .entities import EntityLayer
from .span_groups import SpanGroupLayer
from .span_layer import touches
from .token_tags import TagLayer

__all__ = [
    "LAYERS",
    "Annotation",
    "Decoded",
    "EntityLayer",
    "Layer",
    "PredictedSpan",
    "SpanGroupLayer",
    "TagLayer",
    "make_layer",
    "touches",
]

LAYERS: dict[str, type[Layer]] = {
    layer.name: layer for layer in (EntityLayer, TagLayer, SpanGroupLayer)
}
"""All layers, by the values of the component's setting `target`."""


def make_layer(target: str, spans_key: str) -> Layer:
    """The layer that a component's settings name.

    target: "ents", "tags" or "spans".
    spans_key: The span group's key, for "spans".
    RAISES: ValueError (H013) for another layer.
    """
    check_choice(LAYERS, target=target)
    return LAYERS[target](spans_key)
