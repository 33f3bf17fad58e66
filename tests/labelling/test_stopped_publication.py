"""A folder is there whole, with its manifest, or not at all: stopped before every single step."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from manifests import make_manifest

from spacy_halfree.data.output_manifest import manifest_path, read_manifest_of
from spacy_halfree.labelling.decision import Decision, decide
from spacy_halfree.labelling.existing import check_output, look_at, refuse
from spacy_halfree.labelling.journal import Journal
from spacy_halfree.labelling.label_files import read_labelled, start
from spacy_halfree.labelling.manifest import Manifest
from spacy_halfree.labelling.places import check_places, parts_folder
from spacy_halfree.labelling.publication import publish
from spacy_halfree.labelling.shards import Summary

STEPS = ("rename", "replace", "unlink", "rmdir", "mkdir")
"""What changes folders, by its name in `os`; files are written with `replace`."""
OLD, NEW = make_manifest(tags=["O", "I", "OLD"]), make_manifest()


class PowerFailure(BaseException):
    """The process has stopped, so that nothing can tidy up."""


@contextmanager
def power(n_steps: int | None) -> Iterator[None]:
    """Let so many changes of folders happen, and no more; None for no limit."""
    n_left = float("inf") if n_steps is None else n_steps

    def limited(step: Callable[..., Any]) -> Callable[..., Any]:
        def change(*args: Any, **options: Any) -> Any:
            nonlocal n_left
            if n_left <= 0:
                raise PowerFailure
            n_left -= 1
            return step(*args, **options)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, limited(getattr(os, name)))
        yield


def run(
    output: Path, manifest: Manifest, *, resume: bool = False, overwrite: bool = False
) -> tuple[Decision, int]:
    """What `label_files` does, with a shard that needs no teacher.

    RETURNS: The first decision, and how many parts had to be made.
    """
    output = check_places(output, "parquet", inputs=[], overwrite=overwrite)
    journal = Journal(output, manifest)
    decision = decide(look_at(output, manifest), resume=resume, overwrite=overwrite)
    refuse(decision, output, manifest)
    start(journal, decision)
    if decision is Decision.DONE:
        return decision, 0
    if overwrite:
        journal.allow_replacing()
    n_made = 0
    for number in set(range(3)) - journal.finished.get(0, frozenset()):
        summary = Summary(file=0, number=number, is_last=number == 2, texts=1)
        (journal.shards / f"{summary.name}.parquet").write_text(f"{manifest.tags} {number}")
        journal.keep(summary)
        n_made += 1
    publish(journal, "parquet")
    return decision, n_made


def version_of(output: Path) -> str:
    """Which output is there, after it has been checked that all of it is."""
    written = check_output(output)
    assert written is not None
    assert len(list(output.glob("*.parquet"))) == 3
    for path in output.glob("*.parquet"):
        assert path.read_text().startswith(str(written.values["tags"]))
    return "old" if "OLD" in written.values["tags"] else "new"


@pytest.mark.parametrize("former", ["none", "beside", "inside"])
@pytest.mark.parametrize("then", ["resume", "overwrite", "both", "look"])
def test_stopped_before_every_step(tmp_path: Path, former: str, then: str) -> None:
    """Whether there was no output, one, or one of an earlier version."""
    for n_steps in range(200):
        folder = tmp_path / str(n_steps)
        output = folder / "out"
        folder.mkdir()
        if former != "none":
            run(output, OLD)
        if former == "inside":
            manifest_path(output).rename(output / "_manifest.json")
        try:
            with power(n_steps):
                run(output, NEW, overwrite=former != "none")
        except PowerFailure:
            pass
        else:
            assert n_steps > 10
            break
        if output.exists():
            was = version_of(output)
        else:
            # it is in the folder of parts, if there was one
            was = "none" if former == "none" else version_of(parts_folder(output) / "former")
        assert was in ("none" if former == "none" else "old", "new")
        if then == "look":
            # whoever looks, or is refused, changes nothing
            before = sorted(folder.rglob("*"))
            for manifest in (None, OLD, NEW):
                look_at(output, manifest)
            assert sorted(folder.rglob("*")) == before
            continue
        has_begun = (parts_folder(output) / "finished.jsonl").exists()
        if then == "resume" and was == "old" and not has_begun:
            with pytest.raises(ValueError, match=r"\[H049\].*tags"):
                run(output, NEW, resume=True)
            assert version_of(output) == "old"
            continue
        options = {"resume": then != "overwrite", "overwrite": then != "resume"}
        _, n_made = run(output, NEW, **options)
        if then == "overwrite":
            assert n_made == 3
        elif was == "new":
            # what was finished is not made again
            assert n_made == 0, n_steps
        assert version_of(output) == "new"
        names = [path.name for path in output.iterdir()]
        assert sorted(names) == [f"00000-00000{number}.parquet" for number in range(3)]
        # files that this process has locked are removed by the next one
        left = [path.name for path in folder.iterdir() if path.suffix != ".partial"]
        assert sorted(left) == ["out", "out.manifest.json"]
        assert read_labelled(output).n_texts == 3
    else:
        pytest.fail("it goes on forever")


@pytest.mark.parametrize("former", ["beside", "inside"])
def test_a_former_output_is_put_back_with_its_manifest(tmp_path: Path, former: str) -> None:
    """If a run was stopped before it replaced the output, and another begins anew and stops."""
    for n_steps in range(200):
        folder = tmp_path / str(n_steps)
        output = folder / "out"
        folder.mkdir()
        run(output, OLD)
        if former == "inside":
            manifest_path(output).rename(output / "_manifest.json")
        try:
            with power(n_steps):
                run(output, NEW, overwrite=True)
        except PowerFailure:
            pass
        else:
            break
        other = make_manifest(target="tag")
        journal = Journal(output, other)
        decision = decide(look_at(output, other), resume=False, overwrite=True)
        start(journal, decision)
        assert version_of(output) in ("old", "new")
        journal.remove()
        assert version_of(output) in ("old", "new")


def test_parts_of_an_earlier_version_become_a_folder_without_its_manifest(tmp_path: Path) -> None:
    """Which it wrote among the shards before it moved them."""
    output = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_halfree.labelling.publication.put_manifest_beside", fail)
        with pytest.raises(PowerFailure):
            run(output, NEW)
    assert (output / "_manifest.json").exists()
    shards = parts_folder(output) / NEW.digest
    output.rename(shards)
    assert run(output, NEW, resume=True) == (Decision.RESUME, 0)
    assert version_of(output) == "new"
    assert not (output / "_manifest.json").exists()
    # and where it was stopped after it had moved them
    os.replace(manifest_path(output), output / "_manifest.json")
    parts_folder(output).mkdir()
    (parts_folder(output) / "_manifest.json").write_text(NEW.to_json())
    (parts_folder(output) / "finished.jsonl").touch()
    assert run(output, NEW, resume=True) == (Decision.DONE, 0)
    assert sorted(os.listdir(tmp_path)) == ["out", "out.manifest.json"]
    # a finished output stays as it is
    os.replace(manifest_path(output), output / "_manifest.json")
    assert run(output, NEW, resume=True) == (Decision.DONE, 0)
    assert (output / "_manifest.json").exists()


def fail(_: Path) -> None:
    raise PowerFailure


def test_a_folder_lacks_shards(tmp_path: Path) -> None:
    output = tmp_path / "out"
    run(output, NEW)
    (output / "00000-000001.parquet").unlink()
    with pytest.raises(ValueError, match=r"\[H056\].*shards \(2\).*out\.manifest\.json says \(3\)"):
        run(output, NEW, resume=True)
    run(output, NEW, overwrite=True)
    assert version_of(output) == "new"


def test_files_of_others_in_an_output(tmp_path: Path) -> None:
    """Also below folders that are called as shards are."""
    output = tmp_path / "out"
    run(output, NEW)
    for name in ("00000-000003.parquet", "_manifest.json"):
        mine = output / name / "mine.txt"
        mine.parent.mkdir()
        mine.touch()
        with pytest.raises(FileExistsError, match=r"\[H060\]"):
            run(output, NEW, overwrite=True)
        mine.unlink()
        mine.parent.rmdir()
    assert json.loads(manifest_path(output).read_text())["counts"]["shards"] == 3
    written = read_manifest_of(output)
    assert written is not None
    assert written.n_shards == 3
