"""Label Studio, running: what it does with suggestions, and what is read of its exports."""

from __future__ import annotations

from pathlib import Path

import pytest
from label_studio_client import entity_interface
from label_studio_exports import export_from_label_studio
from label_studio_user import LabelStudioUser
from page_text import Marked, place_of
from spacy.language import Language
from suggestions import suggestions_for
from tool_exports import (
    EMOJI,
    FILE_EXPORTS,
    LABEL_STUDIO,
    LABELS,
    MARKED,
    Example,
    Export,
    random_examples,
)
from tool_exports import label_studio as export_of

pytestmark = pytest.mark.slow


def seen(example: Example) -> list[Marked]:
    """The places that must be highlighted."""
    return [(*place_of(example.text, start, end), label) for start, end, label in example.spans]


@pytest.fixture(scope="module")
def folder(label_studio: LabelStudioUser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """New exports."""
    folder = tmp_path_factory.mktemp("label_studio_exports")
    for name, content in export_from_label_studio(label_studio).items():
        (folder / name).write_bytes(content)
    return folder


def test_suggestions_are_stored_and_highlighted(label_studio: LabelStudioUser) -> None:
    client = label_studio.client
    project = client.create_project(entity_interface(*LABELS))
    told = client.import_file(project, "tasks.json", suggestions_for("label-studio", MARKED))
    assert told["task_count"] == told["prediction_count"] == len(MARKED)
    for task, own in zip(client.tasks(project), MARKED, strict=True):
        assert task["data"]["text"] == own.text
        (prediction,) = task["predictions"]
        values = [region["value"] for region in prediction["result"]]
        assert [(v["start"], v["end"], *v["labels"]) for v in values] == list(own.spans)
        assert [v["text"] for v in values] == [own.text[s:e] for s, e, _ in own.spans]
        label_studio.open(project, task["id"], own.text)
        assert label_studio.highlighted(len(own.spans)) == seen(own)


NAMELESS = [(*place, "") for *place, _ in seen(EMOJI)]
"""Highlights without a label."""


@pytest.mark.parametrize(
    ("interface", "highlighted"),
    [
        pytest.param(entity_interface("TOWN"), NAMELESS, id="other labels"),
        pytest.param(entity_interface(*LABELS, control="ner"), NAMELESS, id="other control"),
        pytest.param(entity_interface(*LABELS, text="story"), [], id="other name of the text"),
    ],
)
def test_suggestions_for_another_interface_are_taken_and_not_shown(
    label_studio: LabelStudioUser, interface: str, highlighted: list[Marked]
) -> None:
    """Nothing is refused, so users must be told what the interface must contain."""
    client = label_studio.client
    project = client.create_project(interface.replace("$story", "$text"))
    told = client.import_file(project, "tasks.json", suggestions_for("label-studio", [EMOJI]))
    assert told["prediction_count"] == 1
    (task,) = client.tasks(project)
    label_studio.open(project, task["id"], EMOJI.text)
    # as many as would be there if the names were right
    assert label_studio.highlighted(len(EMOJI.spans)) == highlighted


def test_random_texts_come_back(
    label_studio: LabelStudioUser, tmp_path: Path, nlp: Language
) -> None:
    """Suggestions that are accepted are read where they were suggested, in every format."""
    examples = random_examples(60, seed=1)
    client = label_studio.client
    project = client.create_project(entity_interface(*LABELS))
    client.import_file(project, "tasks.json", suggestions_for("label-studio", examples))
    for task in client.tasks(project):
        client.annotate(task["id"], task["predictions"][0]["result"])
    for name, kind in (
        ("a.json", "JSON"),
        ("a_min.json", "JSON_MIN"),
        ("a.csv", "CSV"),
        ("a.tsv", "TSV"),
    ):
        export = Export(name, tuple(examples))
        (tmp_path / name).write_bytes(client.export(project, kind))
        assert export.read(tmp_path, nlp) == export.expected


@pytest.mark.parametrize("export", LABEL_STUDIO, ids=str)
def test_new_exports(export: Export, folder: Path, nlp: Language) -> None:
    assert export.read(folder, nlp) == export.expected


@pytest.mark.parametrize("name", FILE_EXPORTS)
def test_new_exports_of_texts_that_are_files(name: str, folder: Path, nlp: Language) -> None:
    with pytest.raises(ValueError, match="H114"):
        export_of(name).read(folder, nlp)
