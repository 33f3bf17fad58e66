"""Parts: their bounds depend on the input alone, and nothing is lost or doubled by them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.parts import MOST_CHARACTERS, Part, cut
from spacy_halfree.data.records import InvalidRecord, Record

SIZES = st.one_of(
    st.integers(1, 50), st.integers(MOST_CHARACTERS // 3, MOST_CHARACTERS + 10), st.none()
)


def to_texts(sizes: list[int | None]) -> list[tuple[int, Record | InvalidRecord]]:
    """Texts of these numbers of characters; None is one that cannot be used."""
    return [
        (
            line,
            InvalidRecord("f", line, "why")
            if size is None
            else Record(id=str(line), text="x" * size)
            if line % 2
            else Record(id=str(line), words=["w"] * size),
        )
        for line, size in enumerate(sizes, start=1)
    ]


@given(st.lists(SIZES, max_size=12), st.integers(1, 5))
def test_parts(sizes: list[int | None], most_texts: int) -> None:
    texts = to_texts(sizes)
    parts = list(cut(iter(texts), Part(3, 0, "f"), most_texts))
    good = [(line, record) for line, record in texts if not isinstance(record, InvalidRecord)]
    in_parts = [pair for part in parts for pair in zip(part.lines, part.records, strict=True)]
    assert in_parts == good
    assert [bad for part in parts for bad in part.bad] == [
        record for _, record in texts if isinstance(record, InvalidRecord)
    ]
    assert [part.number for part in parts] == list(range(len(parts)))
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert all(part.file == 3 and part.file_name == "f" for part in parts)
    for part in parts:
        own = [sizes[line - 1] or 0 for line in part.lines]
        assert len(own) <= most_texts
        assert sum(own) < 100_000 or len(own) == 1
    for part, following in pairwise(parts):
        own = sum(sizes[line - 1] or 0 for line in part.lines)
        first = sizes[following.lines[0] - 1] or 0 if following.lines else 0
        is_full = most_texts in (len(part.lines), len(part.bad))
        assert is_full or own + first > MOST_CHARACTERS


def test_names_sort_as_the_input_does() -> None:
    names = [Part(file, number, "f").name for file in (0, 2, 10) for number in (0, 9, 10, 1000)]
    assert names == sorted(names)
    assert len(set(names)) == len(names)


@given(st.lists(SIZES, max_size=6))
def test_parts_travel_as_plain_values(sizes: list[int | None]) -> None:
    for part in cut(iter(to_texts(sizes)), Part(0, 0, "f"), 2):
        assert Part.from_bytes(part.to_bytes()) == part
