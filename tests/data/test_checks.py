"""Reading annotated texts, and finding what is wrong with them."""

import json
from collections import Counter
from dataclasses import replace
from itertools import combinations
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.checks import (
    UNANNOTATED,
    FileReport,
    Problem,
    check_file,
    check_text,
    find_gaps,
    missing_labels,
)
from spacy_halfree.data.file_report import Places
from spacy_halfree.data.gold import make_gold
from spacy_halfree.data.read_settings import ReadSettings
from spacy_halfree.data.records import (
    AnnotatedText,
    InvalidRecord,
    LabelledSpan,
    MisplacedSpan,
    Skipped,
    without_white_space,
)

NLP = spacy.blank("en")


def write_lines(path: Path, *entries: Any) -> Path:
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    path.write_text("\n".join(lines), encoding="utf8")
    return path


def make_text(text: str, *spans: tuple[int, int, str], number: int = 1) -> AnnotatedText:
    return AnnotatedText(number, NLP.make_doc(text), tuple(LabelledSpan(*span) for span in spans))


EXPORTS = {
    "prodigy": {
        "text": "Play Abbey Road",
        "tokens": [{"text": "Play", "start": 0, "end": 4, "id": 0}],
        "spans": [{"start": 5, "end": 15, "token_start": 1, "token_end": 2, "label": "ALBUM"}],
        "answer": "accept",
    },
    "doccano": {"id": 7, "text": "Play Abbey Road", "label": [[5, 15, "ALBUM"]]},
    "doccano, older": {"text": "Play Abbey Road", "labels": [[5, 15, "ALBUM"]]},
    "doccano with relations": {
        "text": "Play Abbey Road",
        "entities": [{"id": 1, "label": "ALBUM", "start_offset": 5, "end_offset": 15}],
        "relations": [],
    },
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_exports_of_tools(tmp_path: Path, tool: str) -> None:
    path = write_lines(tmp_path / "export.jsonl", EXPORTS[tool], "", EXPORTS[tool])
    first, second = read_annotated_texts(path, NLP)
    assert isinstance(first, AnnotatedText)
    assert first.text == "Play Abbey Road"
    assert first.spans == (LabelledSpan(5, 15, "ALBUM"),)
    # the empty line counts
    assert (first.number, second.number) == (1, 3)


def test_docs(tmp_path: Path) -> None:
    doc = Doc(NLP.vocab, words=["Abbey", "Road", "now"])
    doc.set_ents([Span(doc, 0, 2, label="ALBUM")])
    doc.spans["sc"] = [Span(doc, 2, 3, label="TIME"), Span(doc, 1, 3, label="X")]
    DocBin(docs=[doc]).to_disk(tmp_path / "docs.spacy")
    (entities,) = read_annotated_texts(tmp_path / "docs.spacy", NLP)
    (group,) = read_annotated_texts(tmp_path / "docs.spacy", NLP, ReadSettings(spans_key="sc"))
    assert isinstance(entities, AnnotatedText)
    assert entities.spans == (LabelledSpan(0, 10, "ALBUM"),)
    assert isinstance(group, AnnotatedText)
    assert {span.label for span in group.spans} == {"TIME", "X"}


def test_what_was_rejected_is_left_out(tmp_path: Path) -> None:
    lines = [EXPORTS["prodigy"] | {"answer": answer} for answer in ("reject", "accept", "ignore")]
    path = write_lines(tmp_path / "export.jsonl", *lines)
    rejected, kept, ignored = read_annotated_texts(path, NLP)
    assert isinstance(kept, AnnotatedText)
    assert kept.number == 2
    assert isinstance(rejected, Skipped)
    assert isinstance(ignored, Skipped)
    report = check_file("a", read_annotated_texts(path, NLP))
    assert (report.n_texts, sum(own.n for own in report.left_out.values()), report.problems) == (
        1,
        2,
        [],
    )


def test_texts_that_prodigy_has_asked_something_else_about(tmp_path: Path) -> None:
    accepted = {"text": "Play Abbey Road", "answer": "accept"}
    nothing, category, choice, binary = read_annotated_texts(
        write_lines(
            tmp_path / "export.jsonl",
            accepted,
            accepted | {"label": "SPORTS"},
            accepted | {"options": [{"id": "A"}], "accept": ["A"]},
            EXPORTS["prodigy"] | {"answer": "accept", "_view_id": "ner"},
        ),
        NLP,
    )
    assert isinstance(nothing, AnnotatedText)
    assert (nothing.spans, nothing.missing) == ((), ())
    assert isinstance(category, InvalidRecord)
    assert isinstance(choice, InvalidRecord)
    # one span was asked about: of the other word nothing is known
    assert isinstance(binary, AnnotatedText)
    assert binary.spans
    assert binary.missing == (0,)


@pytest.mark.parametrize(
    "value",
    [
        {"data": {"text": "a"}, "annotations": [{"result": None}]},
        {"data": {"text": "a"}, "annotations": [{}]},
    ],
)
def test_reasons_are_no_tracebacks(tmp_path: Path, value: Any) -> None:
    (entry,) = read_annotated_texts(write_lines(tmp_path / "a.jsonl", value), NLP)
    assert isinstance(entry, InvalidRecord)
    assert "an annotation without a list under 'result'" in entry.reason
    missing = write_lines(tmp_path / "b.jsonl", {"text": "b", "spans": []}, {"text": "a"})
    _, entry = read_annotated_texts(missing, NLP)
    assert isinstance(entry, InvalidRecord)
    assert entry.reason.startswith("has no list of spans")


def test_an_empty_list_beside_a_filled_one(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"text": "a", "label": [], "entities": [[0, 1, "A"]]})
    (entry,) = read_annotated_texts(path, NLP)
    assert isinstance(entry, AnnotatedText)
    assert entry.spans == (LabelledSpan(0, 1, "A"),)


