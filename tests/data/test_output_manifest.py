"""Manifests of outputs are read rightly, or named with what is wrong with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import (
    DAMAGES,
    DELETED,
    VALID,
    at,
    changed_values,
    make_manifest,
    output_values,
    write_manifest,
)

from spacy_halfree.data.output_manifest import (
    WrittenManifest,
    manifest_path,
    read_manifest,
    read_manifest_of,
)
from spacy_halfree.data.records import InvalidRecord

NUMBERED = r"^\[H15[56]\]"


def test_what_is_read(tmp_path: Path) -> None:
    path = write_manifest(tmp_path / "out", 3, 7)
    assert path == manifest_path(tmp_path / "out") == tmp_path / "out.manifest.json"
    written = read_manifest(path, is_complete=True)
    assert (written.n_shards, written.n_texts, written.shard_format) == (3, 7, "spacy")
    assert written.bad == [InvalidRecord("a.txt", 2, "has an empty text")]
    assert written.text == path.read_text("utf8")
    assert make_manifest().differences(written) == []
    assert make_manifest(target="tag", tags=["X"]).differences(written) == ["target", "tags"]


def test_where_it_is_found(tmp_path: Path) -> None:
    """In a folder, as earlier versions wrote it, or beside it, also behind a link."""
    output = tmp_path / "disk" / "out"
    output.mkdir(parents=True)
    (tmp_path / "link").symlink_to(output)
    assert read_manifest_of(output) is None
    write_manifest(output, 1, 7)
    for place in (output, tmp_path / "link", output / "..", tmp_path / "link" / "."):
        found = read_manifest_of(place)
        assert (found and found.n_texts) == (None if place.name == ".." else 7)
    # the one in the folder belongs to its shards
    (output / "_manifest.json").write_text(json.dumps(output_values(2, 8)))
    found = read_manifest_of(tmp_path / "link")
    assert found is not None
    assert (found.path, found.n_texts) == (output / "_manifest.json", 8)
    write_manifest(tmp_path / "soft.spacy", 1, 3)
    (tmp_path / "soft.spacy").touch()
    found = read_manifest_of(tmp_path / "soft.spacy")
    assert found is not None
    assert found.n_texts == 3
    assert read_manifest_of(Path("/")) is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "out.manifest.json"
    path.write_bytes(DAMAGES[damage])
    with pytest.raises(ValueError, match=NUMBERED) as raised:
        read_manifest(path, is_complete=True)
    assert str(path) in str(raised.value)
    assert ("[H156]" in str(raised.value)) == (damage == "another version")
    assert len(str(raised.value)) < 500 + len(str(path))


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "out.manifest.json"
    with pytest.raises(FileNotFoundError, match=r"\[H155\].*out\.manifest\.json: No such file"):
        read_manifest(path, is_complete=True)
    path.mkdir()
    with pytest.raises(OSError, match=r"\[H155\].*out\.manifest\.json: it is not a file"):
        read_manifest(path, is_complete=True)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(OSError, match=r"\[H155\].*it is not a file"):
        read_manifest(path, is_complete=True)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(OSError, match=r"\[H155\].*[Ss]ymbolic links"):
        read_manifest(path, is_complete=True)
    path.unlink()
    path.write_bytes(VALID)
    path.chmod(0)
    if not os.access(path, os.R_OK):
        with pytest.raises(OSError, match=r"\[H155\].*Permission denied"):
            read_manifest(path, is_complete=True)


@given(st.data(), st.booleans())
def test_any_value_in_any_place(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, is_complete: bool
) -> None:
    """What is read has the types that its readers rely on; what is not of them is named."""
    place, new, values = data.draw(changed_values(output_values()))
    path = tmp_path_factory.mktemp("any") / "m.json"
    path.write_text(json.dumps(values), encoding="utf8")
    written, problem = read_or_name(path, is_complete)
    if written is None:
        assert str(path) in problem
        assert not fits(place, new)
        return
    assert json.dumps(written.values) == json.dumps(values)
    assert type(written.shard_format) is str
    differences = make_manifest().differences(written)
    assert make_manifest().changed_files(written) <= {0, 1}
    if not place or place[0] not in ("counts", "bad"):
        old = at(output_values(), place)
        assert bool(differences) == (new is DELETED or json.dumps(new) != json.dumps(old))
    if is_complete:
        assert type(written.n_shards) is type(written.n_texts) is int
        for bad in written.bad:
            assert (type(bad.file), type(bad.line), type(bad.reason)) == (str, int, str)


def read_or_name(path: Path, is_complete: bool) -> tuple[WrittenManifest | None, str]:
    """A manifest, or the numbered message of what is wrong with it."""
    try:
        return read_manifest(path, is_complete=is_complete), ""
    except ValueError as error:
        problem = str(error)
    assert problem.startswith(("[H155]", "[H156]"))
    return None, problem


def fits(place: tuple[Any, ...], new: Any) -> bool:
    """Whether a value is of the same type as what it replaces, and may so stand there."""
    if new is DELETED or not place or place == ("format_version",):
        return False
    old = at(output_values(), place)
    if type(old) is int:
        return type(new) is int and new >= 0
    return isinstance(old, str) and isinstance(new, str)


@given(st.binary(max_size=50), st.integers(0, len(VALID)), st.integers(0, 60))
def test_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, own: bytes, start: int, length: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "m.json"
    path.write_bytes(VALID[:start] + own + VALID[start + length :])
    written, _ = read_or_name(path, is_complete=True)
    if written is not None:
        assert written.values == json.loads(path.read_bytes())
        make_manifest().changed_files(written)
