"""A process in which one build of the package checks files.

    python -m benchmarks.check_process

It prints where its package is, and then answers requests `[measure, path]` with the seconds, and
the SHA-256 of what was found. It uses interfaces that all builds have.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Timed = Callable[[], Any]


def check_objects(path: Path) -> Timed:
    """`check_file` of texts that are read already."""
    from spacy_halfree.data.checks import check_file, find_gaps

    records = read(path)

    def run() -> Any:
        report = check_file(path.name, records)
        return describe_problems(report.problems), find_gaps(report, [])

    return run


def make_docs(path: Path) -> Timed:
    """`make_gold` of texts that are read already."""
    from spacy_halfree.data.gold import make_gold

    records = read(path)

    def run() -> Any:
        gold = [make_gold(record) for record in records]
        return [([token.ent_iob for token in own.doc], str(own.left_out)) for own in gold]

    return run


def check_whole_file(path: Path) -> Timed:
    """What the command `check` does, from the file to the sentences."""
    from spacy_halfree.data.check_files import check_files
    from spacy_halfree.data.checks import find_gaps

    def run() -> Any:
        found: Any = check_files(path)
        # a list in older builds
        reports = getattr(found, "reports", found)
        problems = [describe_problems(report.problems) for report in reports]
        return problems, find_gaps(reports[0], reports[1:])

    return run


MEASURES: dict[str, Callable[[Path], Timed]] = {
    "check_file": check_objects,
    "make_gold": make_docs,
    "whole file": check_whole_file,
}


def read(path: Path) -> list[Any]:
    """The records of a file."""
    import spacy

    from spacy_halfree.data.annotated_texts import read_annotated_texts

    return list(read_annotated_texts(path, spacy.blank("en")))


def describe_problems(problems: Iterable[Any]) -> list[list[Any]]:
    """Problems as JSON has them."""
    return [
        [own.kind, own.number, own.reason, own.text, own.span and vars(own.span)]
        for own in problems
    ]


def main() -> None:
    """Answer requests until the standard input ends."""
    import spacy_halfree

    print(json.dumps(str(Path(spacy_halfree.__file__).resolve())), flush=True)
    for line in sys.stdin:
        measure, path = json.loads(line)
        run = MEASURES[measure](Path(path))
        start = time.perf_counter()
        found = run()
        taken = time.perf_counter() - start
        digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
        print(json.dumps([taken, digest]), flush=True)


if __name__ == "__main__":
    main()