def test_a_byte_order_mark(tmp_path: Path) -> None:
    content = json.dumps({"text": "a", "spans": []})
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8-sig")
    (entry,) = read_annotated_texts(tmp_path / "a.jsonl", NLP)
    assert isinstance(entry, AnnotatedText)


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "\\ud800", "spans": []}',
        "no JSON",
        "[]",
        "{}",
        '{"text": 3, "spans": []}',
        '{"text": "a"}',
        '{"text": "a", "spans": {}}',
        '{"text": "a", "spans": [3]}',
        '{"text": "a", "spans": [[0, 1]]}',
        '{"text": "a", "spans": [[0, "1", "A"]]}',
        '{"text": "a", "spans": [[0, true, "A"]]}',
        '{"text": "a", "spans": [{"start": 0, "end": 1, "label": null}]}',
        "[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_read_is_told(tmp_path: Path, line: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"text": "a", "spans": []}, line)
    good, bad = read_annotated_texts(path, NLP)
    assert isinstance(good, AnnotatedText)
    assert isinstance(bad, InvalidRecord)
    assert bad.line == 2
    assert bad.reason
    report = check_file("a", read_annotated_texts(path, NLP))
    assert [problem.kind for problem in report.problems] == ["unreadable line"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "\xff", "spans": []}')
    (bad,) = read_annotated_texts(tmp_path / "a.jsonl", NLP)
    assert isinstance(bad, InvalidRecord)


def test_the_case_of_an_ending(tmp_path: Path) -> None:
    for name, content in (
        ("A.JSONL", json.dumps(EXPORTS["doccano"])),
        ("A.Json", json.dumps([EXPORTS["doccano"]])),
    ):
        (tmp_path / name).write_text(content, encoding="utf8")
        (entry,) = read_annotated_texts(tmp_path / name, NLP)
        assert isinstance(entry, AnnotatedText)
    DocBin(docs=[NLP("a")]).to_disk(tmp_path / "a.spacy")
    (tmp_path / "a.spacy").rename(tmp_path / "B.SPACY")
    assert len(list(read_annotated_texts(tmp_path / "B.SPACY", NLP))) == 1


