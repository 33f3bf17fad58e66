"""From records to spaCy's files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from records import Record, Span
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_halfree.data.gold import make_gold
from spacy_halfree.data.records import AnnotatedText, LabelledSpan


def make_doc(nlp: Language, record: Record) -> tuple[Doc, list[Span]]:
    """Make the document of a record.

    Args:
        nlp: the pipeline whose tokenizer is used.
        record: a text with its spans.

    Returns:
        The document, whose entities are the spans which align with its tokens, and the spans
        which do not align. The tokens of the latter have missing annotation, all others which
        are in no entity have the annotation "no entity".
    """
    spans = tuple(LabelledSpan(span.start, span.end, span.label) for span in record.spans)
    gold = make_gold(AnnotatedText(1, nlp.make_doc(record.text), spans))
    return gold.doc, [Span(span.start, span.end, span.label) for span in gold.left_out]


def write_docs(path: Path, nlp: Language, records: Sequence[Record]) -> dict[str, Any]:
    """Write the documents of the records and describe them.

    Args:
        path: the `.spacy` file to write.
        nlp: the pipeline whose tokenizer is used.
        records: what to write.

    Returns:
        Counts of texts, tokens, spans and labels, and the spans which do not align.
    """
    doc_bin = DocBin(attrs=["ENT_IOB", "ENT_TYPE"])
    n_tokens = 0
    unaligned = []
    for record in records:
        doc, skipped = make_doc(nlp, record)
        doc_bin.add(doc)
        n_tokens += len(doc)
        unaligned += [
            {"text": record.text, "span": record.text[span.start : span.end], **asdict(span)}
            for span in skipped
        ]
    doc_bin.to_disk(path)
    labels = Counter(span.label for record in records for span in record.spans)
    return {
        "texts": len(records),
        "tokens": n_tokens,
        "spans": labels.total(),
        "labels": dict(sorted(labels.items())),
        "unaligned": unaligned,
    }


def summarize(name: str, described: dict[str, Any]) -> str:
    """Return a line on the documents that `write_docs` has described."""
    return (
        f"{name}: {described['texts']} texts, {described['tokens']} tokens, "
        f"{described['spans']} spans, {len(described['labels'])} labels"
    )
