"""Use the tools as annotators do, and export: the files of `tool_exports`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import doccano_page
import label_studio_page
from browser import Browser
from doccano_client import DoccanoClient, members_of
from label_studio_client import LabelStudioClient, entity_interface
from page_text import place_of
from servers import DOCCANO, LABEL_STUDIO, OTHER_USER, PASSWORD, TOKEN, USER, Server
from tool_exports import (
    APPROVED,
    BODY,
    BODY_AGAIN,
    EMOJI,
    EXAMPLES,
    FILE,
    LABELS,
    LINE_ENDS,
    MARKED,
    NOTHING,
    REPEATED,
    SECOND_TITLE,
    SKIPPED,
    TITLE,
    UNTOUCHED,
    Example,
    only,
)

from spacy_halfree import write_suggestions
from spacy_halfree.data.records import LabelledSpan, Suggestion

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


def suggest(example: Example) -> Suggestion:
    """A suggestion with an example's spans."""
    spans = tuple(LabelledSpan(*span) for span in example.spans)
    return Suggestion("pool.txt:1", example.text, (), spans, 0.5, 0.9, 0.5)


def suggestions_for(tool: str, examples: Iterable[Example], **settings: Any) -> bytes:
    """The file that a user imports."""
    return write_suggestions([suggest(own) for own in examples], tool, **settings)


class LabelStudioUser:
    """Somebody who works with Label Studio's pages.

    server: The server.
    browser: The browser.
    """

    def __init__(self, server: Server, browser: Browser) -> None:
        self.client = LabelStudioClient(server.url, TOKEN)
        self._server = server
        self._browser = browser
        label_studio_page.log_in(browser, server.url, server.email, PASSWORD)

    def start(self, interface: str, data: Sequence[dict[str, Any]]) -> tuple[int, list[int]]:
        """Make a project with texts. RETURNS: Its number, and those of its tasks."""
        project = self.client.create_project(interface)
        tasks = [{"data": own} for own in data]
        self.client.import_file(project, "texts.json", json.dumps(tasks).encode())
        return project, [int(task["id"]) for task in self.client.tasks(project)]

    def open(self, project: int, task: int, *texts: str) -> list[label_studio_page.Marked]:
        """Open a task. RETURNS: What is highlighted in it."""
        label_studio_page.open_task(self._browser, self._server.url, project, task, *texts)
        return label_studio_page.highlighted(self._browser)

    def mark(self, example: Example, before: str = "", control: int = 0) -> None:
        """Mark an example's words with the mouse.

        example: A text that is open.
        before: The texts above it on the page.
        control: The place of its labels among those of the page.
        """
        text = before + example.text
        for start, end, label in example.spans:
            place = place_of(text, len(before) + start, len(before) + end)
            label_studio_page.mark(self._browser, place, label, control)

    def submit(self, task: int) -> None:
        """Click on "Submit" until the annotation is stored. RAISES: TimeoutError."""
        for _ in range(label_studio_page.TRIES):
            label_studio_page.submit(self._browser)
            if self._browser.appears(lambda: self.client.annotations(task), seconds=5):
                return
        raise TimeoutError(f"the annotation of task {task} is not stored")

    def annotate(self, project: int, task: int, example: Example) -> None:
        """Open a task, mark an example's words, and submit them."""
        self.open(project, task, example.text)
        self.mark(example)
        self.submit(task)


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


class DoccanoUser:
    """Somebody who works with doccano's pages.

    server: The server.
    browser: The browser.
    """

    def __init__(self, server: Server, browser: Browser) -> None:
        self.client = DoccanoClient(server.url, USER, PASSWORD)
        self.other = DoccanoClient(server.url, OTHER_USER, PASSWORD)
        self._server = server
        self._browser = browser
        doccano_page.log_in(browser, server.url, USER, PASSWORD)

    def start(self, examples: Iterable[Example], **settings: bool) -> int:
        """Make a project with texts. settings: Those of the project. RETURNS: Its number."""
        project = self.client.create_project(LABELS, **settings)
        rows = [{"text": own.text, "label": []} for own in examples]
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        errors = self.client.import_file(project, content)
        assert not errors, errors
        return project

    def open(self, project: int, number: int, text: str) -> None:
        """Open a text. number: Counted from 1."""
        doccano_page.open_text(self._browser, self._server.url, project, number, text)

    def underlined(self, n: int) -> list[doccano_page.Marked]:
        """What is underlined in the text that is open. n: How many spans to wait for."""
        self._browser.appears(lambda: len(doccano_page.underlined(self._browser)) >= n)
        return doccano_page.underlined(self._browser)

    def mark_all(self, project: int, examples: Sequence[Example]) -> None:
        """Mark the words of a project's first texts with the mouse."""
        for number, own in enumerate(examples, start=1):
            self.open(project, number, own.text)
            for start, end, label in own.spans:
                doccano_page.mark(self._browser, place_of(own.text, start, end), label)


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
