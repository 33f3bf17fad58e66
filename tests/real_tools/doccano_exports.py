"""Use doccano as annotators do, and export: the files of `tool_exports`."""

from __future__ import annotations

import json

from doccano_client import DoccanoClient, members_of
from doccano_user import DoccanoUser
from servers import DOCCANO, OTHER_USER, USER
from suggestions import suggestions_for
from tool_exports import (
    APPROVED,
    EMOJI,
    EXAMPLES,
    LABELS,
    LINE_ENDS,
    NOTHING,
    REPEATED,
    UNTOUCHED,
    Example,
    only,
)


def in_utf16(text: str, offset: int) -> int:
    """The number of UTF-16 units before a place."""
    return len(text[:offset].encode("utf-16-le")) // 2


def export_from_doccano(user: DoccanoUser) -> dict[str, bytes]:
    """RETURNS: The files by name."""
    client = user.client
    files: dict[str, bytes] = {}

    def keep(name: str, content: bytes) -> None:
        files[f"doccano_{DOCCANO}_{name}"] = content

    project = user.start([*EXAMPLES, UNTOUCHED])
    client.add_member(project, OTHER_USER)
    user.mark_all(project, EXAMPLES)
    numbers = dict(zip([*EXAMPLES, UNTOUCHED], client.example_ids(project), strict=True))
    for own in APPROVED:
        client.approve(project, numbers[own])
    mark_without_mouse(user.other, project, numbers[REPEATED], only(REPEATED, "Oslo"))
    user.other.approve(project, numbers[REPEATED])
    keep("members.zip", client.export(project))
    keep("members_annotator1.jsonl", members_of(client.export(project))[f"{USER}.jsonl"])
    keep("members_approved.zip", client.export(project, approved_only=True))

    project = client.create_project(LABELS, collaborative_annotation=True)
    client.import_file(project, suggestions_for("doccano", EXAMPLES))
    numbers = dict(zip(EXAMPLES, client.example_ids(project), strict=True))
    for own in (LINE_ENDS, NOTHING):
        client.approve(project, numbers[own])
    keep("shared.zip", client.export(project))
    keep("shared_approved.zip", client.export(project, approved_only=True))

    project = user.start(EXAMPLES, grapheme_mode=True)
    user.mark_all(project, EXAMPLES)
    keep("graphemes.jsonl", only_member(client.export(project)))

    project = user.start(EXAMPLES, use_relation=True)
    for number, own in zip(client.example_ids(project), EXAMPLES, strict=True):
        mark_without_mouse(client, project, number, own)
    keep("relations.jsonl", only_member(client.export(project)))

    project = client.create_project(LABELS)
    for own, keys in (
        (EMOJI, {"n": 1}),
        (NOTHING, {"labels": [[0, 7, "CITY"]], "entities": [], "meta": {"page": 3}}),
    ):
        row = {"text": own.text, "label": [], **keys}
        client.import_file(project, json.dumps(row).encode())
    mark_without_mouse(client, project, client.example_ids(project)[0], EMOJI)
    keep("own_keys.jsonl", only_member(client.export(project)))
    return files


def mark_without_mouse(client: DoccanoClient, project: int, number: int, example: Example) -> None:
    """Send an example's spans as the editor does. number: The text's."""
    for start, end, label in example.spans:
        places = in_utf16(example.text, start), in_utf16(example.text, end)
        client.mark(project, number, *places, label)


def only_member(content: bytes) -> bytes:
    """The only file of a zip."""
    (found,) = members_of(content).values()
    return found
