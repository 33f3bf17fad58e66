"""The same texts in several files: what agrees, and what is kept."""

from hypothesis import given
from hypothesis import strategies as st

from spacy_halfree.data.merging import (
    CONFLICT_CHOICES,
    OnConflict,
    ReadFile,
    merge_files,
)
from spacy_halfree.data.records import Annotation, LabelledSpan

TEXT = "Rome for ten, Oslo for two"
ROME, OSLO = LabelledSpan(0, 4, "CITY"), LabelledSpan(14, 18, "CITY")
TEN, PLACE = LabelledSpan(9, 12, "PARTY"), LabelledSpan(0, 4, "PLACE")


def file(name: str, *annotations: Annotation) -> ReadFile:
    return ReadFile(name, list(enumerate(annotations, start=1)))


def spans(*own: LabelledSpan, text: str = TEXT) -> Annotation:
    return Annotation(text, own)


def test_equal_annotation_is_kept_once() -> None:
    wide = "Rome  for ten,\nOslo for two "
    shifted = Annotation(wide, (LabelledSpan(0, 4, "CITY"), LabelledSpan(15, 19, "CITY")))
    merged = merge_files([file("a", spans(ROME, OSLO)), file("b", shifted)])
    # white space stays what it was
    assert [text.annotation for text in merged.texts] == [spans(ROME, OSLO)]
    found = merged.comparison
    assert (found.n_shared, found.n_equal, found.disagreements) == (1, 1, [])
    assert found.labels["CITY"].f1 == 1.0


def test_a_conflict_is_named_and_the_newest_file_wins() -> None:
    other = spans(text="Bonn")
    merged = merge_files([file("a", other, spans(ROME, OSLO)), file("b", spans(PLACE, OSLO, TEN))])
    assert [text.annotation for text in merged.texts] == [other, spans(PLACE, OSLO, TEN)]
    (conflict,) = merged.comparison.disagreements
    assert conflict.reason == (
        "number 2 of a has 'Rome' (CITY), and number 1 of b has 'Rome' (PLACE), 'ten' (PARTY)"
    )


def test_what_differs_can_be_left_missing() -> None:
    files = [file("a", spans(ROME, OSLO)), file("b", spans(OSLO, TEN))]
    (kept,) = merge_files(files, "missing").texts
    assert kept.annotation.spans == (OSLO,)
    assert set(kept.annotation.unknown) == {(0, 4), (9, 12)}


def test_texts_that_differ_can_be_left_out() -> None:
    files = [
        file("a", spans(ROME), spans(text="Bonn")),
        file("b", spans(OSLO), spans(text="Bonn")),
        file("c", spans(OSLO)),
    ]
    assert [text.annotation.text for text in merge_files(files, "leave-out").texts] == ["Bonn"]


def test_missing_annotation_contradicts_nothing() -> None:
    partial = Annotation(TEXT, (OSLO,), is_partial=True)
    unknown = Annotation(TEXT, (OSLO,), unknown=((0, 13),))
    for other in (partial, unknown):
        found = merge_files([file("a", spans(ROME, OSLO, TEN)), file("b", other)]).comparison
        assert (found.n_equal, found.disagreements) == (1, [])
        assert found.labels["CITY"].n_both == 1


def test_texts_of_several_files_are_counted_once() -> None:
    bonn = spans(text="Bonn")
    files = [file("a", spans(ROME), bonn), file("b", spans(OSLO), bonn), file("c", spans(OSLO))]
    found = merge_files([*files, file("d", bonn)]).comparison
    assert (found.n_shared, found.n_equal) == (2, 1)


def test_agreement_by_label() -> None:
    files = [file("a", spans(ROME, OSLO)), file("b", spans(OSLO, TEN)), file("c", spans(OSLO))]
    labels = merge_files(files).comparison.labels
    city = labels["CITY"]
    # three pairs of files
    assert (city.n_first, city.n_second, city.n_both) == (2 + 2 + 1, 3, 3)
    assert city.f1 == 6 / 8
    assert labels["PARTY"].f1 == 0.0


def test_newer_annotation_is_completed_by_older() -> None:
    partial = Annotation(TEXT, (ROME,), is_partial=True)
    unknown = Annotation(TEXT, (ROME,), unknown=((5, 26),))
    for newer in (partial, unknown):
        (kept,) = merge_files([file("a", spans(ROME, OSLO, TEN)), file("b", newer)]).texts
        assert kept.annotation == spans(ROME, TEN, OSLO)
        # what only one of them says is no conflict either
        for choice in CONFLICT_CHOICES[1:]:
            files = [file("a", newer), file("b", spans(ROME, OSLO, TEN))]
            (kept,) = merge_files(files, choice).texts
            assert kept.annotation == spans(ROME, TEN, OSLO)


