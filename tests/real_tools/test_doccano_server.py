"""doccano, running: what it does with suggestions, and what is read of its exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from doccano_client import members_of
from doccano_exports import export_from_doccano
from doccano_user import DoccanoUser
from page_text import Marked, place_of
from servers import OTHER_USER, USER
from spacy.language import Language
from suggestions import suggestions_for
from tool_exports import DOCCANO, EMOJI, EXAMPLES, LABELS, Example, Export, random_examples

from spacy_halfree.data.offsets import OffsetUnit, offset_table

pytestmark = pytest.mark.slow


def seen(example: Example) -> list[Marked]:
    """The places that must be underlined."""
    return [(*place_of(example.text, start, end), label) for start, end, label in example.spans]


@pytest.fixture(scope="module")
def folder(doccano: DoccanoUser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """New exports."""
    folder = tmp_path_factory.mktemp("doccano_exports")
    for name, content in export_from_doccano(doccano).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("offsets", "settings"),
    [("utf-16", {}), ("graphemes", {"grapheme_mode": True})],
    ids=["as proposed", "grapheme clusters"],
)
def test_suggestions_are_stored_and_underlined(
    doccano: DoccanoUser, offsets: OffsetUnit, settings: dict[str, bool]
) -> None:
    client = doccano.client
    project = client.create_project(LABELS, **settings)
    assert client.import_file(project, suggestions_for("doccano", EXAMPLES, offsets)) == []
    for number, (stored, own) in enumerate(
        zip(client.examples(project), EXAMPLES, strict=True), start=1
    ):
        assert stored["text"] == own.text
        table = offset_table(own.text, offsets)
        spans = [(*table.from_code_points(s, e), label) for s, e, label in own.spans]
        assert client.spans(project, stored["id"]) == spans
        doccano.open(project, number, own.text)
        assert doccano.underlined(len(own.spans)) == seen(own)


def test_suggestions_in_code_points_underline_other_words(doccano: DoccanoUser) -> None:
    """That is why the unit matters."""
    client = doccano.client
    project = client.create_project(LABELS)
    client.import_file(project, suggestions_for("doccano", [EMOJI], "code-points"))
    doccano.open(project, 1, EMOJI.text)
    assert doccano.underlined(len(EMOJI.spans)) != seen(EMOJI)


def test_suggestions_belong_to_the_user_who_imports_them(doccano: DoccanoUser) -> None:
    """Others do not see them; the importer's file has them, whether anybody looked or not."""
    client = doccano.client
    project = client.create_project(LABELS)
    client.add_member(project, OTHER_USER)
    client.import_file(project, suggestions_for("doccano", [EMOJI]))
    (number,) = client.example_ids(project)
    assert len(client.spans(project, number)) == 3
    assert doccano.other.spans(project, number) == []
    files = {name: json.loads(file) for name, file in members_of(client.export(project)).items()}
    assert len(files[f"{USER}.jsonl"]["label"]) == 3
    assert files[f"{OTHER_USER}.jsonl"]["label"] == []
    approved = members_of(client.export(project, approved_only=True))
    assert not approved[f"{USER}.jsonl"].strip()


def test_overlapping_suggestions_are_dropped_without_an_error(doccano: DoccanoUser) -> None:
    overlap = Example("Oslo Film Festival", (("Oslo Film", "CITY"), ("Film Festival", "PARTY")))
    client = doccano.client
    project = client.create_project(LABELS)
    assert client.import_file(project, suggestions_for("doccano", [overlap])) == []
    (number,) = client.example_ids(project)
    assert client.spans(project, number) == [(0, 9, "CITY")]


def test_random_texts_come_back(doccano: DoccanoUser, tmp_path: Path, nlp: Language) -> None:
    """Suggestions are read where they were suggested."""
    examples = random_examples(60, seed=2)
    client = doccano.client
    project = client.create_project(LABELS)
    assert client.import_file(project, suggestions_for("doccano", examples)) == []
    export = Export("a.zip", tuple(examples))
    (tmp_path / export.name).write_bytes(client.export(project))
    assert export.read(tmp_path, nlp) == export.expected


@pytest.mark.parametrize("export", DOCCANO, ids=str)
def test_new_exports(export: Export, folder: Path, nlp: Language) -> None:
    assert export.read(folder, nlp) == export.expected