@pytest.mark.parametrize(("name", "number"), [("a.txt", "H047"), ("a.spacy", "H046")])
def test_a_file_of_another_kind(tmp_path: Path, name: str, number: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(ValueError, match=number):
        list(read_annotated_texts(tmp_path / name, NLP))


@pytest.mark.parametrize(
    ("spans", "kinds"),
    [
        ([(5, 15, "A")], []),
        ([(5, 10, "A"), (11, 15, "B")], []),
        ([(5, 12, "A")], ["not aligned with tokens"]),
        ([(6, 15, "A")], ["not aligned with tokens"]),
        ([(5, 16, "A")], ["white space at the edge"]),
        ([(4, 15, "A")], ["white space at the edge"]),
        ([(5, 99, "A")], ["outside of the text"]),
        ([(-1, 4, "A")], ["outside of the text"]),
        ([(5, 5, "A")], ["empty span"]),
        ([(9, 5, "A")], ["empty span"]),
        ([(5, 15, " ")], ["no label"]),
        ([(5, 15, "A"), (11, 15, "B")], ["overlapping spans"]),
        ([(5, 15, "A"), (5, 15, "B")], ["span with two labels"]),
        ([(5, 15, "B"), (5, 15, "A"), (5, 15, "C")], ["span with two labels"] * 2),
        ([(5, 15, "A"), (5, 15, "A")], ["repeated span"]),
        (
            [(5, 15, "A"), (5, 15, "B"), (5, 15, "A"), (5, 15, "B")],
            ["repeated span", "span with two labels", "repeated span"],
        ),
        (
            [(0, 15, "A"), (5, 15, "B"), (5, 15, "C")],
            ["overlapping spans", "span with two labels"],
        ),
    ],
)
def test_spans(spans: list[tuple[int, int, str]], kinds: list[str]) -> None:
    report = check_file("a", [make_text("Play Abbey Road now", *spans)])
    assert [problem.kind for problem in report.problems] == kinds
    for problem in report.problems:
        assert problem.span is not None
        assert problem.number == 1
        assert problem.text == "Play Abbey Road now"


WORDS = ["one", "two", "three", "four", "five", "six"]
STARTS = [sum(len(word) + 1 for word in WORDS[:i]) for i in range(len(WORDS))]


def test_a_span_with_two_labels_names_the_other() -> None:
    (problem,) = check_text(make_text("Play it", (0, 4, "B"), (0, 4, "A")))
    assert problem.span == LabelledSpan(0, 4, "B")
    assert problem.reason == "it also has the label A"


def check_slowly(text: AnnotatedText) -> list[Problem]:
    """What `check_text` finds, by looking at all tokens for each span."""

    def make(kind: str, reason: str, span: LabelledSpan) -> Problem:
        return Problem(kind, text.number, reason, text.text, span)

    problems, inside = [], []
    if not text.text.strip():
        problems.append(Problem("empty text", text.number, "it has no words", text.text))
    for span in text.spans:
        content = text.text[max(span.start, 0) : max(span.end, 0)]
        cut = [
            repr(token.text)
            for token in text.doc
            if any(token.idx < bound < token.idx + len(token) for bound in (span.start, span.end))
        ]
        if isinstance(span, MisplacedSpan):
            problems.append(make(span.kind, span.reason, span))
        elif span.start >= span.end:
            problems.append(make("empty span", "it ends where it begins, or before", span))
        elif span.start < 0 or span.end > len(text.text):
            reason = f"the text has {len(text.text)} characters"
            problems.append(make("outside of the text", reason, span))
        elif not span.label.strip():
            problems.append(make("no label", "its label is empty", span))
        elif content != content.strip():
            inside.append(span)
            reason = f"{content!r} begins or ends with white space"
            problems.append(make("white space at the edge", reason, span))
        elif text.doc.char_span(span.start, span.end) is None:
            reason = f"{content!r} cuts the tokens {', '.join(cut)}"
            problems.append(make("not aligned with tokens", reason, span))
        else:
            inside.append(span)
    inside.sort(key=attrgetter("start", "end", "label"))
    for i, span in enumerate(inside):
        before = inside[:i]
        same = [own for own in before if (own.start, own.end) == (span.start, span.end)]
        if span in before:
            problems.append(make("repeated span", "the text has it more than once", span))
        elif same:
            reason = f"it also has the label {same[-1].label}"
            problems.append(make("span with two labels", reason, span))
        elif before and span.start < max(own.end for own in before):
            # the first of those that reach furthest
            other = max(before, key=attrgetter("end"))
            quoted = f"{text.text[other.start : other.end]!r} ({other.label})"
            problems.append(make("overlapping spans", f"it overlaps {quoted}", span))
    return problems


PAIRS = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from("AB"))


