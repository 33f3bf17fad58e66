"""Raw texts for the teachers to label: those that can be used and are not labelled yet."""

from collections.abc import Container, Iterator

from ..errors import Errors
from .checks import digest_text
from .file_report import FileReport
from .inputs import find_inputs
from .progress import Progress, counted
from .raw_texts import read_raw_texts
from .records import InvalidRecord, Record, text_of

LABELLED = "labelled already"


def read_pool(
    location: str,
    labelled: Container[bytes],
    max_length: int,
    report: FileReport,
    on_progress: Progress | None = None,
) -> Iterator[Record]:
    """Read the raw texts that are not labelled.

    location: Texts in a file, or in a folder of files; see `find_inputs`.
    labelled: The digests of the labelled texts, see `digest_text`.
    max_length: The most characters of a text.
    report: Is filled with what is read, what is left out and what is wrong.
    on_progress: Is called with the number of records that have been read since the last call.
    YIELDS: The records.
    RAISES: ValueError (H018, H019, H058) if nothing can be read.
    """
    files = find_inputs(location)
    for file in files:
        name = file.name if len(files) > 1 else ""
        for number, record in counted(read_raw_texts(file, max_length), on_progress):
            if isinstance(record, InvalidRecord):
                report.add_invalid(record, name)
            elif digest_text(text_of(record)) in labelled:
                report.leave_out(LABELLED, number, name)
            else:
                report.n_texts += 1
                yield record


def check_pool(report: FileReport) -> None:
    """RAISES: ValueError (H079) with the reasons if a pool has no text."""
    if report.n_texts:
        return
    found = {**report.counted_problems(), **report.left_out}
    reasons = [f"{kind}: {own.n} ({own.named})" for kind, own in found.items()]
    reason = "; ".join(reasons) or "It is empty"
    raise ValueError(Errors.H079.format(path=report.name, reason=reason))
