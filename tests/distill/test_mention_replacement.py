"""Variants of annotated texts: legal, of the same labels, only where the annotation is whole."""

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus, Example

from spacy_halfree.distill.mention_replacement import (
    create_mention_replacement,
    gather_mentions,
    has_missing_entities,
)

NLP = spacy.blank("en")
TEXTS = {
    "fly from Boston to New York": [(9, 15, "CITY"), (19, 27, "CITY")],
    "book Aida for two": [(5, 9, "SHOW"), (14, 17, "SIZE")],
    "nothing to see": [],
}


def examples() -> list[Example]:
    return [
        Example.from_dict(NLP.make_doc(text), {"entities": spans}) for text, spans in TEXTS.items()
    ]


def read(variants: int = 5, share: float = 0.5, seed: int = 0) -> list[Example]:
    reader = create_mention_replacement(lambda nlp: examples(), variants, share, seed)
    return list(reader(NLP))


@given(st.integers(1, 8), st.floats(0.05, 1), st.integers(0, 1000))
def test_variants_keep_the_frame_and_the_labels(variants: int, share: float, seed: int) -> None:
    found = read(variants, share, seed)
    mentions = gather_mentions(example.reference for example in examples())
    frames = {text: [label for *_, label in spans] for text, spans in TEXTS.items()}
    assert len(found) == len(TEXTS) + 2 * variants
    for example in found:
        doc = example.reference
        assert example.predicted.text == doc.text
        assert not has_missing_entities(doc)
        assert [ent.label_ for ent in doc.ents] in frames.values()
        assert all(ent.text in mentions[ent.label_] for ent in doc.ents)
        frame = doc.text
        for ent in reversed(doc.ents):
            frame = frame[: ent.start_char] + "_" + frame[ent.end_char :]
        assert frame in {"fly from _ to _", "book _ for _", "nothing to see"}


def test_the_originals_are_all_there_and_the_seed_decides() -> None:
    texts = [example.reference.text for example in read()]
    assert set(TEXTS) <= set(texts)
    assert texts == [example.reference.text for example in read()]
    assert texts != [example.reference.text for example in read(seed=1)]
    assert set(texts) > set(TEXTS)


def test_texts_with_missing_annotation_get_no_variants() -> None:
    doc = Doc(NLP.vocab, words=["from", "Rome", "to"])
    doc.set_ents([Span(doc, 1, 2, label="CITY")], missing=[doc[2:3]])
    example = Example(NLP.make_doc(doc.text), doc)
    reader = create_mention_replacement(lambda nlp: [example], variants=3, share=1.0)
    assert [found.reference for found in reader(NLP)] == [doc]


@pytest.mark.parametrize("setting", [{"variants": 0}, {"share": 0.0}, {"share": 1.5}])
def test_settings_out_of_range(setting: dict) -> None:
    with pytest.raises(ValueError, match="H013"):
        create_mention_replacement(lambda nlp: [], **setting)


def test_it_is_found_by_name_and_reads_files(tmp_path) -> None:
    DocBin(docs=[example.reference for example in examples()]).to_disk(tmp_path / "gold.spacy")
    create = spacy.registry.readers.get("halfree.MentionReplacement.v1")
    reader = create(Corpus(tmp_path / "gold.spacy"), variants=2)
    assert len(list(reader(NLP))) == len(TEXTS) + 4
