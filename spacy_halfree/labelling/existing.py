"""Look at what exists before a run, and raise the messages of refusals."""

from pathlib import Path

from ..data.derived_files import JOURNAL
from ..data.docbin import MANIFEST
from ..errors import Errors
from .decision import Decision, ExistingOutput, OutputState, PartsState
from .manifest import Manifest
from .places import manifest_path, parts_folder, was_allowed


def look_at(output: Path, manifest: Manifest | None = None) -> ExistingOutput:
    """Look at what is in the output's place and beside it.

    output: The output.
    manifest: What the output is to be made from, or None if that is not known yet.
    RETURNS: What exists. Without a manifest, an output and parts are UNKNOWN.
    """
    return ExistingOutput(
        output=_output_state(output, manifest),
        was_allowed=was_allowed(output),
        parts=_parts_state(parts_folder(output), manifest),
    )


def _output_state(output: Path, manifest: Manifest | None) -> OutputState:
    if not output.exists():
        return OutputState.NONE
    if manifest is None:
        return OutputState.UNKNOWN
    differs = manifest.differences(_read(manifest_path(output)))
    return OutputState.OTHER if differs else OutputState.SAME


def _parts_state(folder: Path, manifest: Manifest | None) -> PartsState:
    # a run that was stopped before it wrote a journal has finished nothing
    if not (folder / JOURNAL).exists():
        return PartsState.NONE
    if manifest is None:
        return PartsState.UNKNOWN
    written = _read(folder / MANIFEST)
    if not manifest.differences(written):
        return PartsState.SAME if (folder / manifest.digest).exists() else PartsState.MOVED
    return PartsState.CHANGED_FILES if manifest.changed_files(written) else PartsState.OTHER


def refuse(decision: Decision, output: Path, manifest: Manifest | None = None) -> None:
    """Raise the message of a refusal; do nothing for any other decision.

    decision: The decision.
    output: The output.
    manifest: What the output is to be made from, or None if that is not known yet.
    RAISES: FileExistsError (H024) if the output exists, (H048) if parts exist; ValueError (H049)
        if the parts or the output were made from something else.
    """
    folder = parts_folder(output)
    if decision is Decision.REFUSE_OUTPUT:
        raise FileExistsError(Errors.H024.format(path=output))
    if decision is Decision.REFUSE_PARTS:
        raise FileExistsError(Errors.H048.format(folder=folder))
    changed = {
        Decision.REFUSE_CHANGED_PARTS: (folder, folder / MANIFEST),
        Decision.REFUSE_CHANGED_OUTPUT: (output, manifest_path(output)),
    }
    if manifest is not None and decision in changed:
        place, path = changed[decision]
        names = ", ".join(manifest.differences(_read(path)))
        raise ValueError(Errors.H049.format(folder=place, names=names))


def _read(path: Path) -> str:
    return path.read_text("utf8") if path.exists() else ""
