"""Decide whether a run begins, resumes, is done already or is refused."""

from dataclasses import dataclass
from enum import Enum


class OutputState(Enum):
    """What exists where an output is to be."""

    NONE = "nothing"
    UNKNOWN = "an output that has not been compared with what is to be made"
    SAME = "a complete output, made from the same input, teachers and settings"
    OTHER = "an output that was made from something else, or does not say from what"
    DAMAGED = "an output whose manifest cannot be read, or that lacks shards"


class PartsState(Enum):
    """What a stopped run has left beside the output."""

    NONE = "nothing to resume"
    UNKNOWN = "parts that have not been compared with what is to be made"
    SAME = "parts of the same input, teachers and settings"
    MOVED = "the same, but without shards, which may have become the output"
    CHANGED_FILES = "parts of the same, except that some of the input files have changed"
    OTHER = "parts of something else"
    DAMAGED = "parts whose manifest cannot be read"


class Decision(Enum):
    """What a run does."""

    BEGIN = "begin"
    BEGIN_ANEW = "remove the parts, and begin"
    RESUME = "keep the parts that can still be used, and label the rest"
    DONE = "remove what is left of the parts, and end"
    COMPARE = "compare what exists with what is to be made, and decide again"
    REFUSE_OUTPUT = "refuse, because an output exists that may not be replaced"
    REFUSE_PARTS = "refuse, because parts exist, and neither option says what to do with them"
    REFUSE_CHANGED_PARTS = "refuse, because the parts were made from something else"
    REFUSE_CHANGED_OUTPUT = "refuse, because the output was made from something else"
    REFUSE_DAMAGED_PARTS = "refuse, because the parts do not say what they were made from"
    REFUSE_DAMAGED_OUTPUT = "refuse, because the output is damaged"


@dataclass(frozen=True, kw_only=True)
class ExistingOutput:
    """What exists before a run.

    output: What is in the output's place.
    was_allowed: Whether a stopped run was allowed to replace the output, or has written it.
    parts: What is beside it.
    """

    output: OutputState
    was_allowed: bool
    parts: PartsState


def decide(found: ExistingOutput, *, resume: bool, overwrite: bool) -> Decision:
    """Decide what a run does.

    found: What exists.
    resume: Whether to continue a stopped run.
    overwrite: Whether an output may be replaced, and parts that cannot be resumed be removed.
    RETURNS: The decision. It is COMPARE only if it depends on something UNKNOWN.
    """
    has_output = found.output is not OutputState.NONE
    has_parts = found.parts is not PartsState.NONE
    # a run may have been stopped after it had written its output, but before it could tidy up
    if has_output and not overwrite and not (resume and found.was_allowed):
        is_damaged = resume and found.output is OutputState.DAMAGED
        return Decision.REFUSE_DAMAGED_OUTPUT if is_damaged else Decision.REFUSE_OUTPUT
    if resume:
        if found.parts is PartsState.DAMAGED and not overwrite:
            return Decision.REFUSE_DAMAGED_PARTS
        if found.output is OutputState.UNKNOWN or found.parts is PartsState.UNKNOWN:
            return Decision.COMPARE
        is_tidy = found.parts in (PartsState.NONE, PartsState.MOVED)
        if found.output is OutputState.SAME and is_tidy:
            return Decision.DONE
        is_damaged = found.output is OutputState.DAMAGED
        # what is finished may be in the damaged output
        is_lost = is_damaged and found.parts is PartsState.MOVED and not overwrite
        can_resume = (PartsState.SAME, PartsState.MOVED, PartsState.CHANGED_FILES)
        if found.parts in can_resume and not is_lost:
            return Decision.RESUME
        if has_parts and not overwrite and not is_lost:
            return Decision.REFUSE_CHANGED_PARTS
        if has_output and not overwrite:
            return Decision.REFUSE_DAMAGED_OUTPUT if is_damaged else Decision.REFUSE_CHANGED_OUTPUT
    elif has_parts and not overwrite:
        return Decision.REFUSE_PARTS
    return Decision.BEGIN_ANEW if has_parts else Decision.BEGIN
