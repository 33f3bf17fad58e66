"""Suggestions as files that annotation tools import, with the models' annotation to correct.

- Prodigy: JSON lines, as its interfaces `ner_manual` and `spans_manual` take them: `text`,
  `tokens`, `spans` (with the first and the last token, the last one included) and `meta`.
- doccano: JSON lines for a project of sequence labelling: `text` and `label`, a list of
  `[start, end, label]`; other keys become metadata.
- Label Studio: a JSON list of tasks with `data` and `predictions`, for a labelling interface with
  `<Labels name="label" toName="text">` and `<Text name="text" value="$text"/>`, the names of its
  template for named entities.

Starts and ends are counted as the tools count, ends excluded: in Unicode code points; for doccano
in UTF-16 units, to which a character outside of Unicode's first plane (most emoji) is two, or in
another unit if it is asked for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ..data.offsets import OffsetUnit, offset_table
from ..errors import Errors
from .candidates import Candidate

ToolFormat = Literal["prodigy", "doccano", "label-studio"]
SUFFIXES: Mapping[str, str] = {"prodigy": ".jsonl", "doccano": ".jsonl", "label-studio": ".json"}
"""How the files of each tool must end; the tools go by it."""
DIGITS = 4


def check_path(path: Path, tool: ToolFormat) -> None:
    """RAISES: ValueError (H084) if a tool would not take a file of this name."""
    if path.suffix != SUFFIXES[tool]:
        raise ValueError(Errors.H084.format(path=path, tool=tool, suffix=SUFFIXES[tool]))


def to_prodigy(candidate: Candidate) -> dict[str, Any]:
    """A task of Prodigy."""
    first = {token.start: i for i, token in enumerate(candidate.tokens)}
    last = {token.end: i for i, token in enumerate(candidate.tokens)}
    tokens = [
        {"text": token.text, "start": token.start, "end": token.end, "id": i, "ws": token.space}
        for i, token in enumerate(candidate.tokens)
    ]
    spans = [
        {
            "start": own["start"],
            "end": own["end"],
            "token_start": first[own["start"]],
            "token_end": last[own["end"]],
            "label": own["label"],
        }
        for own in candidate.entities
    ]
    return {"text": candidate.text, "tokens": tokens, "spans": spans, "meta": about(candidate)}


def to_doccano(candidate: Candidate, unit: OffsetUnit = "utf-16") -> dict[str, Any]:
    """An example of doccano. Spans that begin or end inside of a unit take in all of it."""
    table = offset_table(candidate.text, unit)
    label = [
        [*table.from_code_points(span["start"], span["end"]), span["label"]]
        for span in candidate.entities
    ]
    return {"text": candidate.text, "label": label, **about(candidate)}


def to_label_studio(candidate: Candidate) -> dict[str, Any]:
    """A task of Label Studio; its score is the confidence, as tasks are sorted by that there."""
    result = [
        {
            "id": str(number),
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": own["start"],
                "end": own["end"],
                "text": candidate.text[own["start"] : own["end"]],
                "labels": [own["label"]],
            },
        }
        for number, own in enumerate(candidate.entities, start=1)
    ]
    about_it = about(candidate)
    prediction = {
        "model_version": "spacy-halfree",
        "score": about_it["confidence"],
        "result": result,
    }
    return {"data": {"text": candidate.text, **about_it}, "predictions": [prediction]}


def about(candidate: Candidate) -> dict[str, Any]:
    """What the tools show or keep beside the text."""
    return {
        "score": round(candidate.score, DIGITS),
        "gain": round(candidate.gain, DIGITS),
        "confidence": round(candidate.confidence, DIGITS),
        "source": candidate.source,
    }


WRITERS: Mapping[str, Callable[[Candidate], dict[str, Any]]] = {
    "prodigy": to_prodigy,
    "doccano": to_doccano,
    "label-studio": to_label_studio,
}


def export(
    suggestions: Sequence[Candidate], tool: ToolFormat, *, offsets: OffsetUnit = "utf-16"
) -> bytes:
    """The content of a file for a tool.

    suggestions: What is suggested, in its order.
    tool: The tool.
    offsets: The unit in which the file counts, if it is for doccano.
    """
    write = partial(to_doccano, unit=offsets) if tool == "doccano" else WRITERS[tool]
    entries = [json.dumps(write(own), ensure_ascii=False) for own in suggestions]
    if SUFFIXES[tool] == ".jsonl":
        return "".join(entry + "\n" for entry in entries).encode()
    return ("[\n" + ",\n".join(entries) + "\n]\n").encode()