@given(st.lists(PAIRS, max_size=6))
@example([(0, 1, "A"), (1, 3, "A"), (3, 5, "A"), (5, 5, "A")])
def test_overlaps_are_what_pairs_say(pairs: list[tuple[int, int, str]]) -> None:
    spans = []
    for *words, label in pairs:
        first, last = sorted(words)
        spans.append((STARTS[first], STARTS[last] + len(WORDS[last]), label))
    text = make_text(" ".join(WORDS), *spans)
    problems = check_text(text)
    assert problems == check_slowly(text)
    overlap = any(a[0] < b[1] and b[0] < a[1] for a, b in combinations(spans, 2))
    assert bool(problems) == overlap
    kinds = Counter(problem.kind for problem in problems)
    assert set(kinds) <= {"overlapping spans", "repeated span", "span with two labels"}
    assert kinds["repeated span"] == len(spans) - len(set(spans))
    assert kinds["span with two labels"] == len(set(spans)) - len({span[:2] for span in spans})


CHARACTERS = "ab.'- \n\t\u00a0\u2003\u00e9\u0301\u6771\U0001f600\u200b"
LABELS = st.sampled_from(["A", "B", "B-LOC", "", " "])


@st.composite
def annotated_texts(draw: st.DrawFn, longest: int) -> AnnotatedText:
    """A text with any spans, of which many begin and end where tokens do."""
    doc = NLP.make_doc(draw(st.text(CHARACTERS, max_size=longest)))
    edges = [edge for token in doc for edge in (token.idx, token.idx + len(token))]
    places = st.integers(-2, len(doc.text) + 2) | st.sampled_from([*edges, 0, -(10**30), 10**30])
    aligned = st.builds(LabelledSpan, places, places, LABELS)
    misplaced = st.builds(
        MisplacedSpan, places, places, LABELS, st.just("cuts a character"), st.just("it does")
    )
    spans = draw(st.lists(aligned | misplaced, max_size=8))
    missing = draw(st.sets(st.sampled_from(range(len(doc))))) if len(doc) else set()
    return AnnotatedText(1, doc, tuple(spans), tuple(sorted(missing)))


@given(annotated_texts(longest=30))
@settings(max_examples=500)
def test_what_is_wrong_is_what_a_look_at_all_tokens_says(text: AnnotatedText) -> None:
    assert check_text(text) == check_slowly(text)


def spans_without_white_space(text: AnnotatedText) -> list[tuple[int, int, str]]:
    """The spans as they would be in the text without its white space."""

    def move(place: int) -> int:
        return len(without_white_space(text.text[: max(place, 0)]))

    return sorted((move(span.start), move(span.end), span.label) for span in text.spans)


SPACED = "ab c  de"
SPACED_SPANS = st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from("AB"))


@given(st.lists(SPACED_SPANS, max_size=3), st.lists(SPACED_SPANS, max_size=3))
@example([(0, 3, "A"), (4, 8, "A")], [(4, 8, "A"), (0, 2, "A")])
@example([(0, 4, "A"), (6, 8, "A")], [(0, 4, "A"), (7, 8, "A")])
def test_spans_are_compared_without_white_space(
    spans: list[tuple[int, int, str]], others: list[tuple[int, int, str]]
) -> None:
    texts = make_text(SPACED, *spans), make_text(SPACED, *others, number=2)
    own, other = (spans_without_white_space(text) for text in texts)
    found = [problem.kind for problem in check_file("a", texts).problems]
    assert ("contradicting annotation" in found) == (own != other)


