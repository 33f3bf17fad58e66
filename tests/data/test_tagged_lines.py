"""Words with IOB tags: every scheme gives the spans that were tagged."""

from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts, to_annotated_text
from spacy_halfree.data.file_formats.columns import read_tagged_lines
from spacy_halfree.data.records import AnnotatedText, Annotation, InvalidRecord, LabelledSpan

NLP = spacy.blank("en")
CONLL_2003 = """-DOCSTART- -X- -X- O

U.N. NNP I-NP I-ORG
official NN I-NP O
Ekeus NNP I-NP I-PER

Paris NNP I-NP I-LOC
Berlin NNP I-NP B-LOC
"""
LABEL_STUDIO = """-DOCSTART- -X- O
Abbey -X- _ B-ALBUM
Road -X- _ I-ALBUM

"""
SENTENCES = "I|PRP|O like|VBP|O New|NNP|B-GPE York|NNP|I-GPE\nRome|I-GPE\n"
TABS = "# id = 1\tdomain=train\nNew York\tB-GPE\nnow\tO\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.conll",
            CONLL_2003,
            [
                ("U.N. official Ekeus", [(0, 4, "ORG"), (14, 19, "PER")]),
                ("Paris Berlin", [(0, 5, "LOC"), (6, 12, "LOC")]),
            ],
        ),
        ("a.conll", LABEL_STUDIO, [("Abbey Road", [(0, 10, "ALBUM")])]),
        ("a.iob", SENTENCES, [("I like New York", [(7, 15, "GPE")]), ("Rome", [(0, 4, "GPE")])]),
        ("a.tsv", TABS, [("New York now", [(0, 8, "GPE")])]),
        ("a.tsv", TABS.replace("\n", "\r\n"), [("New York now", [(0, 8, "GPE")])]),
        ("a.tsv", TABS.replace("\n", "\r"), [("New York now", [(0, 8, "GPE")])]),
        ("a.tsv", TABS.replace("\n", "\r\r\n"), [("New York now", [(0, 8, "GPE")])]),
        ("A.IOB", "# O\n", [("#", [])]),
    ],
)
def test_files(
    tmp_path: Path, name: str, content: str, expected: list[tuple[str, list[tuple[int, int, str]]]]
) -> None:
    (tmp_path / name).write_bytes(content.encode("utf-8-sig"))
    found = list(read_annotated_texts(tmp_path / name, NLP))
    assert all(isinstance(entry, AnnotatedText) for entry in found)
    assert [
        (entry.text, [tuple(vars(span).values()) for span in entry.spans]) for entry in found
    ] == expected


@pytest.mark.parametrize(("n_words", "told"), [(200, False), (201, True)])
def test_sentences_that_nothing_separates(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, n_words: int, told: bool
) -> None:
    path = tmp_path / "a.conll"
    path.write_text("first O\n\n" + "word O\n" * n_words + "\nlast O\n", encoding="utf8")
    with caplog.at_level("WARNING", "spacy.halfree"):
        assert len(list(read_annotated_texts(path, NLP))) == 3
    assert ("line 3: a sentence of 201 words" in caplog.text) == told


def tags_of(spans: list[tuple[int, str | None]], scheme: str) -> list[str]:
    """The tags of spans that follow each other; those without a label are outside."""
    tags: list[str] = []
    before = None
    for length, label in spans:
        if label is None:
            tags += ["O"] * length
        elif scheme == "IOB1":
            tags += ["B-" if label == before else "I-"] + ["I-"] * (length - 1)
        elif scheme == "IOB2":
            tags += ["B-"] + ["I-"] * (length - 1)
        else:
            first, last, single = "BLU" if scheme == "BILUO" else "BES"
            middle = [f"{first}-", *["I-"] * (length - 2), f"{last}-"]
            tags += [f"{single}-"] if length == 1 else middle
        if label is not None:
            tags[-length:] = [tag + label for tag in tags[-length:]]
        before = label
    return tags


LABELS = st.sampled_from(["A", "B-C", None])


@given(
    st.lists(st.tuples(st.integers(1, 4), LABELS), min_size=1, max_size=6),
    st.sampled_from(["IOB1", "IOB2", "BILUO", "IOBES"]),
    st.sampled_from(["\t", " "]),
)
def test_every_scheme(spans: list[tuple[int, str | None]], scheme: str, separator: str) -> None:
    tags = tags_of(spans, scheme)
    lines = [f"w{index}{separator}x{separator}{tag}" for index, tag in enumerate(tags)]
    ((_, entry),) = read_tagged_lines(lines, "a.iob")
    assert isinstance(entry, Annotation)
    words = [f"w{index}" for index in range(len(tags))]
    assert entry.text == " ".join(words)
    expected, first = [], 0
    for length, label in spans:
        start = len(" ".join([*words[:first], ""]))
        if label is not None:
            end = start + len(" ".join(words[first : first + length]))
            expected.append(LabelledSpan(start, end, label))
        first += length
    assert list(entry.spans) == expected


def test_words_of_which_nothing_is_known() -> None:
    ((number, annotation),) = read_tagged_lines(["don't -", "go O", "Rome U-X"], "a.iob")
    assert isinstance(annotation, Annotation)
    entry = to_annotated_text(number, annotation, NLP)
    assert [entry.doc[i].text for i in entry.missing] == ["do", "n't"]
    assert entry.spans == (LabelledSpan(9, 13, "X"),)


def test_a_line_without_a_tag_costs_its_sentence_alone() -> None:
    lines = ["a O", "", "b O", "c", "d O", "", "e X-1", "", "f O"]
    found = list(read_tagged_lines(lines, "a.iob"))
    first, second, third, fourth = [record for _, record in found]
    assert isinstance(first, Annotation)
    assert isinstance(second, InvalidRecord)
    assert (second.file, second.line, "line 4" in second.reason) == ("a.iob", 3, True)
    assert isinstance(third, InvalidRecord)
    assert isinstance(fourth, Annotation)
    assert [number for number, _ in found] == [1, 3, 7, 9]
