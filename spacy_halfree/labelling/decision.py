"""Whether a run begins, goes on, is done already or is refused: decided from plain values."""

from dataclasses import dataclass
from enum import Enum, auto


class OutputState(Enum):
    """What stands in an output's place.

    NONE: Nothing.
    UNKNOWN: An output; what it was made from has not been compared yet.
    SAME: A complete output, made from the same input, teachers and settings.
    OTHER: An output that was made from something else, or that does not say from what.
    """

    NONE = auto()
    UNKNOWN = auto()
    SAME = auto()
    OTHER = auto()


class PartsState(Enum):
    """What a stopped run has left beside the output.

    NONE: Nothing that can be gone on from.
    UNKNOWN: Parts; what they were made from has not been compared yet.
    SAME: Parts of the same input, teachers and settings.
    MOVED: The same, but without shards: these may be the output already.
    CHANGED_FILES: Parts of a folder of which some files have changed, and nothing else.
    OTHER: Parts of something else.
    """

    NONE = auto()
    UNKNOWN = auto()
    SAME = auto()
    MOVED = auto()
    CHANGED_FILES = auto()
    OTHER = auto()


class Decision(Enum):
    """What a run does.

    BEGIN: It begins.
    BEGIN_ANEW: It removes the parts, and begins.
    RESUME: It goes on with the parts that are still good.
    DONE: It has nothing to do but to remove what is left of the parts.
    COMPARE: It compares what is there with what it would make, and decides again.
    REFUSE_OUTPUT: It is refused, because an output exists that it may not replace.
    REFUSE_PARTS: It is refused, because it was not said what should become of the parts.
    REFUSE_CHANGED_PARTS: It is refused, because the parts come from something else.
    REFUSE_CHANGED_OUTPUT: It is refused, because the complete output comes from something else.
    """

    BEGIN = auto()
    BEGIN_ANEW = auto()
    RESUME = auto()
    DONE = auto()
    COMPARE = auto()
    REFUSE_OUTPUT = auto()
    REFUSE_PARTS = auto()
    REFUSE_CHANGED_PARTS = auto()
    REFUSE_CHANGED_OUTPUT = auto()


@dataclass(frozen=True, kw_only=True)
class ExistingOutput:
    """What is there before a run.

    output: What stands in the output's place.
    was_allowed: Whether a run that was stopped was allowed to replace it, or has written it.
    parts: What stands beside it.
    """

    output: OutputState
    was_allowed: bool
    parts: PartsState


def decide(found: ExistingOutput, *, resume: bool, overwrite: bool) -> Decision:
    """Decide what a run does.

    found: What is there.
    resume: Whether to go on where an earlier run was stopped.
    overwrite: Whether to replace an output, and to begin anew if there is nothing to go on from.
    RETURNS: The decision. COMPARE only if it depends on something UNKNOWN.
    """
    has_output = found.output is not OutputState.NONE
    has_parts = found.parts is not PartsState.NONE
    # a run that is to go on may have been stopped when all was done but tidying up
    if has_output and not overwrite and not (resume and found.was_allowed):
        return Decision.REFUSE_OUTPUT
    if resume:
        if found.output is OutputState.UNKNOWN or found.parts is PartsState.UNKNOWN:
            return Decision.COMPARE
        is_tidy = found.parts in (PartsState.NONE, PartsState.MOVED)
        if found.output is OutputState.SAME and is_tidy:
            return Decision.DONE
        if found.parts in (PartsState.SAME, PartsState.MOVED, PartsState.CHANGED_FILES):
            return Decision.RESUME
        if has_parts and not overwrite:
            return Decision.REFUSE_CHANGED_PARTS
        if has_output and not overwrite:
            return Decision.REFUSE_CHANGED_OUTPUT
    elif has_parts and not overwrite:
        return Decision.REFUSE_PARTS
    return Decision.BEGIN_ANEW if has_parts else Decision.BEGIN
