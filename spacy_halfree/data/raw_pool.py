"""Raw texts for the teachers to label: those that can be used and are not labelled yet."""

from collections.abc import Iterator, Mapping

from ..errors import Errors
from .checks import digest_text
from .file_report import FileReport
from .inputs import find_inputs
from .progress import Progress, counted
from .raw_texts import read_raw_texts
from .records import InvalidRecord, Record, text_of

LABELLED = "labelled already"
IN_POOL = "in the pool already"


def read_pool(
    location: str,
    known: Mapping[bytes, str],
    max_length: int,
    report: FileReport,
    on_progress: Progress | None = None,
) -> Iterator[Record]:
    """Read the raw texts that are not known.

    location: Texts in a file, or in a folder of files; see `find_inputs`.
    known: The digests of the texts to leave out, see `digest_text`, and why.
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
                continue
            reason = known.get(digest_text(text_of(record)))
            if reason is not None:
                report.leave_out(reason, number, name)
            else:
                report.n_texts += 1
                yield record


def check_pool(*reports: FileReport) -> None:
    """RAISES: ValueError (H079) with the reasons if no raw text is left."""
    if any(report.n_texts for report in reports):
        return
    found = [
        f"{own.n} texts or lines: {kind} ({own.named})"
        for report in reports
        for kind, own in (report.counted_problems() | report.left_out).items()
    ]
    names = ", ".join(report.name for report in reports)
    raise ValueError(Errors.H079.format(path=names, reason="; ".join(found) or "it is empty"))
