"""From what was read to what is trained on: nothing wrong is learned, and nothing unknown is O."""

import json
from pathlib import Path
from unittest.mock import patch

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_halfree.data import gold as gold_module
from spacy_halfree.data.checks import check_text
from spacy_halfree.data.gold import make_gold, read_gold
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import AnnotatedText, LabelledSpan, touched_tokens

NLP = spacy.blank("en")
TEXT = "Play Abbey Road  now, don't stop"


def gold(*spans: tuple[int, int, str], missing: tuple[int, ...] = ()) -> Doc:
    found = tuple(LabelledSpan(*span) for span in spans)
    return make_gold(AnnotatedText(1, NLP.make_doc(TEXT), found, missing)).doc


def annotation(doc: Doc) -> list[str]:
    """Of each token "O", its label, or "?" if nothing is known."""
    return ["?" if token.ent_iob == 0 else token.ent_type_ or "O" for token in doc]


def test_what_is_right() -> None:
    assert annotation(gold((5, 15, "A"))) == ["O", "A", "A", *["O"] * 6]


def test_what_does_not_align_is_unknown() -> None:
    assert annotation(gold((5, 13, "A"))) == ["O", "?", "?", *["O"] * 6]


def test_the_first_of_spans_that_overlap_stays() -> None:
    assert annotation(gold((5, 15, "A"), (0, 10, "B")))[:3] == ["B", "B", "?"]
    assert annotation(gold((5, 15, "A"), (5, 15, "A")))[:3] == ["O", "A", "A"]
    assert annotation(gold((5, 15, "B"), (5, 15, "A")))[:3] == ["O", "A", "A"]


def test_what_was_missing_stays_so() -> None:
    assert annotation(gold((5, 15, "A"), missing=(0, 1)))[:3] == ["?", "A", "A"]


SPANS = st.builds(
    LabelledSpan,
    st.integers(-2, len(TEXT) + 2),
    st.integers(-2, len(TEXT) + 2),
    st.sampled_from(["A", "B", ""]),
)


@given(st.lists(SPANS, max_size=6))
def test_any_spans(spans: list[LabelledSpan]) -> None:
    entry = AnnotatedText(1, NLP.make_doc(TEXT), tuple(spans))
    made = make_gold(entry)
    kept = [LabelledSpan(ent.start_char, ent.end_char, ent.label_) for ent in made.doc.ents]
    assert sorted(map(str, [*kept, *made.left_out])) == sorted(map(str, spans))
    problems = [problem for problem in check_text(entry) if problem.span is not None]
    assert bool(made.left_out) == bool(problems)
    for token, known in zip(made.doc, annotation(made.doc), strict=True):
        touched = [
            span for span in spans if token.idx < span.end and span.start < token.idx + len(token)
        ]
        assert known != "O" or not touched
    assert not entry.doc.has_annotation("ENT_IOB")


PLACES = st.integers(-2, len(TEXT) + 2) | st.sampled_from([-(10**30), 10**30])


@given(st.lists(st.tuples(PLACES, PLACES), max_size=6), st.booleans())
def test_touched_tokens(bounds: list[tuple[int, int]], is_empty: bool) -> None:
    doc = NLP.make_doc("" if is_empty else TEXT)
    touched = {
        token.i
        for token in doc
        if any(token.idx < end and start < token.idx + len(token) for start, end in bounds)
    }
    assert touched_tokens(doc, iter(bounds)) == touched


def test_exports_are_read_to_be_scored_with(tmp_path: Path) -> None:
    export = tmp_path / "test.jsonl"
    good = {"text": "Play Abbey Road", "label": [[5, 15, "ALBUM"]]}
    export.write_text(json.dumps(good), encoding="utf8")
    (doc,) = read_gold(export, NLP).docs
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Abbey Road", "ALBUM")]
    DocBin(docs=[doc]).to_disk(tmp_path / "test.spacy")
    (same,) = read_gold(tmp_path / "test.spacy", NLP).docs
    assert same.to_json() == doc.to_json()
    torn = {"text": "Play Abbey Road", "label": [[5, 8, "ALBUM"], [11, 15, "ALBUM"]]}
    export.write_text(f"{json.dumps(good)}\n{json.dumps(torn)}", encoding="utf8")
    gold = read_gold(export, NLP)
    assert (len(gold.docs), gold.n_left_out, gold.n_spans) == (2, 1, 3)
    # a text that is left out in silence would make another figure
    export.write_text(f"{json.dumps(good)}\n{{}}", encoding="utf8")
    with patch.object(gold_module, "logger") as logger:
        gold = read_gold(export, NLP)
    assert len(gold.docs) == 1
    (message,) = logger.warning.call_args.args
    assert "[W049]" in message
    assert f"{export}, number 2: it " in message
    export.write_text("{}\n{}", encoding="utf8")
    with pytest.raises(ValueError, match=r"\[H046\].*number 1"):
        read_gold(export, NLP, ReadSettings(format="doccano"))
