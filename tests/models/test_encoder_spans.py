"""Windows of a pretrained encoder: every word is read, and none has more than there is room for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_halfree.models.encoder_spans import create_bounded_spans, cut

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "teacher_aligned.cfg"
NLP = spacy.blank("en")
sizes = st.lists(st.integers(1, 30) | st.integers(1, 300), max_size=60)


@given(sizes, st.integers(1, 20), st.floats(0.01, 1), st.integers(1, 400))
def test_windows(sizes: list[int], window: int, share: float, max_bytes: int) -> None:
    stride = max(int(window * share), 1)
    bounds = cut(np.array(sizes, dtype=np.int64), window, stride, max_bytes)
    seen = [range(start, stop) for start, stop in bounds]
    assert sorted({token for tokens in seen for token in tokens}) == list(range(len(sizes)))
    for tokens in seen:
        assert 1 <= len(tokens) <= window
        assert len(tokens) == 1 or sum(sizes[token] for token in tokens) <= max_bytes
    starts = [start for start, _ in bounds]
    assert starts == sorted(set(starts))


@given(st.integers(0, 700))
def test_short_words_have_the_windows_of_spacy_transformers(n_words: int) -> None:
    span_getters = pytest.importorskip("spacy_transformers.span_getters")
    doc = Doc(NLP.vocab, words=["ab"] * n_words)
    (theirs,) = span_getters.get_strided_spans([doc], 128, 96)
    (ours,) = create_bounded_spans(128, 96)([doc])
    if n_words <= 128:
        assert [span.text for span in ours] == [span.text for span in theirs]
    assert {token.i for span in ours for token in span} == set(range(n_words))


def test_bytes_are_counted() -> None:
    doc = Doc(NLP.vocab, words=["地点地点地点"] * 40)
    (spans,) = create_bounded_spans(128, 96)([doc])
    assert max(len(span.text.replace(" ", "").encode()) for span in spans) <= 500


@pytest.mark.parametrize("max_length", [None, 512])
def test_a_teacher_reads_every_word(tmp_path: Path, max_length: int | None) -> None:
    """Also where every character is a piece, and whatever the tokenizer says of its limit."""
    pytest.importorskip("spacy_transformers")
    tiny_encoder = pytest.importorskip("tiny_encoder")
    fix_random_seed(0)
    tiny_encoder.write_encoder(tmp_path / "encoder")
    settings = tmp_path / "encoder" / "tokenizer_config.json"
    content = json.loads(settings.read_text(encoding="utf8"))
    settings.write_text(json.dumps(content | {"model_max_length": max_length or 10**30}), "utf8")
    config = spacy.util.load_config(
        CONFIG, {"paths.encoder": str(tmp_path / "encoder")}, interpolate=True
    )
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    doc = nlp.make_doc("Rome for ten")
    examples = [Example.from_dict(doc, {"entities": [(0, 4, "CITY")]})]
    nlp.initialize(lambda: examples)
    addresses = " ".join(f"https://example.org/some/page{i}" for i in range(60))
    for text in (addresses, "-." * 3000 + " Berlin", "x" * 100_000, "地" * 3000):
        doc = nlp(text)
        assert (np.asarray(doc._.trf_data.align.lengths) > 0).all()
        assert doc.has_annotation("ENT_IOB")