# short texts are often the same
@given(st.lists(st.lists(annotated_texts(longest=2), max_size=5), min_size=2, max_size=3))
def test_files_are_compared_as_if_all_texts_were_kept(files: list[list[AnnotatedText]]) -> None:
    reports: list[FileReport] = []
    kept: list[dict[str, tuple[int, list[Any]]]] = []
    for name, file in zip("abc", files, strict=False):
        records = [replace(text, number=number) for number, text in enumerate(file, start=1)]
        report = check_file(name, records, reports)
        expected, own = [], {}
        annotated: dict[str, tuple[int, list[Any]]] = {}
        shared: list[list[Problem]] = [[] for _ in kept]
        for text in records:
            expected += check_slowly(text)
            key = without_white_space(text.text)
            spans = spans_without_white_space(text)
            if key not in own:
                own[key] = text.number, spans
                for other, problems, texts in zip(reports, shared, kept, strict=True):
                    if key in texts:
                        reason = f"{other.name} has it as number {texts[key][0]}"
                        problems.append(
                            Problem("text of two files", text.number, reason, text.text)
                        )
            first, agreed = (
                (0, spans) if text.missing else annotated.setdefault(key, (text.number, spans))
            )
            if spans != agreed:
                reason = f"number {first} has the same text with other spans"
                expected.append(Problem("contradicting annotation", text.number, reason, text.text))
        assert report.problems == expected + [problem for part in shared for problem in part]
        words = [{token.i for token in text.doc if not token.is_space} for text in records]
        n_unannotated = sum(
            bool(own) and not text.spans and own <= set(text.missing)
            for own, text in zip(words, records, strict=True)
        )
        assert sum(own.n for own in report.left_out.values()) == n_unannotated
        reports.append(report)
        kept.append(own)


def test_a_report_keeps_no_text() -> None:
    long = "word " * 1000
    report = check_file("a", [make_text(long + str(i), number=i) for i in range(3)])
    assert all(len(key) == 16 for key in report.texts)
    assert list(report.texts.values()) == [0, 1, 2]
    assert report.problems == []


def test_counts() -> None:
    entries = [
        make_text("Play Abbey Road", (5, 15, "ALBUM"), (0, 4, "VERB")),
        make_text("Play it", (0, 4, "VERB"), number=2),
    ]
    report = check_file("a", entries)
    assert (report.n_texts, report.n_tokens) == (2, 5)
    assert report.labels == {"ALBUM": 1, "VERB": 2}


def test_the_same_text_twice() -> None:
    same = [make_text("Play it", (0, 4, "A")), make_text("Play it", (0, 4, "A"), number=2)]
    assert check_file("a", same).problems == []
    other = [*same, make_text("Play it", number=3)]
    (problem,) = check_file("a", other).problems
    assert (problem.kind, problem.number) == ("contradicting annotation", 3)
    assert "number 1" in problem.reason


def test_an_empty_text() -> None:
    (problem,) = check_file("a", [make_text(" ")]).problems
    assert problem.kind == "empty text"


def test_texts_of_two_files() -> None:
    train = check_file("train", [make_text("a"), make_text("b", number=2)])
    dev = [make_text("b"), make_text("c", number=2), make_text("b", number=3)]
    (problem,) = check_file("dev", dev, [train]).problems
    assert (problem.number, problem.text) == (1, "b")
    assert problem.reason == "train has it as number 2"


def test_white_space_makes_no_other_text() -> None:
    train = check_file("train", [make_text("Rome for ten", (0, 4, "A"))])
    texts = [make_text("Rome  for ten ", (0, 4, "A")), make_text(" Rome for ten", (1, 5, "A"))]
    dev = check_file("dev", texts)
    assert dev.problems == []
    (problem,) = check_file("dev", texts, [train]).problems
    assert problem.text == "Rome  for ten "
    (problem,) = check_file(
        "dev", [*texts, make_text("Romefor ten", (0, 7, "A"), number=3)]
    ).problems
    assert problem.kind == "contradicting annotation"


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    unannotated, empty = nlp("Rome for ten"), nlp("Rome for two")
    empty.set_ents([])
    path = tmp_path / "train.spacy"
    DocBin(docs=[unannotated, unannotated, empty]).to_disk(path)
    report = check_file("train", read_annotated_texts(path, nlp))
    assert report.left_out == {UNANNOTATED: Places(2, ["1", "2"])}
    (problem,) = missing_labels(report)
    assert problem.kind == "no labelled span"
    assert missing_labels(check_file("train", [make_text("a", (0, 1, "A"))])) == []


