"""The raw texts of a project: those that are not labelled yet."""

import json
from collections.abc import Set
from pathlib import Path

from ..data.checks import FileReport, Problem
from ..data.entries import without_white_space
from ..errors import Errors
from ..labelling.inputs import find_inputs
from ..labelling.records import BadRecord, Record
from ..labelling.texts import read_texts


def write_pool(path: Path, location: str, labelled: Set[str], max_length: int) -> FileReport:
    """Write the raw texts that are not labelled, an object a line.

    path: The `.jsonl` file to write.
    location: Texts in a file, or in a folder of files; see `find_inputs`.
    labelled: The labelled texts, without white space.
    max_length: The most characters of a text.
    RETURNS: What was written, what was left out because it is labelled, and what is wrong.
    RAISES: ValueError (H018, H019, H058) if nothing can be read, (H079) if no text is left.
    """
    report = FileReport(location)
    with path.open("w", encoding="utf8", newline="\n") as lines:
        for file in find_inputs(location):
            for number, record in read_texts(file, max_length):
                if isinstance(record, BadRecord):
                    reason = f"{record.file}: it {record.reason}"
                    report.problems.append(Problem("unreadable line", number, reason))
                elif without_white_space(text_of(record)) in labelled:
                    report.left_out["labelled already"] += 1
                else:
                    report.n_texts += 1
                    lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    if not report.n_texts:
        raise ValueError(Errors.H079.format(path=location))
    return report


def text_of(record: Record) -> str:
    """A record's text; of one that consists of words, with a space between them."""
    return record["text"] if "text" in record else " ".join(record["words"])
