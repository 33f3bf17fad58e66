"""WebAnno TSV 3.3, written after its specification; not run with the tool."""

import re
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.file_formats import remarks
from spacy_halfree.data.file_formats.layers import NAMED_ENTITY
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import AnnotatedRecord, AnnotatedText, InvalidRecord

NLP = spacy.blank("en")
MOOD = "webanno.custom.Mood"
HEADER = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED_ENTITY}|identifier|value\n\n"
Spans = list[tuple[int, int, str]]


def read(path: Path, content: str | None = None, **settings: Any) -> list[AnnotatedRecord]:
    if content is not None:
        path.write_text(content, encoding="utf8", newline="")
    return list(read_annotated_texts(path, NLP, ReadSettings(**settings)))


def spans_of(records: list[AnnotatedRecord]) -> list[tuple[int, str, Spans]]:
    assert all(isinstance(record, AnnotatedText) for record in records), records
    return [
        (record.number, record.text, [(own.start, own.end, own.label) for own in record.spans])
        for record in records
        if isinstance(record, AnnotatedText)
    ]


@pytest.mark.parametrize("version", ["3.2", "3.3"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_sentences(tmp_path: Path, version: str, end: str) -> None:
    content = HEADER.replace("3.3", version) + (
        "\n#Text=😀 Soup in New York .\n"
        "1-1\t0-2\t😀\t_\t_\t\n"
        "1-2\t3-7\tSoup\thttp://x\tDISH\t\n"
        "1-3\t8-10\tin\t_\t_\t\n"
        "1-4\t11-14\tNew\t*[1]\tCITY[1]\t\n"
        "1-5\t15-19\tYork\t*[1]|*[2]\tCITY[1]|DUKE[2]\t\n"
        "1-6\t20-21\t.\t_\t_\t\n"
        "\n#Text=Bye\n"
        "2-1\t22-25\tBye\t_\t_\t\n"
    )
    found = spans_of(read(tmp_path / "a.tsv", content.replace("\n", end)))
    assert found == [
        (5, "😀 Soup in New York .", [(2, 6, "DISH"), (10, 18, "CITY"), (14, 18, "DUKE")]),
        (13, "Bye", []),
    ]


def test_parts_of_words(tmp_path: Path) -> None:
    content = HEADER + (
        "\n#Text=Romefan Parisians\n"
        "1-1\t0-7\tRomefan\t_\t_\t\n"
        "1-1.1\t0-4\tRome\t*\tCITY\t\n"
        "1-1.2\t4-7\tfan\t*[1]\tPART[1]\t\n"
        "1-2\t8-17\tParisians\t_\t_\t\n"
        "1-2.1\t8-13\tParis\t*[1]\tPART[1]\t\n"
    )
    ((_, _, spans),) = spans_of(read(tmp_path / "a.tsv", content))
    assert spans == [(0, 4, "CITY"), (4, 13, "PART")]


def test_escapes(tmp_path: Path) -> None:
    r"""`\`, tabs, control characters and line breaks in texts; more in values."""
    content = HEADER + (
        "\n#Text=a\\\\b\\tc\\\x01d_e\\r\n#Text=\n#Text=C:\\\\n\n"
        "1-1\t0-3\ta\\b\t*\tA\\_B\\[1\\]\\|\\->\\*\t\n"
        "1-2\t4-5\tc\t*\t\\\\\\t\\n\t\n"
        "1-3\t6-9\td_e\t*\tX\\\\[7]\t\n"
        "1-4\t12-16\tC:\\n\t*\tY\t\n"
    )
    ((_, text, spans),) = spans_of(read(tmp_path / "a.tsv", content))
    assert text == "a\\b\tc\x01d_e\r\n\nC:\\n"
    assert [label for *_, label in spans] == ["A_B[1]|->*", "\\\t\n", "X\\", "Y"]


def test_sentences_with_a_common_span_are_one_text(tmp_path: Path) -> None:
    content = HEADER + (
        "\n#Sentence.id=s1\n#Text=Dr.\n1-1\t0-3\tDr.\t*[1]\tNAME[1]\t\n"
        "\n#Text=Ann\n2-1\t5-8\tAnn\t*[1]\tNAME[1]\t\n"
        "\n#Text=Bob\n3-1\t9-12\tBob\t*[2]\tNAME[2]\t\n"
    )
    assert spans_of(read(tmp_path / "a.tsv", content)) == [
        (6, "Dr.  Ann", [(0, 8, "NAME")]),
        (12, "Bob", [(0, 3, "NAME")]),
    ]


def test_annotations_without_a_label(tmp_path: Path) -> None:
    content = HEADER + "\n#Text=In Rome\n1-1\t0-2\tIn\t_\t_\t\n1-2\t3-7\tRome\thttp://x\t*\t\n"
    with patch.object(remarks.logger, "warning") as warning:
        (record,) = read(tmp_path / "a.tsv", content)
    assert isinstance(record, AnnotatedText)
    assert (record.spans, record.missing) == ((), (1,))
    assert "annotations that have no label" in warning.call_args.args[0]
    assert "'Rome'" in warning.call_args.args[0]


def test_layers(tmp_path: Path) -> None:
    """Only the columns of the layer count; links, chains and relations are in others."""
    path = tmp_path / "a.tsv"
    header = (
        "#FORMAT=WebAnno TSV 3.3\n"
        f"#T_SP={MOOD}|feeling|ROLE_{MOOD}:to_webanno.custom.MoodLink|uima.tcas.Annotation|value\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue\n"
        "#T_CH=webanno.custom.Chain|referenceType|referenceRelation\n"
        f"#T_RL=webanno.custom.Relation|BT_{MOOD}\n\n"
        "\n#Text=Happy Ann\n"
    )
    rows = (
        "1-1\t0-5\tHappy\tjoy\twho\t1-2\tstrong\tADJ\t_\t_\t1-2\t\n"
        "1-2\t6-9\tAnn\t_\t_\t_\t_\tNN\tx[1]\t*->1-1\t_\t\n"
    )
    with pytest.raises(ValueError, match=r"H124.*no named entities, but other.*Mood:feeling"):
        read(path, header + rows)
    assert spans_of(read(path, field="Mood:feeling")) == [(8, "Happy Ann", [(0, 5, "joy")])]
    assert spans_of(read(path, field=MOOD)) == [(8, "Happy Ann", [(0, 5, "strong")])]
    assert spans_of(read(path, field="POS"))[0][2] == [(0, 5, "ADJ"), (6, 9, "NN")]
    assert spans_of(read(path, field="NamedEntity")) == [(8, "Happy Ann", [])]
    with pytest.raises(ValueError, match=r"H124.*no layer of the name 'Mod'"):
        read(path, field="Mod")
    both = header.replace("3.3\n", f"3.3\n#T_SP={NAMED_ENTITY}|value\n")
    wider = rows.replace("Happy\t", "Happy\t_\t").replace("Ann\t", "Ann\tPER\t")
    with patch.object(remarks.logger, "warning") as warning:
        found = read(path, both + wider)
    assert spans_of(found) == [(9, "Happy Ann", [(6, 9, "PER")])]
    assert f"{MOOD}:feeling (1)" in warning.call_args.args[0]


def test_a_document_without_annotations(tmp_path: Path) -> None:
    """The header names only layers that have annotations."""
    content = "#FORMAT=WebAnno TSV 3.3\n\n\n#Text=Hi Ann\n1-1\t0-2\tHi\t\n1-2\t3-6\tAnn\t\n"
    assert spans_of(read(tmp_path / "a.tsv", content)) == [(4, "Hi Ann", [])]


@pytest.mark.parametrize(
    ("content", "version"),
    [
        ("#FORMAT=WebAnno TSV 3.1\n", "3.1"),
        ("#FORMAT=WebAnno TSV 4.0\n", "4.0"),
        (f" # {NAMED_ENTITY} | value\n#id=1\n#text=Rome\n1-1\tRome\tB-CITY\n", "1 or 2"),
        ("#id=1\n#text=Rome\n1\tRome\t_\tNN\tB-CITY\tO\t_\t_\t_\t_\n", "1 or 2"),
    ],
)
def test_other_versions_are_refused(tmp_path: Path, content: str, version: str) -> None:
    with pytest.raises(ValueError, match=f"H126.*TSV {version},.*Export it"):
        read(tmp_path / "a.tsv", content)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("1-1\t0-4\tRome\tCITY\t\n", r"has a line 5 .* 2 columns behind it"),
        ("1-1\t0-4\tRome\t_\t_\t_\t\n", r"has a line 5 .* 2 columns behind it"),
        ("Rome\n", r"has a line 5 .* 2 columns behind it"),
        ("", "has no words"),
        ("1-1\t0-4\tRome\t_\t_\t\n1-2\t5-9\tOslo\t_\t_\t\n", "has a word 1-2 .*'Oslo'"),
        ("1-1\t0-4\tRome\t_\t_\t\n\n1-2\t5-10\tParis\t_\t_\t\n", "has a line 7"),
    ],
)
def test_sentences_that_cannot_be_read(tmp_path: Path, rows: str, reason: str) -> None:
    content = f"{HEADER}#Text=Rome Paris\n{rows}\n#Text=Bye\n2-1\t11-14\tBye\t_\t_\t\n"
    broken, whole = read(tmp_path / "a.tsv", content)
    assert isinstance(broken, InvalidRecord)
    assert broken.line == 4
    assert re.match(reason, broken.reason)
    assert isinstance(whole, AnnotatedText)
    assert whole.text == "Bye"


