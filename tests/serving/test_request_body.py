"""What bodies are read as texts, and what is told of others."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spacy_halfree.serving.limits import RequestLimits
from spacy_halfree.serving.refusal import Refusal
from spacy_halfree.serving.request_body import read_texts

LIMITS = RequestLimits(body=1000, texts=5, characters=50, words=100)
texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("texts"), inner),
    max_leaves=10,
)
SECRET = "Qwertzuiop"
UNREADABLE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"texts"',
    b'{"texts": null}',
    b'{"texts": "Qwertzuiop"}',
    b'{"texts": {"Qwertzuiop": 1}}',
    b'{"texts": [1]}',
    b'{"texts": [["Qwertzuiop"]]}',
    b'{"texts": ["Qwertzuiop"], "Qwertzuiop": 1}',
    b'{"texts": ["Qwertzuiop"], "texts": []}',
    b'{"texts": [{"Qwertzuiop": 1, "Qwertzuiop": 2}]}',
    b'{"texts": [NaN, "Qwertzuiop"]}',
    b'{"texts": [-Infinity, "Qwertzuiop"]}',
    b'{"texts": [Infinity, "Qwertzuiop"]}',
    b'{"texts": [1e999, "Qwertzuiop"]}',
    b'{"texts": ["Qwertzuiop \\ud800"]}',
    b'{"texts": ["Qwertzuiop \\udc00\\ud800"]}',
    b'{"texts": ["Qwertzuiop \xed\xa0\x80"]}',
    b'{"texts": ["Qwertzuiop \xff"]}',
    b'{"texts": ["Qwertzuiop\n"]}',
    b'{"texts": ["Qwertzuiop",]}',
    b'{"texts": ["Qwertzuiop"]} Qwertzuiop',
    b'\xef\xbb\xbf{"texts": ["Qwertzuiop"]}',
    '{"texts": ["Qwertzuiop"]}'.encode("utf-16"),
    '{"texts": ["Qwertzuiop"]}'.encode("utf-32"),
    b'{"texts": ' + b"[" * 100_000,
    b'{"texts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a":' * 100_000,
    b'{"texts": [' + b"9" * 10_000 + b"]}",
]


@given(texts)
def test_texts_are_read_as_they_are(texts: list[str]) -> None:
    for body in (json.dumps({"texts": texts}), json.dumps({"texts": texts}, ensure_ascii=False)):
        assert read_texts(body.encode("utf8"), LIMITS) == texts


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:60]))
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Refusal, match=r"\[H170\]") as refused:
        read_texts(body, LIMITS)
    assert refused.value.status == 422
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (["a"] * 6, "texts"),
        (["a", "b" * 51], "characters in text 1"),
    ],
)
def test_too_much(found: list[str], what: str) -> None:
    with pytest.raises(Refusal, match=rf"\[H171\] Too many {what}"):
        read_texts(json.dumps({"texts": found}).encode(), LIMITS)


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b"{}")
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        found = read_texts(body, LIMITS)
    except Refusal:
        return
    assert json.loads(body) == {"texts": found}


def shape(value: Any) -> Any:
    """A value with other strings and numbers."""
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, dict):
        return {key if key == "texts" else f"{key}x": shape(inner) for key, inner in value.items()}
    return value if value is None or isinstance(value, bool) else type(value)(7)


@given(values)
def test_messages_tell_nothing_of_what_is_in_a_body(value: Any) -> None:
    """Bodies that differ in their strings and numbers alone get the same message."""

    def message(value: Any) -> str:
        try:
            read_texts(json.dumps(value).encode(), RequestLimits())
        except Refusal as refusal:
            return refusal.message
        return ""

    told = message(value)
    if "NaN" not in told and "surrogate" not in told:
        assert message(shape(value)) == told
