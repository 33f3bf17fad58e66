"""Docs as JSON with their confidence: spaCy's own form, and what that leaves out.

`Doc.to_json` writes extension attributes, but no getters, and neither the ids of spans nor the
attributes of span groups; and `Doc.from_json` fails (E083) where an extension attribute is not
registered. So what is added stands under a key that spaCy passes over, `halfree`:

- `confidence`: places in the text, with the labels and confidences that taggers have written there,
  by where they have written them.
- `tag_probs`: the distributions of words, if they are stored.
- `groups`: of each span group, the ids of its spans and its attributes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from spacy.tokens import Doc, SpanGroup
from spacy.vocab import Vocab

from ..errors import Errors
from ..ranges import check_share
from .confidence import CONFIDENCE_KEY, TAG_PROBS_KEY, is_confidence, is_tag_probabilities

KEY = "halfree"
"""Under which the values stand that spaCy's form has no place for."""
ARRAY = "dtype"
"""In the place of an array are its type, under this key, and its `values`."""
SIZED = "SUV"
"""The kinds of arrays whose type has a size of values."""


def doc_to_json(doc: Doc, underscore: Iterable[str] = ()) -> dict[str, Any]:
    """Write a doc as JSON, with the confidence of its entities and spans.

    `Doc.from_json` reads it, too, without confidence.

    doc: The doc, tagged or not.
    underscore: Other extension attributes to write, see `Doc.to_json`.
    RETURNS: What `Doc.to_json` returns, with confidence, `token._.tag_probs` if they are stored,
        and the ids and attributes of span groups. `json.dumps` takes it.
    RAISES: TypeError (H093) for something else than a doc.
    """
    if not isinstance(doc, Doc):
        raise TypeError(Errors.H093.format(kind=type(doc).__name__))
    data: dict[str, Any] = doc.to_json(underscore=list(underscore))
    user_data: dict[Any, Any] = doc.user_data
    starts = {token.idx for token in doc}
    own = {
        "confidence": [
            {"start": key[2], "end": key[3], "value": value}
            for key, value in user_data.items()
            # words may have been merged since
            if is_confidence(key) and doc.char_span(key[2], key[3]) is not None
        ],
        "tag_probs": [
            {"start": key[2], "value": value}
            for key, value in user_data.items()
            if is_tag_probabilities(key) and key[2] in starts
        ],
        "groups": {
            key: {
                "ids": [span.id_ for span in group],
                "attrs": {name: to_plain(value) for name, value in group.attrs.items()},
            }
            for key, group in doc.spans.items()
        },
    }
    return data | ({KEY: own} if any(own.values()) else {})


def doc_from_json(vocab: Vocab, data: dict[str, Any]) -> Doc:
    """Read what `doc_to_json` has written.

    vocab: The vocabulary of the new doc, `nlp.vocab` for instance.
    data: What `doc_to_json` returned, or what `Doc.to_json` did.
    RETURNS: A doc with the same text, words, annotation and confidence.
    RAISES: ValueError (H161) if it cannot be read.
    """
    try:
        doc: Doc = Doc(vocab).from_json(data)
        own: Mapping[str, Any] = data.get(KEY, {})
        user_data: dict[Any, Any] = doc.user_data
        for entry in own.get("confidence", []):
            places = {
                place: [str(label), read_probability(confidence)]
                for place, (label, confidence) in entry["value"].items()
            }
            user_data["._.", CONFIDENCE_KEY, int(entry["start"]), int(entry["end"])] = places
        for entry in own.get("tag_probs", []):
            text, probabilities = entry["value"]
            word = [
                str(text),
                {tag: read_probability(value) for tag, value in probabilities.items()},
            ]
            user_data["._.", TAG_PROBS_KEY, int(entry["start"]), None] = word
        for key, group in own.get("groups", {}).items():
            restore_group(doc, key, group)
    # spaCy checks little of what it reads
    except (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise ValueError(Errors.H161.format(reason=reason)) from error
    return doc


def read_probability(value: Any) -> float:
    """A probability. RAISES: ValueError (H013) if it is none."""
    check_share(probability=value)
    return float(value)


def restore_group(doc: Doc, key: str, saved: Mapping[str, Any]) -> None:
    """Give a span group the ids of its spans and its attributes back."""
    spans = list(doc.spans[key])
    for span, span_id in zip(spans, saved["ids"], strict=True):
        span.id_ = span_id
    attrs = {name: from_plain(value) for name, value in saved["attrs"].items()}
    doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=spans)


def to_plain(value: Any) -> Any:
    """An array as values that JSON has; anything else as it is."""
    if isinstance(value, np.ndarray):
        return {ARRAY: str(value.dtype), "values": value.tolist()}
    return value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given."""
    if isinstance(value, dict) and value.keys() == {ARRAY, "values"}:
        dtype = np.dtype(value[ARRAY])
        # texts and bytes: the type in the data says how much memory a value takes
        is_sized = dtype.kind in SIZED
        return np.array(value["values"], dtype=dtype.type if is_sized else dtype)
    return value
