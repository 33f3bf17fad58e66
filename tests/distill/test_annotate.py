"""Annotating raw texts: texts of like length together, and progress on the way."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from toy_pipelines import TEXTS

from spacy_halfree.distill.teachers import annotate, part_size
from spacy_halfree.pipeline.tagger import HalfreeTagger, Tagged


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 8))
def test_texts_of_like_length_are_tagged_together(
    teacher: Language, lengths: list[int], batch_size: int
) -> None:
    seen: list[list[int]] = []
    predict = HalfreeTagger.predict

    def watch(self: HalfreeTagger, docs: list[Doc]) -> Tagged:
        seen.append([len(doc.text) for doc in docs])
        return predict(self, docs)

    texts = ["x" * length for length in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HalfreeTagger, "predict", watch)
        docs = list(annotate(teacher, texts, batch_size=batch_size))
    assert [doc.text for doc in docs] == texts
    assert [length for batch in seen for length in batch] == sorted(lengths)
    assert all(len(batch) == batch_size for batch in seen[:-1])


def test_parts(teacher: Language) -> None:
    texts = [f"{text} {number}" for number in range(80) for text in TEXTS]
    size = part_size(1)
    assert size < len(texts)
    seen: list[int] = []
    docs = annotate(teacher, iter(texts), batch_size=1, on_progress=seen.append)
    next(docs)
    assert sum(seen) == size
    assert [doc.text for doc in docs] == texts[1:]


def test_progress_is_told_text_by_text(teacher: Language) -> None:
    seen: list[int] = []
    docs = annotate(teacher, TEXTS * 3, batch_size=2, on_progress=seen.append)
    assert len(list(docs)) == sum(seen) == len(TEXTS) * 3
    assert set(seen) == {1}


@given(st.integers(1, 20_000))
def test_parts_are_whole_batches_of_a_reasonable_size(batch_size: int) -> None:
    size = part_size(batch_size)
    assert size % batch_size == 0
    assert size > 256 - batch_size
    assert size <= max(4096, batch_size)
