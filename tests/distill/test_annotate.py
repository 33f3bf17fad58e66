"""Annotating raw texts: texts of like length together, and progress on the way."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from toy_pipelines import TEXTS

from spacy_halfree.distill.annotate import annotate, shortest_first


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 9))
def test_texts_of_like_length_are_tagged_together(lengths: list[int], n: int) -> None:
    parts: list[list[int]] = []

    def tag(part: Sequence[str]) -> Iterator[str]:
        parts.append([len(text) for text in part])
        return (text.upper() for text in part)

    texts = ["x" * length for length in lengths]
    assert list(shortest_first(texts, tag, n)) == [text.upper() for text in texts]
    assert parts == [sorted(lengths[i : i + n]) for i in range(0, len(lengths), n)]


def test_progress_is_told_text_by_text(teacher: Language) -> None:
    seen: list[int] = []
    docs = annotate(teacher, TEXTS * 3, batch_size=2, on_progress=seen.append)
    assert len(list(docs)) == sum(seen) == len(TEXTS) * 3
    assert set(seen) == {1}
