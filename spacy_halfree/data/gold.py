"""From texts as they were read to docs to train on."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .checks import check_text
from .entries import BadLine, LabelledSpan, LabelledText
from .labelled_texts import read_docs, read_labelled_texts
from .offsets import OffsetUnit


@dataclass(frozen=True)
class GoldText:
    """A text to train on.

    doc: The doc; its entities are what can be learned of the annotation.
    left_out: The spans that cannot be: their tokens have no annotation, rather than "O".
    """

    doc: Doc
    left_out: tuple[LabelledSpan, ...]


def make_gold(entry: LabelledText) -> GoldText:
    """Make the doc of a text.

    entry: The text. Its doc is left as it is.
    RETURNS: The doc. Spans with which something is wrong (see `check_text`) are left out; of
        spans that overlap, the first one stays.
    """
    wrong = Counter(problem.span for problem in check_text(entry) if problem.span is not None)
    doc = entry.doc.copy()
    entities, left_out = [], []
    for span in entry.spans:
        if wrong[span]:
            # the same span may stand there twice, of which one is to be kept
            wrong[span] -= 1
            left_out.append(span)
            continue
        entity = doc.char_span(span.start, span.end, label=span.label)
        assert entity is not None
        entities.append(entity)
    inside = {token.i for entity in entities for token in entity}
    unknown = {*entry.missing, *(i for span in left_out for i in touched_tokens(doc, span))}
    missing = [doc[i : i + 1] for i in sorted(unknown - inside)]
    doc.set_ents(entities, missing=missing, default="outside")
    return GoldText(doc, tuple(left_out))


def read_gold(path: Path, nlp: Language, *, offsets: OffsetUnit | None = None) -> list[Doc]:
    """Annotated docs to score with.

    path: A `.spacy` file, whose docs are taken as they are, or any other file of
        `read_labelled_texts`.
    nlp: Tokenizes what comes without docs.
    offsets: The unit in which exports of doccano count, see `read_labelled_texts`.
    RETURNS: The docs.
    RAISES: ValueError (H046, H047) if the file, or a single text of it, cannot be read; ImportError
        (H097) if grapheme clusters are asked for and `regex` is not installed.
    """
    if path.suffix.lower() == ".spacy":
        return read_docs(path, nlp.vocab)
    docs = []
    for entry in read_labelled_texts(path, nlp, offsets=offsets):
        if isinstance(entry, BadLine):
            reason = f"number {entry.number}: {entry.reason}"
            raise ValueError(Errors.H046.format(path=path, reason=reason))
        if isinstance(entry, LabelledText):
            docs.append(make_gold(entry).doc)
    return docs


def touched_tokens(doc: Doc, span: LabelledSpan) -> list[int]:
    """The indices of the tokens that have a character in common with a span."""
    return [
        token.i for token in doc if token.idx < span.end and span.start < token.idx + len(token)
    ]
