"""From texts as they were read to docs to train on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .annotated_texts import read_annotated_texts
from .checks import check_text
from .file_formats.spacy_docs import read_docs
from .offsets import OffsetUnit
from .records import AnnotatedText, InvalidRecord, LabelledSpan, touched_tokens


@dataclass(frozen=True)
class GoldText:
    """A text to train on.

    doc: The doc; its entities are what can be learned of the annotation.
    left_out: The spans that cannot be: their tokens have no annotation, rather than "O".
    """

    doc: Doc
    left_out: tuple[LabelledSpan, ...]


def make_gold(text: AnnotatedText) -> GoldText:
    """Make the doc of a text.

    text: The text. Its doc is left as it is.
    RETURNS: The doc. Spans with which something is wrong (see `check_text`) are left out; of
        spans that overlap, the first one stays.
    """
    wrong = Counter(problem.span for problem in check_text(text) if problem.span is not None)
    doc = text.doc.copy()
    entities, left_out = [], []
    for span in text.spans:
        if wrong[span]:
            # the same span may stand there twice, of which one is to be kept
            wrong[span] -= 1
            left_out.append(span)
            continue
        entity = doc.char_span(span.start, span.end, label=span.label)
        assert entity is not None
        entities.append(entity)
    inside = {token.i for entity in entities for token in entity}
    bounds = [(span.start, span.end) for span in left_out]
    unknown = {*text.missing, *touched_tokens(doc, bounds)}
    missing = [doc[i : i + 1] for i in sorted(unknown - inside)]
    doc.set_ents(entities, missing=missing, default="outside")
    return GoldText(doc, tuple(left_out))


@dataclass(frozen=True)
class GoldFile:
    """The annotated texts of a file.

    docs: The docs.
    n_left_out: How many spans could not be used.
    n_spans: How many spans the file has, those included.
    """

    docs: list[Doc]
    n_left_out: int = 0
    n_spans: int = 0


def read_gold(path: Path, nlp: Language, *, offsets: OffsetUnit | None = None) -> GoldFile:
    """Annotated docs to score with.

    path: A `.spacy` file, whose docs are taken as they are, or any other file of
        `read_annotated_texts`.
    nlp: Tokenizes what comes without docs.
    offsets: The unit in which exports of doccano count, see `read_annotated_texts`.
    RETURNS: The docs, and how many spans were left out (see `make_gold`).
    RAISES: ValueError (H046, H047) if the file, or a single text of it, cannot be read.
    """
    if path.suffix.lower() == ".spacy":
        return GoldFile(read_docs(path, nlp.vocab))
    texts = []
    for record in read_annotated_texts(path, nlp, offsets=offsets):
        if isinstance(record, InvalidRecord):
            reason = f"number {record.line}: it {record.reason}"
            raise ValueError(Errors.H046.format(path=path, reason=reason))
        if isinstance(record, AnnotatedText):
            texts.append(record)
    return make_gold_file(texts)


def make_gold_file(texts: Iterable[AnnotatedText]) -> GoldFile:
    """Make the docs of texts (see `make_gold`)."""
    gold = [make_gold(text) for text in texts]
    n_left_out = sum(len(text.left_out) for text in gold)
    n_kept = sum(len(text.doc.ents) for text in gold)
    return GoldFile([text.doc for text in gold], n_left_out, n_left_out + n_kept)
