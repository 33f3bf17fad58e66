"""A process that tags texts when it is asked to, and prints how many seconds that took.

    python -m benchmarks.speed.tagging_process PIPELINE TEXTS.json

It reads a request a line, a JSON object with `batch_size`, `n_texts` and `n_process`. What the
pipeline computes with is what is installed where the process is started.
"""

import json
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from .asked_process import AskedProcess


class TaggingProcess(AskedProcess):
    """Such a process.

    Args:
        folder: where it is started: its packages come first.
        pipeline: the pipeline's folder.
        texts: a JSON file with a list of texts.
        variables: environment variables to set.
    """

    def __init__(
        self, folder: Path, pipeline: Path, texts: Path, variables: dict[str, str] | None = None
    ) -> None:
        paths = [str(path.resolve()) for path in (pipeline, texts)]
        super().__init__(folder, "benchmarks.speed.tagging_process", *paths, variables=variables)
        self.receive()

    def ask(self, batch_size: int, n_texts: int, *, n_process: int = 1, raw: bool = False) -> None:
        """Let it start to tag.

        Args:
            batch_size: how many texts at a time.
            n_texts: how many texts in all.
            n_process: how many processes tag; with more than one, texts are raw.
            raw: whether tokenizing them is timed, too.
        """
        request = {"batch_size": batch_size, "n_texts": n_texts, "n_process": n_process}
        self.send(request | {"raw": raw or n_process > 1})

    def answer(self) -> float:
        """Wait for it, and return the seconds that it took."""
        return float(self.receive())

    def seconds(
        self, batch_size: int, n_texts: int, *, n_process: int = 1, raw: bool = False
    ) -> float:
        """Let it tag, and return the seconds that it took; see `ask`."""
        self.ask(batch_size, n_texts, n_process=n_process, raw=raw)
        return self.answer()


def main(pipeline: str, path: str) -> None:
    """Answer requests until the standard input ends."""
    import spacy

    nlp = spacy.load(pipeline)
    texts = json.loads(Path(path).read_text(encoding="utf8"))
    # every word is known afterwards
    for _ in nlp.pipe(texts, batch_size=256):
        pass
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        chosen = list(islice(cycle(texts), request["n_texts"]))
        inputs: Any = chosen if request["raw"] else [nlp.make_doc(text) for text in chosen]
        start = time.perf_counter()
        for _ in nlp.pipe(inputs, batch_size=request["batch_size"], n_process=request["n_process"]):
            pass
        print(json.dumps(time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
