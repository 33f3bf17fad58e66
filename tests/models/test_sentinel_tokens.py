"""Sentinels, tags and words as tokens of a pretrained model; settings."""

from __future__ import annotations

from typing import Any

import pytest
import spacy

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sentinel_pipelines import (  # noqa: E402
    make_examples,
    make_nlp,
    shim_of,
)
from tiny_seq2seq import make_pretrained  # noqa: E402

from spacy_halfree.models.architectures import build_sentinel_seq2seq  # noqa: E402

# -- tokens


def test_t5_keeps_its_tokens_and_rows() -> None:
    nlp, _ = make_nlp(label_style="words")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    model, tokenizer = make_pretrained("t5")
    shim = shim_of(nlp)
    assert len(shim.tokenizer) == len(tokenizer)
    assert shim.tagger.language_model.n_tokens == model.config.vocab_size
    expected = [tokenizer.convert_tokens_to_ids(f"<extra_id_{i}>") for i in range(7)]
    assert shim.tagger.vocabulary.sentinels.tolist() == expected


@pytest.mark.parametrize("family", ["t5", "flan-t5", "bart"])
def test_tag_tokens_start_as_the_means_of_their_wordings(family: str) -> None:
    nlp, _ = make_nlp(family, label_words={"PER": "The Beatles"})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    model = shim.tagger.language_model.pretrained
    tokens = shim.tagger.vocabulary.tags.data.tolist()
    wordings = ["O", "I", "object", "object name", "The Beatles"]
    matrices = {
        "input": model.get_input_embeddings().weight,
        "output": model.get_output_embeddings().weight,
    }
    for matrix in matrices.values():
        for token, wording in zip(tokens[:-1], wordings, strict=True):
            pieces = shim.tokenizer(f" {wording}", add_special_tokens=False)["input_ids"]
            assert torch.allclose(matrix[token], matrix[pieces].mean(dim=0), atol=1e-6)
    assert len(set(tokens)) == len(tokens)


def test_other_families_get_sentinels() -> None:
    nlp, _ = make_nlp("bart")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    sentinels = shim.tagger.vocabulary.sentinels.tolist()
    assert len(set(sentinels)) == 100
    rows = shim.tagger.language_model.pretrained.get_input_embeddings().weight[sentinels]
    distances = torch.cdist(rows, rows)[~torch.eye(100, dtype=torch.bool)]
    assert float(distances.detach().min()) > 0


@pytest.mark.parametrize("family", ["t5", "mt5", "bart"])
@pytest.mark.parametrize("style", ["token", "words"])
def test_words_that_look_like_sentinels_are_words(family: str, style: str) -> None:
    nlp, _ = make_nlp(family, label_style=style)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = shim_of(nlp)
    vocabulary = shim.tagger.vocabulary
    words = [
        *(
            "<extra_id_0>",
            "▁<extra_id_1>",
            "<halfree_sentinel_3>",
            "<halfree_tag_0>",
            "</s>",
            "<pad>",
            "<mask>",
        ),
        *("", " ", "\n", "\u200b", "\ufffe", "🙂"),
    ]
    pieces = shim.split_words(words)
    assert (pieces.lengths > 0).all()
    special = {*vocabulary.sentinels.tolist(), *shim.tokenizer.all_special_ids}
    if style == "token":
        special |= set(vocabulary.tags.data.tolist())
    assert not (special - {shim.tokenizer.unk_token_id}) & set(pieces.data.tolist())
    doc = nlp(spacy.tokens.Doc(nlp.vocab, words=[word for word in words if word.strip()]))
    assert len(doc) == 10


def test_long_words_are_cut_with_a_warning() -> None:
    nlp, _ = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    with pytest.warns(UserWarning, match=r"W003.*200 pieces|W003"):
        doc = nlp("play " + "é" * 200 + " by")
    assert len(doc) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_words": {"PER": "object", "object": "object"}}, r"H029.*'object' and 'PER'"),
        ({"outside_words": "object"}, "H029"),
        ({"label_words": {"PER": " "}}, r"H030.*'PER'"),
        ({"label_words": {"PER": "ЖЩ"}}, r"H030.*'PER'.*does not know"),
        ({"label_words": {"ORG": "organization"}}, r"H031.*'ORG'"),
    ],
)
def test_wordings_that_do_not_serve(settings: dict[str, Any], message: str) -> None:
    nlp, _ = make_nlp(label_style="words", **settings)
    with pytest.raises(ValueError, match=message):
        nlp.initialize()


@pytest.mark.parametrize(
    "settings",
    [
        {"label_style": "letters"},
        {"loss": "mse"},
        {"lora": {"use_dora": True}},
        {"lora": {"modules_to_save": ["wo"]}},
        {"window": 4, "margin": 2},
        {"margin": -1},
        {"max_batch_items": 0},
        {"dropout": 1.0},
    ],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="H013"):
        build_sentinel_seq2seq("nowhere", **settings)
