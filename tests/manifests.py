"""Manifests of outputs: valid ones, damaged ones, and ones with any value in any place."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from spacy_halfree.data.output_manifest import manifest_path
from spacy_halfree.labelling.manifest import Manifest, TeacherRecord


def make_manifest(**other: Any) -> Manifest:
    """What a run would write for two files and a teacher. other: Values that differ."""
    values: dict[str, Any] = {
        "input_sha256": {"a.txt": "a" * 64, "b/c.txt": "b" * 64},
        "teachers": [TeacherRecord(name="en_teacher", version="1.2.3", sha256="c" * 64)],
        "target": "ents",
        "tags": ["O", "I", "CITY"],
        "settings": {"component": None, "top_k": 3, "gpu": False, "format": "spacy"},
        "texts_in_a_part": 256,
        "versions": {"spacy": "3.8.18"},
    }
    return Manifest(**(values | other))


def output_values(n_shards: int = 1, n_texts: int = 4, shard_format: str = "spacy") -> Any:
    """The values of a complete output's manifest."""
    counts = {"shards": n_shards, "texts": n_texts, "words": 9, "spans": 2, "bad": 1}
    bad = [{"file": "a.txt", "line": 2, "reason": "has an empty text"}]
    values = json.loads(make_manifest().to_json(counts=counts, bad=bad))
    values["settings"]["format"] = shard_format
    return values


def write_manifest(output: Path, n_shards: int, n_texts: int) -> Path:
    """Write the manifest of an output beside it."""
    path = manifest_path(output)
    path.write_text(json.dumps(output_values(n_shards, n_texts)), encoding="utf8")
    return path


VALID = json.dumps(output_values(), indent=2).encode()
DAMAGES = {
    "no JSON": b"counts: 3",
    "truncated": VALID[:-20],
    "empty": b"",
    "zeros": bytes(len(VALID)),
    "a list": b"[]",
    "a number": b"17",
    "not UTF-8": VALID.replace(b"en_teacher", b"en_t\xe9acher"),
    "UTF-16": VALID.decode().encode("utf16"),
    "nested": b"[" * 100_000,
    "nested values": b'{"settings": ' + b"[" * 900 + b"]" * 900 + b"}",
    "too many digits": VALID.replace(
        b'"texts_in_a_part": 256', b'"texts_in_a_part": ' + b"9" * 5000
    ),
    "no counts or files": b'{"mine": 1}',
    "null": VALID.replace(b'"texts_in_a_part": 256', b'"texts_in_a_part": null'),
    "another version": VALID.replace(b'"format_version": 1', b'"format_version": 2'),
    "a version that is a string": VALID.replace(b'"format_version": 1', b'"format_version": "1"'),
}
"""What may stand in the place of a manifest."""

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda own: st.lists(own, max_size=3) | st.dictionaries(st.text(max_size=5), own, max_size=3),
    max_leaves=6,
)
DELETED = object()


def places_in(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where values are in nested objects and lists, by their keys."""
    children: list[Any] = []
    if isinstance(value, dict):
        children = list(value)
    elif isinstance(value, list):
        children = list(range(len(value)))
    return [place, *(own for key in children for own in places_in(value[key], (*place, key)))]


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


@st.composite
def changed_values(draw: st.DrawFn, values: Any) -> tuple[tuple[Any, ...], Any, Any]:
    """RETURNS: A place, what is there now (perhaps `DELETED`), and the values with it."""
    values = copy.deepcopy(values)
    place = draw(st.sampled_from(places_in(values)))
    # one of the values of other places is of the right type more often
    new = draw(ANY_JSON | st.sampled_from([at(values, own) for own in places_in(values)]))
    if not place:
        return place, new, new
    if draw(st.booleans()) and draw(st.booleans()):
        new = DELETED
        del at(values, place[:-1])[place[-1]]
    else:
        at(values, place[:-1])[place[-1]] = copy.deepcopy(new)
    return place, new, values
