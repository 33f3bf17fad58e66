"""A process in which one build of the package reads a file of annotated texts.

    python -m benchmarks.read_process

It prints where its package is, and then answers requests `[measure, path]` with the processor time
in seconds, the number of texts and spans, and the peak memory in MB.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .speed.process_memory import peak_megabytes


def parse(path: Path) -> Iterable[Any]:
    """`json.loads` of each line."""
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def read(path: Path) -> Iterable[Any]:
    """The texts as the file has them. Builds that cannot read without tokenizing do both."""
    try:
        from spacy_halfree.data.annotated_texts import find_annotated_files
    except ImportError:
        yield from read_and_tokenize(path)
    else:
        (file,) = find_annotated_files([path])
        for _, record in file.read():
            yield record


def read_and_tokenize(path: Path) -> Iterable[Any]:
    """The texts with their tokens."""
    import spacy

    from spacy_halfree.data.annotated_texts import read_annotated_texts

    return read_annotated_texts(path, spacy.blank("en"))


MEASURES: dict[str, Callable[[Path], Iterable[Any]]] = {
    "json.loads": parse,
    "read": read,
    "read and tokenize": read_and_tokenize,
}


def drain(values: Iterable[Any]) -> tuple[int, int]:
    """The number of values, and of spans in them."""
    n_texts = n_spans = 0
    for value in values:
        n_texts += 1
        n_spans += len(value["label"] if isinstance(value, dict) else value.spans)
    return n_texts, n_spans


def main() -> None:
    """Answer requests until the standard input ends."""
    import spacy_halfree

    print(json.dumps(str(Path(spacy_halfree.__file__).resolve())), flush=True)
    # what is imported and looked up once takes no part
    import spacy

    spacy.blank("en")
    for line in sys.stdin:
        measure, path = json.loads(line)
        start = time.process_time()
        counts = drain(MEASURES[measure](Path(path)))
        taken = time.process_time() - start
        print(json.dumps([taken, *counts, peak_megabytes()]), flush=True)


if __name__ == "__main__":
    main()
