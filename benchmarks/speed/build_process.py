"""A process in which one build of the package computes.

    python -m benchmarks.speed.build_process tagging|annotating TEXTS.json PIPELINE...

It prints where its package is, and then answers requests: `{"hash": n}` with the SHA-256 of what
it makes of the first n texts, and `{"time": n}` with the seconds that it takes for n texts, and
those of the processor. It uses interfaces that all builds have.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, DocBin, SpanGroup

from .asked_process import AskedProcess

BATCH_SIZE = 256
"""Of `nlp.pipe`; that of `annotate` is the default."""


class BuildProcess(AskedProcess):
    """Such a process.

    Args:
        folder: the build's folder.
        kind: "tagging" for `nlp.pipe`, "annotating" for `annotate`.
        texts: a JSON file with a list of texts.
        pipelines: the folders of the pipelines: one for `nlp.pipe`, or all teachers.

    Raises:
        RuntimeError: if the process has found another build.
    """

    def __init__(self, folder: Path, kind: str, texts: Path, pipelines: Sequence[Path]) -> None:
        paths = [str(path.resolve()) for path in (texts, *pipelines)]
        super().__init__(folder, "benchmarks.speed.build_process", kind, *paths)
        found = Path(self.receive())
        if not found.is_relative_to(folder.resolve()):
            self.close()
            raise RuntimeError(f"{found} was imported, which is not in {folder}")

    def hash(self, n_texts: int) -> str:
        """The SHA-256 of what it makes of the first texts."""
        self.send({"hash": n_texts})
        return str(self.receive())

    def seconds(self, n_texts: int) -> tuple[float, float]:
        """How long it takes for so many texts, which are repeated if there are fewer.

        Returns:
            Seconds, and seconds of all processor cores that it has worked.
        """
        self.send({"time": n_texts})
        elapsed, worked = self.receive()
        return float(elapsed), float(worked)


def hash_tagged(docs: Iterable[Doc]) -> str:
    """The SHA-256 of tags, entities, spans and confidences."""
    digest = hashlib.sha256()
    for doc in docs:
        groups = {"ents": doc.ents} | {key: doc.spans[key] for key in sorted(doc.spans)}
        found = {key: describe_spans(spans) for key, spans in groups.items()}
        digest.update(json.dumps([[token.tag_ for token in doc], found]).encode())
    return digest.hexdigest()


def describe_spans(spans: Sequence[Any] | SpanGroup) -> list[tuple[int, int, str, float | None]]:
    return [(span.start, span.end, span.label_, span._.confidence) for span in spans]


def hash_annotated(docs: Iterable[Doc]) -> str:
    """The SHA-256 of docs with all that stands on them, soft labels included."""
    content = DocBin(store_user_data=True, docs=docs).to_bytes()
    return hashlib.sha256(content).hexdigest()


def find_annotate() -> Callable[..., Iterable[Doc]]:
    """The function `annotate`, wherever this build has it."""
    module = import_module("spacy_halfree")
    if not hasattr(module, "annotate"):
        module = import_module("spacy_halfree.distill.annotate")
    found: Callable[..., Iterable[Doc]] = module.annotate
    return found


def main(kind: str, path: str, *pipelines: str) -> None:
    """Answer requests until the standard input ends."""
    import spacy

    import spacy_halfree

    loaded = [spacy.load(pipeline) for pipeline in pipelines]
    texts = json.loads(Path(path).read_text(encoding="utf8"))
    prepare, compute, make_hash = TASKS[kind](loaded)
    print(json.dumps(str(Path(spacy_halfree.__file__).resolve())), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "hash" in request:
            print(json.dumps(make_hash(compute(prepare(texts[: request["hash"]])))), flush=True)
            continue
        inputs = prepare(list(islice(cycle(texts), request["time"])))
        start, start_of_work = time.perf_counter(), time.process_time()
        for _ in compute(inputs):
            pass
        elapsed, worked = time.perf_counter() - start, time.process_time() - start_of_work
        print(json.dumps([elapsed, worked]), flush=True)


Task = tuple[
    Callable[[list[str]], Sequence[str | Doc]],
    Callable[[Sequence[str | Doc]], Iterable[Doc]],
    Callable[[Iterable[Doc]], str],
]
"""Prepares texts, computes, and hashes what has come of it."""


def tagging(pipelines: Sequence[Language]) -> Task:
    """`nlp.pipe` of texts that are tokenized already."""
    (nlp,) = pipelines
    return (
        lambda texts: [nlp.make_doc(text) for text in texts],
        lambda docs: nlp.pipe(docs, batch_size=BATCH_SIZE),
        hash_tagged,
    )


def annotating(pipelines: Sequence[Language]) -> Task:
    """`annotate` with one teacher or several."""
    annotate = find_annotate()
    return (lambda texts: texts, lambda texts: annotate(pipelines, texts), hash_annotated)


TASKS = {"tagging": tagging, "annotating": annotating}


if __name__ == "__main__":
    main(*sys.argv[1:])
