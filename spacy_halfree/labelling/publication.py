"""Make the output from its finished parts. It appears in one step.

A file is given its manifest afterwards. A folder is moved with its manifest in it, which is then
moved beside it: wherever a run is stopped, a folder that is there is whole and has its manifest.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from spacy.tokens import DocBin

from ..data.output_manifest import MANIFEST, manifest_path
from ..errors import Errors
from ..files import sync_folder, write_at_once
from ..outputs import hold
from .journal import Journal
from .places import FORMER, parts_folder


def publish(journal: Journal, shard_format: str) -> None:
    """Write the output, and remove the parts.

    journal: The parts, all of which must be finished.
    shard_format: The format of the shards, one of `SHARD_FORMATS`.
    RAISES: ValueError (H019) if a shard cannot be read, (H020) if there is no text;
        FileNotFoundError (H051) if another run has removed a shard; FileExistsError (H147) if
        another run is writing the output.
    """
    if not journal.n_texts:
        raise ValueError(Errors.H020)
    # two runs with the same output: the first one removes the parts when it has written it
    with hold(journal.folder):
        write_from_parts(journal, shard_format)


def write_from_parts(journal: Journal, shard_format: str) -> None:
    """Write the output, and remove the parts. Arguments and errors are those of `publish`."""
    # if this is stopped now, a resumed run may replace the output that this one has written
    journal.allow_replacing()
    output = journal.output
    if output.suffix == ".spacy":
        names = [f"{own.name}.{shard_format}" for own in journal.ordered if own.texts]
        joined = join(journal.shards / name for name in names)
        # the old manifest must never stand beside the new file
        manifest_path(output).unlink(missing_ok=True)
        write_at_once(output, joined)
        write_at_once(manifest_path(output), final_manifest(journal))
    else:
        move_folder(journal)
    journal.remove()


def join(shards: Iterable[Path]) -> bytes:
    """Join the docs of several shards.

    shards: The files, in order.
    RETURNS: The content of one file with all docs.
    RAISES: ValueError (H019) if a shard cannot be read; FileNotFoundError (H051) if it is missing.
    """
    joined = DocBin(store_user_data=True)
    for path in shards:
        try:
            joined.merge(DocBin(store_user_data=True).from_disk(path))
        except FileNotFoundError as error:
            raise FileNotFoundError(Errors.H051.format(folder=path.parent)) from error
        except Exception as error:
            reason = f"{error} Delete it, and use `--resume`"
            raise ValueError(Errors.H019.format(path=path, reason=reason)) from error
    return joined.to_bytes()


def move_folder(journal: Journal) -> None:
    """Move the folder of shards to the output's place.

    RAISES: FileNotFoundError (H051) if a shard is missing.
    """
    shards, output = journal.shards, journal.output
    names = {path.stem for path in shards.iterdir()} if shards.exists() else set()
    if any(own.texts and own.name not in names for own in journal.summaries.values()):
        raise FileNotFoundError(Errors.H051.format(folder=journal.folder))
    for stray in shards.glob(".*"):
        # an incomplete shard of a process that was killed
        stray.unlink()
    write_at_once(shards / MANIFEST, final_manifest(journal))
    if output.exists():
        former = journal.folder / FORMER
        # an older one is left if a run was stopped after its output had been moved
        shutil.rmtree(former, ignore_errors=True)
        put_manifest_into(output)
        output.rename(former)
    shards.rename(output)
    put_manifest_beside(output)


def put_manifest_into(output: Path) -> None:
    """Move the manifest of a folder into it, so that both are moved in one step."""
    beside, inside = manifest_path(output), output / MANIFEST
    # an earlier version's output has its own; another beside it belongs to something else
    if beside.exists() and not inside.exists():
        os.replace(beside, inside)


def put_manifest_beside(output: Path) -> None:
    """Move a manifest out of a folder, where readers of tables would take it for a table."""
    inside = output / MANIFEST
    if inside.exists():
        os.replace(inside, manifest_path(output))
    sync_folder(output.parent)


def settle(output: Path) -> None:
    """Complete what a run has left undone that was stopped while it moved folders.

    output: The output. The former one is put back if it was moved away and not yet replaced.
    """
    parts = parts_folder(output)
    if not parts.exists():
        return
    if (parts / FORMER).exists() and not output.exists():
        (parts / FORMER).rename(output)
    if output.is_dir():
        put_manifest_beside(output)


def final_manifest(journal: Journal) -> bytes:
    """The manifest of a complete output: with counts, and the records that could not be used."""
    ordered = journal.ordered
    counts = {
        "shards": sum(own.texts > 0 for own in ordered),
        "texts": sum(own.texts for own in ordered),
        "words": sum(own.words for own in ordered),
        "spans": sum(own.spans for own in ordered),
        "bad": sum(len(own.bad) for own in ordered),
    }
    bad = [asdict(bad) for bad in journal.bad]
    return f"{journal.manifest.to_json(counts=counts, bad=bad)}\n".encode()
