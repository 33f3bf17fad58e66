"""Where an output stands, and beside it what is finished; what may be in these places."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from ..data.docbin import MANIFEST
from ..data.inputs import is_uri
from ..errors import Errors
from ..outputs import check_place
from .shards import SHARD_FORMATS

JOURNAL = "finished.jsonl"
FORMER = "former"
"""The folder that a new output is about to replace."""
REPLACES = "replaces"
"""A file that is there as soon as a run may replace an output."""
DIGEST = re.compile(r"[0-9a-f]{12}")
"""The name of a folder of shards until the output is complete, see `manifest.digest_of`."""
SHARD = re.compile(rf"\d{{5,}}-\d{{6,}}\.({'|'.join(SHARD_FORMATS)})")
OTHER_SUFFIXES = {".txt", ".json", ".jsonl", ".gz", ".csv", *(f".{own}" for own in SHARD_FORMATS)}
"""Of outputs that were meant to be files of another kind."""


def parts_folder(output: Path) -> Path:
    """Where an output's shards are until all are there."""
    return output.with_name(f"{output.name}.parts")


def manifest_path(output: Path) -> Path:
    """The file that says what an output came from: in a folder of shards, or beside a file."""
    if output.suffix == ".spacy":
        return output.with_name(f"{output.name}.manifest.json")
    return output / MANIFEST


def check_places(
    output: Path, shard_format: str, *, inputs: Iterable[Path | None], overwrite: bool
) -> Path:
    """Check that an output, and what goes with it, would change nothing that others have written.

    output: A file `.spacy`, or a folder of shards.
    shard_format: What shards are: one of `SHARD_FORMATS`.
    inputs: The files and folders that are read; None for one that is on no local disk.
    overwrite: Whether an existing output may be replaced.
    RETURNS: The output behind all links.
    RAISES: ValueError, OSError (H023, H024, H052, H060, H061, H065, H066, H088, H098, H100, H103).
    """
    # a path has lost one of the slashes
    if is_uri(str(output).replace(":/", "://", 1)):
        raise ValueError(Errors.H066.format(path=output))
    # not beside a link, but where it leads to
    output = output.resolve()
    parts, manifest = parts_folder(output), manifest_path(output)
    read = list(inputs)
    for place in (output, parts, manifest):
        check_place(place, inputs=read)
    # only shards of docs can be joined to a file
    is_joined = (output.suffix, shard_format) == (".spacy", "spacy")
    if output.suffix in OTHER_SUFFIXES and not is_joined:
        raise ValueError(Errors.H023.format(path=output))
    check_kind(output)
    if parts.exists() and not is_parts_folder(parts):
        raise FileExistsError(Errors.H103.format(path=parts))
    if manifest.is_dir():
        raise FileExistsError(Errors.H103.format(path=manifest))
    is_alone = manifest.is_file() and not output.exists()
    if is_alone and not overwrite and not is_manifest(manifest):
        raise FileExistsError(Errors.H024.format(path=manifest))
    return output


def check_kind(output: Path) -> None:
    """RAISES: OSError (H052, H060, H061) if something else is there than such an output."""
    if output.suffix == ".spacy" and output.is_dir():
        raise IsADirectoryError(Errors.H052.format(path=output))
    if output.suffix != ".spacy" and output.is_file():
        raise NotADirectoryError(Errors.H061.format(path=output))
    names = [own.name for own in output.iterdir()] if output.is_dir() else []
    if not all(name == MANIFEST or SHARD.fullmatch(name) for name in names):
        raise FileExistsError(Errors.H060.format(path=output))


def was_allowed(output: Path) -> bool:
    """Whether a run that was stopped may replace an output, or has written it itself."""
    manifest = manifest_path(output)
    return (parts_folder(output) / REPLACES).exists() or (
        manifest.is_file() and is_manifest(manifest)
    )


def is_parts_folder(path: Path) -> bool:
    """Whether a folder holds what a run has finished, or nothing yet: it will be removed."""
    known = {MANIFEST, JOURNAL, FORMER, REPLACES}
    # a link would be renamed, and not what it leads to
    return (
        path.is_dir()
        and not path.is_symlink()
        and all(
            own.name in known or own.name.startswith(f".{MANIFEST}") or DIGEST.fullmatch(own.name)
            for own in path.iterdir()
        )
    )


def is_manifest(path: Path) -> bool:
    """Whether a file says what an output was made from."""
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(content, dict) and "input_sha256" in content