def test_tokens_of_docs_are_used_as_they_are_stored(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    # spaCy's tokenizer keeps "U.S." together
    doc = Doc(nlp.vocab, words=["the", "U.S", ".", "now"], spaces=[True, False, True, False])
    doc.set_ents([Span(doc, 1, 2, label="LOC")], missing=[doc[3:4]], default="outside")
    DocBin(docs=[doc]).to_disk(tmp_path / "train.spacy")
    (entry,) = read_annotated_texts(tmp_path / "train.spacy", nlp)
    assert isinstance(entry, AnnotatedText)
    assert [token.text for token in entry.doc] == ["the", "U.S", ".", "now"]
    assert entry.missing == (3,)
    assert check_file("train", [entry]).problems == []
    gold = make_gold(entry)
    assert [token.ent_iob_ for token in gold.doc] == ["O", "B", "O", ""]


def test_gaps() -> None:
    few = check_file("train", [make_text("a b", (0, 1, "RARE"))])
    dev = check_file("dev", [make_text("a b", (0, 1, "RARE"), (2, 3, "NEW"))])
    scarce, rare, unseen = find_gaps(few, [dev])
    assert "1 text;" in scarce
    assert "RARE (1)" in rare
    assert "dev has labels" in unseen
    assert "NEW" in unseen
    assert "RARE" not in unseen
    plenty = [make_text(f"a {i}", (0, 1, "A"), number=i) for i in range(60)]
    assert find_gaps(check_file("train", plenty), []) == []


def test_labels_that_look_like_slips_are_named() -> None:
    texts = [make_text(f"a {i}", (0, 1, "CITY"), number=i) for i in range(60)]
    texts.append(make_text("b b", (0, 1, "City"), number=60))
    (rare, slip) = find_gaps(check_file("train", texts), [])
    assert "City (1)" in rare
    assert "'City' (1), which looks like 'CITY' (60)" in slip


def test_labels_that_cannot_be_scored_are_named() -> None:
    texts = [make_text(f"a b {i}", (0, 1, "A"), (2, 3, "B"), number=i) for i in range(60)]
    train, dev = check_file("train", texts), check_file("dev", [make_text("c", (0, 1, "A"))])
    (untried,) = find_gaps(train, [dev])
    assert "dev has no example of B" in untried


def test_many_labels_that_cannot_be_scored_are_not_all_named() -> None:
    labels = [f"L{number}" for number in range(30)]
    texts = [
        make_text("a b", (0, 1, label), number=number * 10 + i)
        for number, label in enumerate(labels)
        for i in range(5)
    ]
    dev = check_file("dev", [make_text("c", (0, 1, "L0"))])
    (untried,) = find_gaps(check_file("train", texts), [dev])
    assert "L1, L10, L11" in untried
    assert "and 19 more" in untried


def test_spans_of_a_text_that_are_asked_about_one_at_a_time(tmp_path: Path) -> None:
    """They do not contradict each other, but a text that is annotated twice does."""
    rows = [
        {"text": "to Rome", "spans": [{"start": 3, "end": 7, "label": "CITY"}]},
        {"text": "to Rome", "spans": [{"start": 0, "end": 2, "label": "WAY"}]},
    ]
    asked = [row | {"answer": "accept", "_view_id": "ner"} for row in rows]
    path = write_lines(tmp_path / "asked.jsonl", *asked)
    assert check_file("a", read_annotated_texts(path, NLP)).problems == []
    path = write_lines(tmp_path / "both.jsonl", *asked, *rows)
    kinds = [own.kind for own in check_file("a", read_annotated_texts(path, NLP)).problems]
    assert kinds == ["contradicting annotation"]
