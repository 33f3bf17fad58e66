"""Use Label Studio as annotators do, and export: the files of `tool_exports`."""

from __future__ import annotations

from typing import Any

from label_studio_client import entity_interface
from label_studio_user import LabelStudioUser
from servers import LABEL_STUDIO
from suggestions import suggestions_for
from tool_exports import (
    BODY,
    BODY_AGAIN,
    EMOJI,
    EXAMPLES,
    FILE,
    LABELS,
    MARKED,
    NOTHING,
    SECOND_TITLE,
    SKIPPED,
    TITLE,
    UNTOUCHED,
    Example,
    only,
)

TWO_FIELDS = """<View>
  <Labels name="head" toName="title"><Label value="CITY"/><Label value="PARTY"/></Labels>
  <Text name="title" value="$title"/>
  <Labels name="label" toName="text"><Label value="CITY"/><Label value="PARTY"/></Labels>
  <Text name="text" value="$text"/>
</View>"""
FILES = """<View>
  <Labels name="label" toName="text"><Label value="CITY"/></Labels>
  <Text name="text" value="$text" valueType="url"/>
</View>"""


def regions(example: Example) -> list[dict[str, Any]]:
    """An example's spans as the editor sends them."""
    return [
        {
            "value": {"start": s, "end": e, "text": example.text[s:e], "labels": [label]},
            **{"from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"},
        }
        for s, e, label in example.spans
    ]


def export_from_label_studio(user: LabelStudioUser) -> dict[str, bytes]:
    """RETURNS: The files by name."""
    client = user.client
    files: dict[str, bytes] = {}

    def export(project: int, name: str, kind: str, *, all_tasks: bool = False) -> None:
        files[f"label_studio_{LABEL_STUDIO}_{name}"] = client.export(
            project, kind, all_tasks=all_tasks
        )

    texts = [*MARKED, SKIPPED, UNTOUCHED]
    project, tasks = user.start(entity_interface(*LABELS), [{"text": own.text} for own in texts])
    for task, own in zip(tasks, MARKED, strict=False):
        user.annotate(project, task, own)
    client.annotate(tasks[-2], [], was_cancelled=True)
    for kind, ending in [
        *(("JSON", ".json"), ("JSON_MIN", "_min.json")),
        *(("CSV", ".csv"), ("TSV", ".tsv")),
    ]:
        export(project, f"marked{ending}", kind)
        export(project, f"all_tasks{ending}", kind, all_tasks=True)
    export(project, "marked.conll", "CONLL2003")

    project = client.create_project(entity_interface(*LABELS))
    client.import_file(project, "tasks.json", suggestions_for("label-studio", EXAMPLES))
    for task, own in zip(client.tasks(project), EXAMPLES, strict=True):
        user.open(project, task["id"], own.text)
        user.submit(task["id"])
    export(project, "accepted.json", "JSON")

    pairs = [(TITLE, BODY), (SECOND_TITLE, BODY_AGAIN)]
    data = [{"title": title.text, "text": body.text} for title, body in pairs]
    project, tasks = user.start(TWO_FIELDS, data)
    for task, (title, body) in zip(tasks, pairs, strict=True):
        user.open(project, task, title.text, body.text)
        user.mark(title)
        user.mark(body, before=title.text, control=1)
        user.submit(task)
    export(project, "two_fields.json", "JSON")
    export(project, "two_fields_min.json", "JSON_MIN")
    export(project, "two_fields.csv", "CSV")

    project, (task,) = user.start(entity_interface(*LABELS), [{"text": EMOJI.text}])
    client.annotate(task, regions(only(EMOJI, "Rome")))
    client.annotate(task, regions(EMOJI), ground_truth=True)
    export(project, "several.json", "JSON")
    export(project, "several_min.json", "JSON_MIN")

    data = [{"text": own.text, "label": "holiday"} for own in (EMOJI, NOTHING, UNTOUCHED)]
    project, tasks = user.start(entity_interface(*LABELS), data)
    client.annotate(tasks[0], regions(EMOJI))
    client.annotate(tasks[1], [])
    export(project, "own_label_min.json", "JSON_MIN", all_tasks=True)
    export(project, "own_label.csv", "CSV", all_tasks=True)

    project = client.create_project(FILES)
    client.import_whole_file(project, "trip.txt", FILE.text.encode())
    (found,) = client.tasks(project)
    user.annotate(project, found["id"], FILE)
    export(project, "file.json", "JSON")
    export(project, "file_min.json", "JSON_MIN")
    export(project, "file.csv", "CSV")
    export(project, "file.conll", "CONLL2003")

    # suggestions for another labelling interface, which has a name of its own for its labels
    project = client.create_project(entity_interface(*LABELS, control="ner"))
    client.import_file(project, "tasks.json", suggestions_for("label-studio", [EMOJI]))
    (found,) = client.tasks(project)
    user.open(project, found["id"], EMOJI.text)
    user.submit(found["id"])
    export(project, "without_label.json", "JSON")
    export(project, "without_label_min.json", "JSON_MIN")
    return files
