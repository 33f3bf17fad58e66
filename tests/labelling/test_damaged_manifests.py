"""`annotate` names a damaged manifest, of an output or of a stopped run, and keeps all files."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import TEXTS_IN_A_PART, Write, label, stop_after
from manifests import DAMAGES, changed_values, make_manifest, output_values

from spacy_halfree.data.output_manifest import manifest_path
from spacy_halfree.data.records import InvalidRecord
from spacy_halfree.labelling.decision import Decision, decide
from spacy_halfree.labelling.existing import look_at, refuse
from spacy_halfree.labelling.manifest import Manifest
from spacy_halfree.labelling.places import parts_folder
from spacy_halfree.labelling.shards import Summary
from spacy_halfree.printable import printable

NUMBERED = r"^\[H15[56]\].*"


def make_output(output: Path) -> Path:
    """A complete output of one empty shard. RETURNS: The place of its manifest."""
    output.mkdir()
    (output / "00000-000000.spacy").touch()
    return manifest_path(output)


def make_parts(output: Path, manifest: Manifest) -> Path:
    """The parts of a stopped run. RETURNS: The place of their manifest."""
    folder = parts_folder(output)
    (folder / manifest.digest).mkdir(parents=True)
    (folder / "finished.jsonl").touch()
    return folder / "_manifest.json"


def decided(output: Path, manifest: Manifest, **options: bool) -> Decision:
    """The decision, as `label_files` comes to it. RAISES: What it refuses with."""
    for known in (None, manifest):
        decision = decide(look_at(output, known), **options)
        refuse(decision, output, known)
    return decision


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_outputs_manifest(tmp_path: Path, damage: str) -> None:
    output, own = tmp_path / "out", make_manifest()
    path = make_output(output)
    path.write_bytes(DAMAGES[damage])
    with pytest.raises(FileExistsError, match=r"\[H024\].*--overwrite"):
        decided(output, own, resume=False, overwrite=False)
    # before the input is read, too
    for known in (None, own):
        decision = decide(look_at(output, known), resume=True, overwrite=False)
        with pytest.raises(ValueError, match=NUMBERED) as raised:
            refuse(decision, output, known)
        assert str(path) in str(raised.value)
    for resume in (False, True):
        assert decided(output, own, resume=resume, overwrite=True) is Decision.BEGIN


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_manifest_of_parts(tmp_path: Path, damage: str) -> None:
    output, own = tmp_path / "out", make_manifest()
    path = make_parts(output, own)
    path.write_bytes(DAMAGES[damage])
    with pytest.raises(FileExistsError, match=r"\[H048\].*--resume"):
        decided(output, own, resume=False, overwrite=False)
    with pytest.raises(ValueError, match=NUMBERED) as raised:
        decided(output, own, resume=True, overwrite=False)
    assert str(path) in str(raised.value)
    for resume in (False, True):
        assert decided(output, own, resume=resume, overwrite=True) is Decision.BEGIN_ANEW
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"\[H155\].*No such file"):
        decided(output, own, resume=True, overwrite=False)
    path.mkdir()
    with pytest.raises(OSError, match=r"\[H155\].*it is not a file"):
        decided(output, own, resume=True, overwrite=False)


KEPT = {"counts", "bad"}
"""What need not be the same for a run to be resumed."""


@given(st.data(), st.booleans(), st.booleans())
def test_any_value_in_any_place(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, of_parts: bool, overwrite: bool
) -> None:
    """What is the same is resumed; what differs, or is no manifest, is refused."""
    output, own = tmp_path_factory.mktemp("any") / "out", make_manifest()
    place, _, values = data.draw(changed_values(output_values()))
    path = make_parts(output, own) if of_parts else make_output(output)
    path.write_text(json.dumps(values), encoding="utf8")
    decision, problem = None, ""
    try:
        decision = decided(output, own, resume=True, overwrite=overwrite)
    except (ValueError, OSError) as error:
        problem = str(error)
    is_same = json.dumps(values) == json.dumps(output_values())
    if is_same or (of_parts and place and place[0] in KEPT):
        assert decision is (Decision.RESUME if of_parts else Decision.DONE)
    elif overwrite:
        others = (Decision.BEGIN, Decision.BEGIN_ANEW, Decision.RESUME, Decision.DONE)
        assert decision in others
    elif decision is None:
        assert problem[:6] in ("[H155]", "[H156]", "[H049]", "[H056]")
    else:
        # other numbers of words, other reasons of bad records, or another hash of a file
        # or a setting that is left out where it is null, or 0 in the place of false
        known = output_values()["settings"]
        is_equal = all(values["settings"].get(name) == known[name] for name in known)
        assert place[0] in (*KEPT, "input_sha256") or (place[0] == "settings" and is_equal)


WRITTEN = Summary(
    file=0, number=1, is_last=True, texts=2, bad=[InvalidRecord("a.txt", 2, "has an empty text")]
)


@given(changed_values(json.loads(WRITTEN.to_json())))
def test_any_value_in_any_place_of_a_line_of_the_journal(
    changed: tuple[tuple[str | int, ...], object, object],
) -> None:
    """A line that is no summary counts as torn off, so that its part is labelled again."""
    _, _, values = changed
    try:
        summary = Summary.from_json(json.dumps(values))
    except ValueError:
        return
    assert isinstance(values, dict)
    defaults = json.loads(Summary(file=0, number=0, is_last=True).to_json())
    expected = defaults | values
    # reasons are printed and written, so that they are escaped
    bad = [own | {"reason": printable(own["reason"])} for own in expected["bad"]]
    assert json.loads(summary.to_json()) == expected | {"bad": bad}
    assert re.fullmatch(r"\d{5,}-\d{6,}", summary.name)


def test_the_command_goes_on_once_the_manifest_is_whole_again(
    teacher_path: Path, write_texts: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts, output = write_texts("texts.txt", TEXTS_IN_A_PART + 5), tmp_path / "out"
    with pytest.raises(OSError, match="power failed"):
        label(teacher_path, texts, output, engine=stop_after(1))
    parts = parts_folder(output) / "_manifest.json"
    whole = parts.read_bytes()
    parts.write_bytes(whole[:-100])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"\[H155\].*out\.parts.*cut off"):
        label(teacher_path, texts, output, resume=True)
    assert sorted(tmp_path.rglob("*")) == before
    parts.write_bytes(whole)
    assert label(teacher_path, texts, output, resume=True).n_known == TEXTS_IN_A_PART
    manifest = manifest_path(output)
    manifest.write_text("{}")
    with pytest.raises(ValueError, match=r"\[H155\].*out\.manifest\.json.*'format_version'"):
        label(teacher_path, texts, output, resume=True)
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        label(teacher_path, texts, output, overwrite=True)
    assert [own.getMessage()[:6] for own in caplog.records] == ["[W051]"]
    assert "[H155]" in caplog.text
    assert label(teacher_path, texts, output, resume=True).n_known == TEXTS_IN_A_PART + 5
