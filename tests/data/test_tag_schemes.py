"""Every scheme of tags gives the spans that were tagged, and what does not follow it is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import biluo_tags_to_offsets, offsets_to_biluo_tags
from spacy.vocab import Vocab

from spacy_halfree.data.file_formats.tag_schemes import (
    SchemeCheck,
    Tag,
    annotate_words,
    parse_tag,
    spans_of_tags,
)
from spacy_halfree.data.records import LabelledSpan

LABELS = ["A", "B-C", "Home City"]
SCHEMES = {
    "IOB2": "BIIB",
    "BIOES": "BIES",
    "BILUO": "BILU",
    "BMES": "BMES",
    "BMEWO": "BMEW",
}
"""The letters of the first, a middle, the last and a single word."""


def tags_of(spans: list[tuple[int, str | None]], scheme: str, separator: str = "-") -> list[str]:
    """The tags of spans that follow each other; those without a label are outside."""
    tags: list[str] = []
    before = None
    for length, label in spans:
        if label is None:
            letters = ["O"] * length
        elif scheme == "IOB1":
            letters = ["B" if label == before else "I"] + ["I"] * (length - 1)
        else:
            first, middle, last, single = SCHEMES[scheme]
            letters = [first, *[middle] * (length - 2), last] if length > 1 else [single]
        tags += [letter if label is None else letter + separator + label for letter in letters]
        before = label
    return tags


def parse(tags: list[str]) -> list[Tag]:
    parsed = [parse_tag(tag) for tag in tags]
    assert None not in parsed
    return [tag for tag in parsed if tag]


def check(tags: list[str]) -> tuple[str, int, int]:
    own = SchemeCheck()
    own.add(parse(tags), range(1, len(tags) + 1))
    scheme, misfits = own.find()
    return scheme, misfits.n, misfits.line


SPANS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([*LABELS, None])), min_size=1, max_size=6
)


@given(
    SPANS,
    st.sampled_from(["IOB1", *SCHEMES]),
    st.sampled_from("-_:"),
    st.booleans(),
    st.sampled_from([" ", ""]),
)
def test_every_scheme(
    spans: list[tuple[int, str | None]], scheme: str, separator: str, lower: bool, space: str
) -> None:
    tags = tags_of(spans, scheme, separator)
    if lower:
        tags = [tag[0].lower() + tag[1:] for tag in tags]
    words = [f"w{index}" for index in range(len(tags))]
    annotation = annotate_words(words, parse(tags), spaces=bool(space))
    assert annotation.text == space.join(words)
    expected, first = [], 0
    for length, label in spans:
        start = len("".join(word + space for word in words[:first]))
        if label is not None:
            end = start + len(space.join(words[first : first + length]))
            expected.append(LabelledSpan(start, end, label))
        first += length
    assert list(annotation.spans) == expected
    assert annotation.unknown == ()
    assert check(tags)[1] == 0


@given(SPANS)
def test_tags_of_spacy(spans: list[tuple[int, str | None]]) -> None:
    tags = tags_of(spans, "BILUO")
    doc = Doc(Vocab(), words=[f"w{index}" for index in range(len(tags))])
    offsets = biluo_tags_to_offsets(doc, tags)
    assert offsets_to_biluo_tags(doc, offsets) == tags
    bounds = [(token.idx, token.idx + len(token)) for token in doc]
    found = [(span.start, span.end, span.label) for span in spans_of_tags(bounds, parse(tags))]
    assert found == offsets


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("O", Tag("O")),
        ("o", Tag("O")),
        ("-", Tag("-")),
        ("_", Tag("-")),
        ("b-per", Tag("B", "per")),
        ("M_NAME", Tag("I", "NAME")),
        ("L:NAME", Tag("E", "NAME")),
        ("w-a-b", Tag("S", "a-b")),
        ("B--x", Tag("B", "-x")),
        ("B-Home City", Tag("B", "Home City")),
        *[(tag, None) for tag in ("", "0", "B", "B-", "B- ", "X-PER", "PER", "BPER", "O-PER")],
        ("\u017f-PER", None),
    ],
)
def test_tags(tag: str, expected: Tag | None) -> None:
    assert parse_tag(tag) == expected


@pytest.mark.parametrize(
    ("tags", "spans", "expected"),
    [
        # an entity that begins inside, among many that begin with B
        ("B-A O I-A O B-B O", ["A", "A", "B"], ("IOB2", 1, 3)),
        ("B-A I-B", ["A", "B"], ("IOB2", 1, 2)),
        # a first word with B that needs none, among many with I
        ("I-A O I-B O B-A O", ["A", "B", "A"], ("IOB1", 1, 5)),
        ("I-A I-A I-B", ["A", "B"], ("IOB1", 0, 0)),
        # spans without an end, or without a beginning
        ("B-A O S-B", ["A", "B"], ("BIOES, BILUO or BMES", 1, 1)),
        ("E-A O S-B", ["A", "B"], ("BIOES, BILUO or BMES", 1, 1)),
        ("B-A E-A E-A", ["A", "A"], ("BIOES, BILUO or BMES", 1, 3)),
        ("B-A I-A U-A", ["A", "A"], ("BIOES, BILUO or BMES", 1, 2)),
        # nobody knows what comes before or after
        ("- I-A - B-A -", ["A", "A"], ("IOB2", 0, 0)),
    ],
)
def test_tags_that_do_not_follow_the_scheme(
    tags: str, spans: list[str], expected: tuple[str, int, int]
) -> None:
    own = parse(tags.split())
    bounds = [(index, index + 1) for index in range(len(own))]
    assert [span.label for span in spans_of_tags(bounds, own)] == spans
    assert check(tags.split()) == expected


def test_words_of_which_nothing_is_known_are_one_stretch() -> None:
    tags = parse(["-", "_", "O", "B-A", "-", "I-A", "-"])
    annotation = annotate_words(list("abcdefg"), tags)
    assert annotation.unknown == ((0, 3), (8, 9), (12, 13))
    assert annotation.spans == (LabelledSpan(6, 7, "A"), LabelledSpan(10, 11, "A"))
    many = annotate_words(["word"] * 8000, [Tag("-")] * 8000)
    assert many.unknown == ((0, 8000 * 5 - 1),)
