"""Make docs to train and to score on from annotated texts."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors, Warnings
from .annotated_texts import find_annotated_files, tokenize
from .checks import check_text
from .file_formats.spacy_docs import DOCS, read_docs
from .read_settings import ReadSettings
from .records import AnnotatedText, InvalidRecord, LabelledSpan, touched_tokens

logger = logging.getLogger("spacy.halfree")
MOST_NAMED = 5
"""So many records that cannot be used are named."""


@dataclass(frozen=True)
class GoldText:
    """A text to train on.

    doc: The doc, with the spans that can be learned as entities.
    left_out: The other spans. Their tokens have missing annotation, not "O".
    """

    doc: Doc
    left_out: tuple[LabelledSpan, ...]


def make_gold(text: AnnotatedText) -> GoldText:
    """Make the doc of a text. This is the one place where spans become missing annotation.

    text: The text. Its own doc does not change.
    RETURNS: The doc. Spans that `check_text` objects to are left out; of overlapping spans, the
        first one is kept, and of several labels of one span, the first by name.
    """
    wrong = Counter(problem.span for problem in check_text(text) if problem.span is not None)
    doc = text.doc.copy()
    entities, left_out = [], []
    for span in text.spans:
        if wrong[span]:
            # of two equal spans, one is kept
            wrong[span] -= 1
            left_out.append(span)
            continue
        entity = doc.char_span(span.start, span.end, label=span.label)
        assert entity is not None
        entities.append(entity)
    inside = {i for entity in entities for i in range(entity.start, entity.end)}
    bounds = [(span.start, span.end) for span in left_out]
    unknown = {*text.missing, *touched_tokens(doc, bounds)}
    missing = [doc[i : i + 1] for i in sorted(unknown - inside)]
    doc.set_ents(entities, missing=missing, default="outside")
    return GoldText(doc, tuple(left_out))


@dataclass(frozen=True)
class GoldFile:
    """The annotated texts of a file.

    docs: The docs.
    n_left_out: How many spans cannot be used.
    n_spans: How many spans there are, including those.
    skipped: How many texts have no annotation, by reason.
    """

    docs: list[Doc]
    n_left_out: int = 0
    n_spans: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def read_gold(path: Path, nlp: Language, settings: ReadSettings | None = None) -> GoldFile:
    """Read docs to score on.

    path: A `.spacy` file, whose docs are not changed, or another file of annotated texts.
    nlp: Tokenizes texts of other files.
    settings: How to read the file, where it leaves a choice.
    RETURNS: The docs, and how many spans were left out. A warning (W049) names records that cannot
        be used.
    RAISES: ValueError (H013, H046, H047, H097, H109) if the file or all records cannot be read.
    """
    files = find_annotated_files([path], settings, lang=str(nlp.lang))
    if len(files) == 1 and files[0].format is DOCS:
        if settings and (settings.spans_key is not None or settings.skip_empty):
            # docs are scored as they are
            options = "--spans-key, --skip-empty"
            raise ValueError(Errors.H097.format(options=options, titles=DOCS.title))
        return GoldFile(read_docs(files[0].source, nlp.vocab))
    texts, invalid, skipped = [], list[InvalidRecord](), Counter[str]()
    for record in chain.from_iterable(tokenize(file, nlp) for file in files):
        if isinstance(record, InvalidRecord):
            invalid.append(record)
        elif isinstance(record, AnnotatedText):
            texts.append(record)
        else:
            skipped[record.reason] += 1
    if invalid:
        named = [f"{own.file}, number {own.line}: it {own.reason}" for own in invalid[:MOST_NAMED]]
        if not texts:
            raise ValueError(Errors.H046.format(path=path, reason=named[0]))
        places = "; ".join(named) + ("; ..." if len(invalid) > MOST_NAMED else "")
        logger.warning(Warnings.W049.format(n=len(invalid), path=path, places=places))
    return replace(make_gold_file(texts), skipped=skipped)


def make_gold_file(texts: Iterable[AnnotatedText]) -> GoldFile:
    """Make the docs of texts, see `make_gold`."""
    gold = [make_gold(text) for text in texts]
    n_left_out = sum(len(text.left_out) for text in gold)
    n_kept = sum(len(text.doc.ents) for text in gold)
    return GoldFile([text.doc for text in gold], n_left_out, n_left_out + n_kept)