def escape(text: str, characters: dict[str, str]) -> str:
    return "".join(characters.get(own, own) for own in text)


IN_TEXT = {
    **{chr(i): "\\" + chr(i) for i in range(32) if i not in (8, 9, 10, 11, 12, 13)},
    **{"\b": "\\b", "\t": "\\t", "\n": "\n#Text=", "\f": "\\f", "\r": "\\r", "\\": "\\\\"},
}
IN_VALUE = {
    **{own: f"\\{own}" for own in "\\[]|_;*"},
    **{"\t": "\\t", "\n": "\\n"},
}


def length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(data=st.data())
def test_offsets_are_exact(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any words and any stacked spans of whole words, of parts, and across words."""
    letters = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("😀\\_[|")
    spaces = st.text(st.sampled_from(" \t\n\x02\r\\"), max_size=2)
    pairs = st.tuples(st.text(letters, min_size=1), spaces)
    words = data.draw(st.lists(pairs, min_size=1, max_size=6))
    text = "".join(word + space for word, space in words[:-1]) + words[-1][0]
    starts = [0, *accumulate(len(word) + len(space) for word, space in words[:-1])]
    places = [
        place
        for start, (word, _) in zip(starts, words, strict=True)
        for place in range(start, start + len(word))
    ]
    bounds = st.tuples(st.sampled_from(places), st.sampled_from(places)).map(sorted)
    spans = [(start, last + 1) for start, last in data.draw(st.lists(bounds, max_size=4))]
    rows = []
    before = data.draw(st.integers(0, 3))
    for i, ((word, _), start) in enumerate(zip(words, starts, strict=True)):
        # a span has a number if it has several words, or others in its place
        parts: dict[tuple[int, int], list[str]] = {(start, start + len(word)): []}
        for number, (first, end) in enumerate(spans, start=1):
            part = max(first, start), min(end, start + len(word))
            if part[0] < part[1]:
                label = escape(text[first:end], IN_VALUE)
                parts.setdefault(part, []).append(f"{label}[{number}]")
        for j, ((first, end), values) in enumerate(parts.items()):
            place = "-".join(str(before + length(text[:bound])) for bound in (first, end))
            column = "|".join(values) or "_"
            word_number = f"1-{i + 1}.{j}" if j else f"1-{i + 1}"
            rows.append(f"{word_number}\t{place}\t{text[first:end]}\t{column}\t\n")
    content = (
        f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NAMED_ENTITY}|value\n\n\n"
        f"#Text={escape(text, IN_TEXT)}\n{''.join(rows)}"
    )
    path = tmp_path_factory.mktemp("webanno") / "a.tsv"
    ((number, found, read_spans),) = spans_of(read(path, content))
    assert (number, found) == (5, text)
    assert sorted(read_spans) == sorted((*own, text[slice(*own)]) for own in spans)
