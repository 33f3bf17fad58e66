"""Annotating raw texts: texts of like length together, and progress on the way."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from toy_pipelines import TEXTS

from spacy_halfree.distill.annotate import (
    annotate,
    part_size,
    shortest_first,
)


@given(st.lists(st.integers(0, 30), max_size=40))
def test_texts_of_like_length_are_tagged_together(lengths: list[int]) -> None:
    seen: list[int] = []

    def tag(texts: Sequence[str]) -> Iterator[str]:
        seen.extend(len(text) for text in texts)
        return (text.upper() for text in texts)

    texts = ["x" * length for length in lengths]
    assert shortest_first(texts, tag) == [text.upper() for text in texts]
    assert seen == sorted(lengths)


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
