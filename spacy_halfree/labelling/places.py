"""Where an output and its parts are written, and which existing files must not be touched."""

import re
from collections.abc import Iterable
from pathlib import Path

from ..data.derived_files import JOURNAL
from ..data.inputs import is_uri
from ..data.output_manifest import MANIFEST, manifest_path, read_manifest
from ..errors import Errors
from ..outputs import check_place
from .shard_formats import SHARD_FORMATS

FORMER = "former"
"""The old output folder, while the new one takes its place."""
REPLACES = "replaces"
"""An empty file: this run, and one that resumes it, may replace an existing output."""
DIGEST = re.compile(r"[0-9a-f]{12}")
"""The name of the folder of shards in a folder of parts; see `manifest.digest_of`."""
SHARD = re.compile(rf"\d{{5,}}-\d{{6,}}\.({'|'.join(SHARD_FORMATS)})")
OTHER_SUFFIXES = {".txt", ".json", ".jsonl", ".gz", ".csv", *(f".{own}" for own in SHARD_FORMATS)}
"""Endings that no output folder may have: its user expects another kind of file."""


def parts_folder(output: Path) -> Path:
    """The folder of an output's finished parts, until the output is complete."""
    return output.with_name(f"{output.name}.parts")


def shards_in(folder: Path) -> list[Path]:
    """The shards in an output folder."""
    return [path for path in folder.iterdir() if SHARD.fullmatch(path.name)]


def check_places(
    output: Path, shard_format: str, *, inputs: Iterable[Path | None], overwrite: bool
) -> Path:
    """Check that the output, its manifest and its parts can be written, and only replace their own.

    output: A file `.spacy`, or a folder of shards.
    shard_format: The format of the shards, one of `SHARD_FORMATS`.
    inputs: The files and folders that are read; None for one that is not on a local disk.
    overwrite: Whether an existing output may be replaced.
    RETURNS: The output, with all links resolved.
    RAISES: ValueError, OSError (H023, H024, H052, H060, H061, H065, H066, H088, H098, H100, H103).
    """
    # pathlib has removed one of the slashes
    if is_uri(str(output).replace(":/", "://", 1)):
        raise ValueError(Errors.H066.format(path=output))
    # the parts are kept beside the real output, not beside a link to it
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
    """RAISES: OSError (H052, H060, H061) if something other than such an output exists there."""
    if output.suffix == ".spacy" and output.is_dir():
        raise IsADirectoryError(Errors.H052.format(path=output))
    if output.suffix != ".spacy" and output.is_file():
        raise NotADirectoryError(Errors.H061.format(path=output))
    found = list(output.iterdir()) if output.is_dir() else []
    for own in found:
        # a folder with the name of a shard may hold anything
        if own.is_file() and (own.name == MANIFEST or SHARD.fullmatch(own.name)):
            continue
        raise FileExistsError(Errors.H060.format(path=output))


def is_parts_folder(path: Path) -> bool:
    """Whether a folder holds only what a run keeps there, so that it may be removed."""
    known = {MANIFEST, JOURNAL, FORMER, REPLACES}
    # removing a link would leave the folder that it leads to
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
        read_manifest(path, is_complete=True)
    except (ValueError, OSError):
        return False
    return True
