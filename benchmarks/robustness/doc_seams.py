"""What docs go through, within spaCy and Python."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from spacy_halfree import doc_from_json, doc_to_json

from .toy_docs import SECOND_SENTENCE, SOFT_LABELS, TEXT, Facts, make_doc, make_soft_doc, read_facts

DocSeam = Callable[[Language, Path], Facts]
"""Takes a pipeline and an empty folder, and gives back what has come through."""


def through(change: Callable[[Doc], Doc]) -> DocSeam:
    """A seam of a doc that needs no more than the doc."""
    return lambda nlp, _: read_facts(change(make_doc(nlp)))


def bin_again(doc: Doc, store_user_data: bool = False) -> Doc:
    """A doc through the bytes of a `DocBin`."""
    stored = DocBin(docs=[doc], store_user_data=store_user_data).to_bytes()
    (again,) = DocBin().from_bytes(stored).get_docs(doc.vocab)
    return again


def bytes_again(doc: Doc, exclude: tuple[str, ...] = ()) -> Doc:
    """A doc through its own bytes."""
    return Doc(doc.vocab).from_bytes(doc.to_bytes(exclude=exclude))


def json_again(doc: Doc) -> Doc:
    """A doc through its JSON."""
    return Doc(doc.vocab).from_json(doc.to_json())


def full_json_again(doc: Doc) -> Doc:
    """A doc through its JSON with confidence."""
    return doc_from_json(doc.vocab, doc_to_json(doc))


def relabelled(doc: Doc) -> Doc:
    """A doc whose entities have other labels, as a rule may give them."""
    doc.set_ents([Span(doc, ent.start, ent.end, label=f"MY_{ent.label_}") for ent in doc.ents])
    return doc


def joined(doc: Doc, exclude: tuple[str, ...] = ()) -> Doc:
    """A doc behind another one."""
    other = Doc(doc.vocab, words=["Before", "it", "."])
    both: Doc = Doc.from_docs([other, doc], exclude=exclude)  # type: ignore[call-arg]
    return both


def merged(doc: Doc) -> Doc:
    """A doc in which an entity has become one token."""
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc.ents[0])
    return doc


def split(doc: Doc) -> Doc:
    """A doc in which a word outside of spans has become two."""
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[0], ["No", "body"], heads=[(doc[0], 1), doc[1]])
    return doc


def disk(nlp: Language, folder: Path) -> Facts:
    """`Doc.to_disk` and `from_disk`."""
    make_doc(nlp).to_disk(folder / "doc")
    return read_facts(Doc(nlp.vocab).from_disk(folder / "doc"))


def tagged(nlp: Language, folder: Path) -> Facts:
    """`nlp.pipe` with contexts."""
    ((doc, _),) = nlp.pipe([(make_soft_doc(nlp), 1)], as_tuples=True)
    return read_facts(doc)


def in_processes(nlp: Language, folder: Path) -> Facts:
    """`nlp.pipe` with two processes. The doc brings its soft labels along."""
    docs = [make_soft_doc(nlp), nlp.make_doc("Before it.")]
    first, _ = nlp.pipe(docs, n_process=2)
    return read_facts(first)


def zone(nlp: Language, folder: Path) -> Facts:
    """Bytes that were made within a memory zone, read after its end."""
    with nlp.memory_zone():
        stored = make_doc(nlp).to_bytes()
    return read_facts(Doc(nlp.vocab).from_bytes(stored))


def applied(nlp: Language, folder: Path) -> Facts:
    """`spacy apply`, as a user would run it. It has no soft labels to lose."""
    nlp.to_disk(folder / "pipeline")
    (folder / "text.txt").write_text(TEXT, encoding="utf8")
    command = ["apply", folder / "pipeline", folder / "text.txt", folder / "out.spacy"]
    subprocess.run(
        [sys.executable, "-m", "spacy", *map(str, command)], check=True, capture_output=True
    )
    (doc,) = DocBin().from_disk(folder / "out.spacy").get_docs(spacy.blank("en").vocab)
    found = dict(read_facts(doc).found)
    del found[SOFT_LABELS]
    return Facts(found)


LIGHT_SEAMS: dict[str, DocSeam] = {
    "`doc.copy()`": through(lambda doc: doc.copy()),
    "`pickle`": through(lambda doc: pickle.loads(pickle.dumps(doc))),
    "`doc.to_bytes()`": through(bytes_again),
    '`doc.to_bytes(exclude=["user_data"])`': through(lambda doc: bytes_again(doc, ("user_data",))),
    "`doc.to_disk()`": disk,
    "`DocBin(store_user_data=True)`": through(lambda doc: bin_again(doc, store_user_data=True)),
    "`DocBin()`": through(bin_again),
    "`doc.to_json()`, `Doc.from_json`": through(json_again),
    "`doc_to_json(doc)`, `doc_from_json`": through(full_json_again),
    "`doc.set_ents()` with other labels": through(relabelled),
    "`doc[i:j].as_doc(copy_user_data=True)`": through(
        lambda doc: doc[SECOND_SENTENCE:].as_doc(copy_user_data=True)
    ),
    "`doc[i:j].as_doc()`": through(lambda doc: doc[SECOND_SENTENCE:].as_doc()),
    "`Doc.from_docs(docs)`": through(joined),
    '`Doc.from_docs(docs, exclude=["user_data"])`': through(
        lambda doc: joined(doc, ("user_data",))
    ),
    "`retokenizer.merge` of an entity": through(merged),
    "`retokenizer.split` of another word": through(split),
    "`nlp.pipe(as_tuples=True)`": tagged,
    "`doc.to_bytes()` in a memory zone, read after it": zone,
}
"""Seams that take no time."""
SLOW_SEAMS: dict[str, DocSeam] = {
    "`nlp.pipe(n_process=2)`": in_processes,
    "`spacy apply`": applied,
}
"""Seams with processes of their own."""
