"""Look at what exists before a run, and raise the messages of refusals."""

import logging
from pathlib import Path

from ..data.derived_files import JOURNAL
from ..data.file_formats.json_values import printable
from ..data.output_manifest import MANIFEST, WrittenManifest, read_manifest, read_manifest_of
from ..errors import Errors, Warnings
from .decision import Decision, ExistingOutput, OutputState, PartsState
from .manifest import Manifest
from .places import REPLACES, parts_folder, shards_in

logger = logging.getLogger("spacy.halfree")


def look_at(output: Path, manifest: Manifest | None = None) -> ExistingOutput:
    """Look at what is in the output's place and beside it.

    output: The output.
    manifest: What the output is to be made from, or None if that is not known yet.
    RETURNS: What exists. Without a manifest, an output and parts that are not damaged are UNKNOWN.
    """
    return ExistingOutput(
        output=_output_state(output, manifest),
        was_allowed=_was_allowed(output),
        parts=_parts_state(parts_folder(output), manifest),
    )


def _output_state(output: Path, manifest: Manifest | None) -> OutputState:
    if not output.exists():
        return OutputState.NONE
    try:
        written = check_output(output)
    except (ValueError, OSError):
        return OutputState.DAMAGED
    if manifest is None:
        return OutputState.UNKNOWN
    if written is None or manifest.differences(written):
        return OutputState.OTHER
    return OutputState.SAME


def _was_allowed(output: Path) -> bool:
    if (parts_folder(output) / REPLACES).exists():
        return True
    try:
        return read_manifest_of(output) is not None
    except (ValueError, OSError):
        return False


def _parts_state(folder: Path, manifest: Manifest | None) -> PartsState:
    # a run that was stopped before it wrote a journal has finished nothing
    if not (folder / JOURNAL).exists():
        return PartsState.NONE
    try:
        written = read_manifest(folder / MANIFEST, is_complete=False)
    except (ValueError, OSError):
        return PartsState.DAMAGED
    if manifest is None:
        return PartsState.UNKNOWN
    if not manifest.differences(written):
        return PartsState.SAME if (folder / manifest.digest).exists() else PartsState.MOVED
    return PartsState.CHANGED_FILES if manifest.changed_files(written) else PartsState.OTHER


def check_output(output: Path) -> WrittenManifest | None:
    """Check that a complete output has as many shards as its manifest says.

    output: The output, which exists.
    RETURNS: Its manifest; None if there is none.
    RAISES: ValueError, OSError (H155), ValueError (H156) if the manifest cannot be read, (H056) if
        shards are missing.
    """
    written = read_manifest_of(output)
    if written is not None and output.is_dir():
        n_shards, expected = len(shards_in(output)), written.n_shards
        if n_shards != expected:
            raise ValueError(
                Errors.H056.format(
                    path=output, manifest=written.path, n_shards=n_shards, expected=expected
                )
            )
    return written


def refuse(decision: Decision, output: Path, manifest: Manifest | None = None) -> None:
    """Raise the message of a refusal; do nothing for any other decision.

    decision: The decision.
    output: The output.
    manifest: What the output is to be made from, or None if that is not known yet.
    RAISES: FileExistsError (H024) if the output exists, (H048) if parts exist; ValueError (H049)
        if the parts or the output were made from something else, (H056) if shards are missing;
        ValueError, OSError (H155, H156) if the manifest of either cannot be read.
    """
    folder = parts_folder(output)
    if decision in (Decision.REFUSE_DAMAGED_OUTPUT, Decision.REFUSE_CHANGED_OUTPUT):
        _refuse_changed(output, check_output(output), manifest)
    if decision in (Decision.REFUSE_DAMAGED_PARTS, Decision.REFUSE_CHANGED_PARTS):
        written = read_manifest(folder / MANIFEST, is_complete=False)
        _refuse_changed(folder, written, manifest)
    if decision in (Decision.REFUSE_OUTPUT, Decision.REFUSE_DAMAGED_OUTPUT):
        raise FileExistsError(Errors.H024.format(path=output))
    if decision in (Decision.REFUSE_PARTS, Decision.REFUSE_DAMAGED_PARTS):
        raise FileExistsError(Errors.H048.format(folder=folder))


def _refuse_changed(
    place: Path, written: WrittenManifest | None, manifest: Manifest | None
) -> None:
    if manifest is None:
        return
    names = ["its manifest, which is missing"]
    if written is not None:
        names = manifest.differences(written)
    raise ValueError(Errors.H049.format(folder=place, names=printable(", ".join(names))))


def warn_of_damage(output: Path) -> None:
    """Name a damaged manifest, or missing shards, of what `--overwrite` replaces."""
    folder = parts_folder(output)
    try:
        if output.exists():
            check_output(output)
        if (folder / JOURNAL).exists():
            read_manifest(folder / MANIFEST, is_complete=False)
    except (ValueError, OSError) as error:
        logger.warning(Warnings.W051.format(path=output, reason=error))