def test_annotators_of_one_file() -> None:
    """Tools write several annotations of a text under one number."""
    records = [(1, spans(ROME, OSLO)), (1, spans(ROME)), (2, spans(text="Bonn"))]
    merged = merge_files([ReadFile("a", [*records])])
    # all of them are kept if nothing else is asked for
    assert len(merged.texts) == 3
    found = merged.comparison
    assert (found.n_shared, found.n_equal) == (1, 0)
    assert found.disagreements[0].reason == (
        "one of its annotations has 'Oslo' (CITY), and another one has nothing there"
    )
    first, _ = merge_files([ReadFile("a", [*records])], "missing").texts
    assert (first.annotation.spans, first.annotation.unknown) == ((ROME,), ((14, 18),))
    (kept,) = merge_files([ReadFile("a", [*records])], "leave-out").texts
    assert kept.annotation.text == "Bonn"


def test_a_text_is_counted_once_however_many_files_have_it() -> None:
    found = merge_files([file(name, spans(ROME)) for name in "abc"]).comparison
    assert (found.n_shared, found.n_equal) == (1, 1)


def test_texts_that_are_not_kept_are_named() -> None:
    files = [file("a", spans(ROME), spans(text="Bonn")), file("b", spans(OSLO))]
    for choice, expected in (("newest", {("a", 1)}), ("leave-out", {("a", 1), ("b", 1)})):
        dropped = merge_files(files, choice).dropped
        assert {(text.file, text.number) for text, _ in dropped} == expected


TEXTS = st.text(st.sampled_from("ab \n"), min_size=1, max_size=8).filter(str.strip)


@st.composite
def annotations(draw: st.DrawFn, text: str) -> Annotation:
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    places = draw(st.lists(bounds, max_size=3))
    own = {LabelledSpan(min(pair), max(pair), draw(st.sampled_from("AB"))) for pair in places}
    # spans of nothing but white space have no place without it
    kept = [span for span in own if text[span.start : span.end].strip()]
    return Annotation(text, tuple(sorted(kept, key=lambda span: (span.start, span.end))))


def known(annotation: Annotation) -> set[int]:
    """The characters that an annotation says something about."""
    inside = {i for span in annotation.spans for i in range(span.start, span.end)}
    unknown = {i for start, end in annotation.unknown for i in range(start, end)}
    outside = set() if annotation.is_partial else set(range(len(annotation.text))) - unknown
    return {i for i in inside | outside if not annotation.text[i].isspace()}


@given(st.data(), TEXTS)
def test_newest_annotation_wins_and_the_rest_is_completed(data: st.DataObject, text: str) -> None:
    own = []
    for _ in range(2):
        drawn = data.draw(annotations(text))
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        is_partial = data.draw(st.booleans())
        unknown = ((start, end),) if start < end else ()
        own.append(Annotation(text, drawn.spans, unknown=unknown, is_partial=is_partial))
    older, newer = own
    (kept,) = merge_files([file("a", older), file("b", newer)]).texts
    result = kept.annotation
    assert set(newer.spans) <= set(result.spans) <= {*newer.spans, *older.spans}
    for span in older.spans:
        inside = {i for i in range(span.start, span.end) if not text[i].isspace()}
        if not inside & known(newer):
            assert (*compact(text, span), span.label) in {
                (*compact(text, found), found.label) for found in result.spans
            }
    assert known(newer) <= known(result) <= known(newer) | known(older)


@given(st.data(), TEXTS, st.sampled_from(CONFLICT_CHOICES))
def test_every_text_once_and_only_agreed_spans_if_the_rest_is_missing(
    data: st.DataObject, text: str, choice: OnConflict
) -> None:
    own = [data.draw(annotations(text)) for _ in range(3)]
    files = [file(str(i), annotation) for i, annotation in enumerate(own)]
    merged = merge_files(files, choice)
    differ = bool(merged.comparison.disagreements)
    if choice == "leave-out" and differ:
        assert merged.texts == []
        return
    (kept,) = merged.texts
    if choice == "newest":
        assert kept.annotation == own[-1]
    if choice == "missing":
        placed = [
            {(*compact(text, span), span.label) for span in annotation.spans} for annotation in own
        ]
        agreed = set.intersection(*placed)
        assert {(*compact(text, span), span.label) for span in kept.annotation.spans} == agreed
        # all characters of what is not agreed count as not annotated
        missing = {i for start, end in kept.annotation.unknown for i in range(start, end)}
        for annotation in own:
            for span in annotation.spans:
                if (*compact(text, span), span.label) not in agreed:
                    inside = range(span.start, span.end)
                    assert {i for i in inside if not text[i].isspace()} <= missing


def compact(text: str, span: LabelledSpan) -> tuple[int, int]:
    """The bounds of a span, counted without white space."""
    return len("".join(text[: span.start].split())), len("".join(text[: span.end].split()))
