"""spaCy 2's JSON, as spaCy 3 still writes and reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from annotated_files import read, read_spans, spans_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import docs_to_json
from spacy.training.converters import json_to_docs

from spacy_halfree.data.read_settings import ColumnSettings
from spacy_halfree.data.records import AnnotatedText, InvalidRecord, Skipped

NLP = spacy.blank("en")
TOKENS = [
    [{"orth": "We", "ner": "O"}, {"orth": "fly", "ner": "-"}],
    [
        {"orth": "to", "ner": "O"},
        {"orth": "New", "ner": "B-CITY"},
        {"orth": "York", "ner": "L-CITY"},
    ],
]
SENTENCES = [{"tokens": tokens} for tokens in TOKENS]


def write(path: Path, *paragraphs: Any) -> Path:
    """Write two documents, the first one with a paragraph."""
    documents = [{"id": 0, "paragraphs": paragraphs[:1]}, {"id": 1, "paragraphs": paragraphs[1:]}]
    path.write_text(json.dumps(documents), encoding="utf8")
    return path


@pytest.mark.parametrize(
    ("paragraph", "text", "start"),
    [
        ({"raw": "We fly  to\nNew York", "sentences": SENTENCES}, "We fly  to\nNew York", 11),
        ({"raw": None, "sentences": SENTENCES}, "We fly to New York", 10),
        ({"sentences": SENTENCES}, "We fly to New York", 10),
    ],
)
def test_paragraphs(tmp_path: Path, paragraph: Any, text: str, start: int) -> None:
    for own in read(write(tmp_path / "a.json", paragraph, paragraph)):
        assert isinstance(own, AnnotatedText)
        assert (own.text, spans_of(own)) == (text, [(start, start + 8, "CITY")])
        # the tag of 'fly' is missing
        assert own.missing == (1,)


def test_spaces_of_tokens(tmp_path: Path) -> None:
    tokens = [
        {"orth": "Rome", "space": "", "ner": "U-CITY"},
        {"orth": "!", "space": " ", "ner": "O"},
        {"orth": "Oslo", "space": "", "ner": "U-CITY"},
    ]
    paragraph = {"sentences": [{"tokens": tokens}]}
    spans = [(0, 4, "CITY"), (6, 10, "CITY")]
    assert read_spans(write(tmp_path / "a.json", paragraph)) == [("Rome! Oslo", spans)]


def test_words_without_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"sentences": SENTENCES})
    (text,) = read(path, ColumnSettings(spaces=False))
    assert isinstance(text, AnnotatedText)
    assert (text.text, spans_of(text)) == ("WeflytoNewYork", [(7, 14, "CITY")])


def test_entities_of_paragraphs(tmp_path: Path) -> None:
    raw = "😀 to Rome"
    without_tags = [{"tokens": [{"orth": word} for word in raw.split()]}]
    entities = [[5, 9, "CITY"]]
    paragraphs = [
        {"raw": raw, "sentences": without_tags, "entities": entities},
        {"raw": raw, "entities": entities, "sentences": []},
    ]
    expected = (raw, [(5, 9, "CITY")])
    assert read_spans(write(tmp_path / "a.json", *paragraphs)) == [expected, expected]


def test_texts_without_annotation(tmp_path: Path) -> None:
    paragraph = {"sentences": [{"tokens": [{"orth": "Rome"}]}], "entities": []}
    assert read(write(tmp_path / "a.json", paragraph)) == [
        Skipped("not annotated: no token has `ner`")
    ]


@pytest.mark.parametrize(
    ("paragraph", "reason"),
    [
        ({"raw": "We fly", "sentences": SENTENCES}, "has a token 'to' that does not come after"),
        ({"raw": "We go to New York", "sentences": SENTENCES}, "has a token 'fly'"),
        ({"raw": "We fly to New York now", "sentences": SENTENCES}, "for the end of its text"),
        ({"sentences": [{"tokens": [{"orth": "Rome", "ner": "CITY"}]}]}, "has the tag 'CITY'"),
        ({"sentences": []}, "has neither tokens nor a text"),
        (
            {"sentences": SENTENCES, "entities": [[0, 2, "X"]]},
            "has entities under 'entities' that differ",
        ),
        ("Rome", "is not an object with sentences"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, paragraph: Any, reason: str) -> None:
    path = write(tmp_path / "a.json", {"sentences": SENTENCES}, paragraph)
    first, second = read(path)
    assert isinstance(first, AnnotatedText)
    assert isinstance(second, InvalidRecord)
    assert second.line == 2
    assert second.reason.startswith(reason) or reason in second.reason


WORDS = ["Rome", "é", "😀", "a", ".", "Rome"]
pieces = st.lists(
    st.tuples(st.sampled_from([*WORDS, "\n", "  "]), st.booleans()), min_size=1, max_size=8
)


@given(pieces=pieces, has_spaces=st.booleans(), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_spacy_writes(
    pieces: list[tuple[str, bool]], has_spaces: bool, data: st.DataObject, tmp_path: Path
) -> None:
    """Any doc that spaCy writes in this form is read as it was, and as spaCy reads it."""
    words = [word for word, _ in pieces]
    doc = Doc(NLP.vocab, words=words, spaces=[space for _, space in pieces] if has_spaces else None)
    doc[0].is_sent_start = True
    for token in doc[1:]:
        token.is_sent_start = data.draw(st.booleans())
    entities, start = [], 0
    while start < len(doc):
        end = data.draw(st.integers(start + 1, len(doc)))
        inside = not (doc[start].is_space or doc[end - 1].is_space)
        if inside and data.draw(st.booleans()):
            entities.append(Span(doc, start, end, label=data.draw(st.sampled_from(["A", "B-c"]))))
        start = end
    doc.set_ents(entities)
    document = docs_to_json([doc])
    path = tmp_path / "a.json"
    path.write_text(json.dumps([document]), encoding="utf8")
    spans = [(span.start_char, span.end_char, span.label_) for span in doc.ents]
    assert read_spans(path) == [(doc.text, spans)]
    (converted,) = json_to_docs([document])
    assert [(span.start_char, span.end_char, span.label_) for span in converted.ents] == spans
