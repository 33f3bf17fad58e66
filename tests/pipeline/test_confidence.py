"""Probabilities of spans and tags: what sums over all sequences say, and `None` where unknown."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.cli.find_threshold import find_threshold
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab
from toy_pipelines import (
    ARCHITECTURES,
    LABELS,
    OTHER_TEXTS,
    SPANS_KEY,
    TEXTS,
    annotation,
    make_examples,
    make_nlp,
    model_config,
    train,
)

from spacy_halfree.pipeline.tagger import HalfreeTagger
from spacy_halfree.tagging.confidence import span_confidences
from spacy_halfree.tagging.scheme import INSIDE, spans_from_tags

SHORT = ["Play Björk now", "Find Zürich", "Hear The Beatles"]


def make_unsure(architecture: str = "first_order", target: str = "ents", **settings: Any) -> Any:
    """A tagger that has hardly learned."""
    nlp, tagger = make_nlp(architecture, target, **settings)
    train(nlp, make_examples(nlp, target), 8)
    return nlp, tagger


@pytest.fixture(scope="module", params=ARCHITECTURES)
def unsure(request: pytest.FixtureRequest) -> tuple[Language, HalfreeTagger]:
    return make_unsure(request.param)


def all_sequences(
    nlp: Language, tagger: HalfreeTagger, text: str, prefix: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Every sequence of tags that begins with a prefix, and its probability given that prefix."""
    doc = nlp.make_doc(text)
    free = product(range(tagger.scheme.n_tags), repeat=len(doc) - len(prefix))
    sequences = np.array([[*prefix, *rest] for rest in free])
    probabilities = np.ones(len(sequences))
    rows = [tagger.distributions([doc], sequence) for sequence in sequences]
    for i, (sequence, row) in enumerate(zip(sequences, rows, strict=True)):
        for word in range(len(prefix), len(doc)):
            probabilities[i] *= row[word, sequence[word]]
            if probabilities[i] == 0:
                break
    return sequences, probabilities


@pytest.mark.parametrize("text", SHORT)
def test_confidence_is_a_sum_over_all_sequences(
    unsure: tuple[Language, HalfreeTagger], text: str
) -> None:
    nlp, tagger = unsure
    _, prediction = tagger.predict([nlp.make_doc(text)])
    tags = np.asarray(prediction.tags)
    doc = nlp(text)
    for ent in doc.ents:
        sequences, probabilities = all_sequences(nlp, tagger, text, tags[: ent.start].tolist())
        same = (sequences[:, ent.start : ent.end] == tags[ent.start : ent.end]).all(axis=1)
        if ent.end < len(doc):
            same &= sequences[:, ent.end] != INSIDE
        assert ent._.confidence == pytest.approx(probabilities[same].sum(), abs=1e-5)


def test_there_is_something_to_be_sure_of(unsure: tuple[Language, HalfreeTagger]) -> None:
    nlp, _ = unsure
    found = [ent._.confidence for doc in nlp.pipe([*SHORT, *TEXTS]) for ent in doc.ents]
    assert found
    assert all(0 < confidence <= 1 for confidence in found)


@pytest.mark.parametrize("text", SHORT)
def test_marginals_are_sums_over_all_sequences(text: str) -> None:
    nlp, tagger = make_unsure()
    _, probabilities = sequences = all_sequences(nlp, tagger, text, [])
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    expected = np.zeros((sequences[0].shape[1], tagger.scheme.n_tags))
    for sequence, probability in zip(*sequences, strict=True):
        expected[np.arange(len(sequence)), sequence] += probability
    np.testing.assert_allclose(tagger.marginals([nlp.make_doc(text)]), expected, atol=1e-5)


def test_marginals_of_a_batch_are_those_of_its_texts() -> None:
    nlp, tagger = make_unsure()
    docs = [nlp.make_doc(text) for text in [*TEXTS, *OTHER_TEXTS]]
    docs[0].set_ents([Span(docs[0], 1, 3, label=LABELS[0])], default="missing")
    together = tagger.marginals(docs)
    alone = np.concatenate([tagger.marginals([doc]) for doc in docs])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    # what is pinned is certain
    assert together[1, tagger.scheme.tag_names.index(LABELS[0])] == pytest.approx(1)
    assert tagger.marginals([]).shape == (0, tagger.scheme.n_tags)


@pytest.mark.parametrize("architecture", ["aligned", "sentinel"])
def test_other_models_have_no_marginals(architecture: str) -> None:
    nlp, tagger = make_unsure(architecture)
    with pytest.raises(NotImplementedError, match=r"\[H043\].*FirstOrderTagger"):
        tagger.marginals([nlp.make_doc(TEXTS[0])])


@st.composite
def tagged_rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Legal tags of several texts, and any distributions."""
    tags: list[int] = []
    lengths = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    for length in lengths:
        before = 0
        for _ in range(length):
            before = draw(st.sampled_from([0, 2, 3] if before == 0 else [0, 1, 2, 3]))
            tags.append(before)
    rows = np.random.default_rng(len(tags)).dirichlet(np.ones(4), size=len(tags))
    return np.array(tags, dtype=np.int64), rows.astype(np.float32), np.array(lengths)


@given(tagged_rows())
def test_many_spans_at_once(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    tags, rows, lengths = case
    first, last, _ = spans_from_tags(tags, lengths)
    expected = []
    ends = set(np.cumsum(lengths).tolist())
    for start, end in zip(first.tolist(), (last + 1).tolist(), strict=True):
        probability = float(np.prod([rows[i, tags[i]] for i in range(start, end)]))
        expected.append(probability * (1 if end in ends else 1 - float(rows[end, INSIDE])))
    found = span_confidences(tags, rows.reshape(-1, 4), lengths, first, last)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_unknown_confidence_is_none() -> None:
    nlp, _ = make_unsure()
    ruler = nlp.add_pipe("entity_ruler", before="halfree_tagger")
    ruler.add_patterns([{"label": LABELS[1], "pattern": "now"}])  # type: ignore[attr-defined]
    doc = nlp("Play Björk now")
    by_text = {ent.text: ent._.confidence for ent in doc.ents}
    assert by_text.pop("now") is None
    assert by_text
    assert all(isinstance(confidence, float) for confidence in by_text.values())
    assert doc[0:1]._.confidence is None


def test_a_span_that_takes_the_place_of_another_has_none() -> None:
    nlp, _ = make_unsure()
    doc = nlp("Play Björk now")
    (ent, *_) = doc.ents
    other = next(label for label in LABELS if label != ent.label_)
    replacement = Span(doc, ent.start, ent.end, label=other)
    doc.set_ents([replacement])
    assert [ent._.confidence for ent in doc.ents] == [None]


def two_taggers() -> Language:
    """One writes entities, one the same spans to a group; the second one is surer."""
    nlp, _ = make_nlp("first_order", "ents")
    config = {"model": model_config("first_order"), "target": "spans", "spans_key": SPANS_KEY}
    nlp.add_pipe("halfree_tagger", name="second", config=config)
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans[SPANS_KEY] = list(example.reference.ents)
    optimizer = nlp.initialize(lambda: examples)
    for name, steps in (("halfree_tagger", 12), ("second", 60)):
        with nlp.select_pipes(enable=[name]):
            for _ in range(steps):
                nlp.update(examples, sgd=optimizer)
    return nlp


def test_taggers_of_one_pipeline_have_their_own() -> None:
    nlp = two_taggers()
    with nlp.select_pipes(enable=["halfree_tagger"]):
        alone = [(ent.text, ent._.confidence) for ent in nlp(TEXTS[0]).ents]
    with nlp.select_pipes(enable=["second"]):
        second = nlp(TEXTS[0])
    others = [(span.text, span._.confidence) for span in second.spans[SPANS_KEY]]
    doc = nlp(TEXTS[0])
    assert alone
    assert others
    assert alone != others
    assert [(ent.text, ent._.confidence) for ent in doc.ents] == alone
    group = [(span.text, span._.confidence) for span in doc.spans[SPANS_KEY]]
    assert group == others


def test_an_entity_of_a_ruler_before_a_tagger_of_spans_has_none() -> None:
    nlp, _ = make_nlp("first_order", "spans")
    train(nlp, make_examples(nlp, "spans"), 60)
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "地点", "pattern": "Zürich"}])
    doc = nlp(TEXTS[1])
    (span,) = doc.spans[SPANS_KEY]
    assert [(ent.text, ent.label_) for ent in doc.ents] == [(span.text, span.label_)]
    assert doc.ents[0]._.confidence is None
    assert span._.confidence > 0.5
    # whatever stands among the entities
    confidence = span._.confidence
    for ents in ([], [Span(doc, span.start, span.end, label=label) for label in LABELS[:1]]):
        doc.set_ents(ents)
        assert doc.spans[SPANS_KEY][0]._.confidence == confidence
        assert [ent._.confidence for ent in doc.ents] == [None] * len(ents)


def train_beside_ner(**position: str) -> Language:
    """spaCy's `ner` and a tagger of spans, which mostly find the same."""
    nlp, _ = make_nlp("first_order", "spans")
    nlp.add_pipe("ner", **position)  # type: ignore[arg-type]
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans[SPANS_KEY] = list(example.reference.ents)
    train(nlp, examples, 80)
    return nlp


@pytest.mark.parametrize("position", ["before", "after"])
def test_spans_beside_the_same_entities_of_ner(position: str) -> None:
    nlp = train_beside_ner(**{position: "halfree_tagger"})
    with nlp.select_pipes(disable=["ner"]):
        alone = [[span._.confidence for span in doc.spans[SPANS_KEY]] for doc in nlp.pipe(TEXTS)]
    n_same = 0
    for doc, confidences in zip(nlp.pipe(TEXTS), alone, strict=True):
        found = [span._.confidence for span in doc.spans[SPANS_KEY]]
        assert found == pytest.approx(confidences)
        n_same += len({*annotation(doc, "ents")} & {*annotation(doc, "spans")})
        assert {ent._.confidence for ent in doc.ents} <= {None}
    assert n_same


def test_entities_beside_those_of_ner() -> None:
    """Those that `ner` has found before have no confidence, the others have theirs."""
    nlp, tagger = make_nlp()
    nlp.add_pipe("ner", first=True)
    examples = make_examples(nlp)
    one_label = make_examples(nlp)
    for example in one_label:
        example.reference.set_ents([e for e in example.reference.ents if e.label_ == LABELS[0]])
    optimizer = nlp.initialize(lambda: examples)
    for name, own in (("ner", one_label), (tagger.name, examples)):
        with nlp.select_pipes(enable=[name]):
            for _ in range(100):
                nlp.update(own, sgd=optimizer)
    kinds = set()
    for text in TEXTS:
        with nlp.select_pipes(enable=["ner"]):
            of_ner = annotation(nlp(text), "ents")
        for ent in nlp(text).ents:
            is_of_ner = (ent.start, ent.end, ent.label_) in of_ner
            assert (ent._.confidence is None) == is_of_ner
            kinds.add(is_of_ner)
    assert kinds == {True, False}


def scores_of(doc: Doc) -> list[float]:
    """The group's scores, which have the form that those of `spancat` have."""
    scores = doc.spans[SPANS_KEY].attrs["scores"]
    assert isinstance(scores, np.ndarray)
    assert scores.dtype == np.float32
    assert scores.shape == (len(doc.spans[SPANS_KEY]),)
    return scores.tolist()  # type: ignore[no-any-return]


def spancat_scores() -> Any:
    """What spaCy's own component writes."""
    nlp = spacy.blank("en")
    config = {"spans_key": SPANS_KEY, "threshold": 0.0}
    nlp.add_pipe("spancat", config=config)
    examples = make_examples(nlp, "spans")
    nlp.initialize(lambda: examples)
    return nlp(TEXTS[1]).spans[SPANS_KEY].attrs


def test_scores_are_like_those_of_spancat() -> None:
    nlp, tagger = make_unsure(target="spans")
    docs = list(nlp.pipe([*TEXTS, "", " \n "]))
    assert any(len(doc.spans[SPANS_KEY]) > 1 for doc in docs)
    expected = spancat_scores()
    for doc in docs:
        group = doc.spans[SPANS_KEY]
        assert group.attrs.keys() == expected.keys()
        assert type(group.attrs["scores"]) is type(expected["scores"])
        assert group.attrs["scores"].dtype == expected["scores"].dtype
        assert scores_of(doc) == pytest.approx([span._.confidence for span in group])
    # those that are left out have none
    confidences = sorted(score for doc in docs for score in scores_of(doc))
    tagger.threshold = confidences[len(confidences) // 2]
    for doc in nlp.pipe(TEXTS):
        assert all(score >= tagger.threshold for score in scores_of(doc))


def test_a_group_is_replaced_with_its_scores() -> None:
    """Nothing stays of the spans, scores and confidences of what has tagged the doc before."""
    nlp, tagger = make_unsure(target="spans")
    text = TEXTS[0]
    fresh = nlp(text)
    doc = nlp.make_doc(text)
    others = [Span(doc, 0, 1, label=LABELS[0]), Span(doc, 0, 2, label=LABELS[1])]
    doc.spans[SPANS_KEY] = others
    doc.spans[SPANS_KEY].attrs["scores"] = np.ones(2, dtype=np.float32)
    doc = nlp(doc)
    assert annotation(doc, "spans") == annotation(fresh, "spans")
    assert scores_of(doc) == pytest.approx(scores_of(fresh))
    (found, *_) = doc.spans[SPANS_KEY]
    own = Span(doc, found.start, found.end, label=found.label)
    assert own._.confidence == found._.confidence
    tagger.threshold = 1.0
    doc = nlp(doc)
    assert scores_of(doc) == []
    assert own._.confidence is None


def test_taggers_of_several_groups() -> None:
    nlp, _ = make_nlp("first_order", "spans")
    config = {"model": model_config("first_order"), "target": "spans", "spans_key": "other"}
    nlp.add_pipe("halfree_tagger", name="other", config=config)
    examples = make_examples(nlp, "spans")
    for example in examples:
        example.reference.spans["other"] = list(example.reference.spans[SPANS_KEY])
    optimizer = nlp.initialize(lambda: examples)
    for name, steps in (("halfree_tagger", 40), ("other", 60)):
        with nlp.select_pipes(enable=[name]):
            for _ in range(steps):
                nlp.update(examples, sgd=optimizer)
    doc = nlp(TEXTS[0])
    groups = [doc.spans[SPANS_KEY], doc.spans["other"]]
    found = [[span._.confidence for span in group] for group in groups]
    assert found[0]
    assert found[0] != found[1]
    for group, confidences in zip(groups, found, strict=True):
        assert group.attrs["scores"].tolist() == pytest.approx(confidences)
    # copies to other places keep what is known of them
    doc.spans["copied"] = list(groups[1])
    assert [span._.confidence for span in doc.spans["copied"]] == found[1]
    doc.set_ents(list(groups[0]))
    assert [ent._.confidence for ent in doc.ents] == found[0]


def test_spans_of_another_component_in_the_same_group() -> None:
    nlp, _ = make_unsure(target="spans")
    ruler: Any = nlp.add_pipe("span_ruler", config={"spans_key": SPANS_KEY, "overwrite": False})
    ruler.add_patterns([{"label": "WORD", "pattern": "Play"}])
    doc = nlp(TEXTS[0])
    by_label = {span.label_: span._.confidence for span in doc.spans[SPANS_KEY]}
    assert by_label.pop("WORD") is None
    assert by_label
    assert None not in by_label.values()


def test_a_threshold_for_tags_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[H013\].*threshold.*tags"):
        make_nlp("first_order", "tags", threshold=0.5)


def test_slices_and_joined_docs_keep_theirs() -> None:
    nlp, tagger = make_unsure()
    tagger.store_probs = True
    first, second = nlp.pipe(["now Play Björk", "Find Zürich"])
    part = first[1:3].as_doc(copy_user_data=True)
    joined = Doc.from_docs([first, second])
    for doc, others in ((part, [first]), (joined, [first, second])):
        assert doc.ents
        by_text = {ent.text: ent._.confidence for other in others for ent in other.ents}
        assert all(ent._.confidence == by_text[ent.text] for ent in doc.ents)
        rows = {token.text: token._.tag_probs for other in others for token in other}
        assert all(token._.tag_probs == rows[token.text] for token in doc)


def test_merged_tokens_have_no_probabilities() -> None:
    nlp, _ = make_unsure(store_probs=True)
    doc = nlp("Play Björk now")
    last = doc[2]._.tag_probs
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert [token._.tag_probs for token in doc] == [None, last]


@pytest.mark.parametrize("settings", [{"target": "tags"}, {"store_probs": True}, {}])
def test_no_docs_at_all(settings: dict[str, Any]) -> None:
    _, tagger = make_unsure(**settings)
    tagger.set_annotations([], tagger.predict([]))
    tagger.write([], tagger.predict([]), soft_labels=True)


@pytest.mark.parametrize("target", ["ents", "spans"])
def test_threshold(target: str) -> None:
    nlp, tagger = make_unsure(target=target)
    docs = list(nlp.pipe(TEXTS))
    spans = [
        span for doc in docs for span in (doc.ents if target == "ents" else doc.spans[SPANS_KEY])
    ]
    confidences = sorted(span._.confidence for span in spans)
    tagger.threshold = confidences[len(confidences) // 2]
    sure = [annotation(doc, target) for doc in nlp.pipe(TEXTS)]
    assert 0 < sum(map(len, sure)) < len(spans)
    expected = [
        [
            (span.start, span.end, span.label_)
            for span in (doc.ents if target == "ents" else doc.spans[SPANS_KEY])
            if span._.confidence >= tagger.threshold
        ]
        for doc in docs
    ]
    assert sure == expected
    tagger.threshold = 1.1
    assert not any(annotation(doc, target) for doc in nlp.pipe(TEXTS))


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_threshold_out_of_range(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"\[H013\].*threshold"):
        make_nlp(threshold=threshold)


def test_spacy_finds_a_threshold(tmp_path: Any) -> None:
    nlp, _ = make_unsure()
    nlp.to_disk(tmp_path / "model")
    DocBin(docs=[example.reference for example in make_examples(nlp)]).to_disk(
        tmp_path / "dev.spacy"
    )
    best, score, scores = find_threshold(
        str(tmp_path / "model"),
        tmp_path / "dev.spacy",
        "halfree_tagger",
        "threshold",
        "halfree_f",
        n_trials=5,
    )
    assert 0 <= best <= 1
    assert score == max(scores.values())
    # nothing is as sure as that
    assert scores[1.0] < score


def test_tag_probabilities_on_demand(unsure: tuple[Language, HalfreeTagger]) -> None:
    nlp, tagger = unsure
    text = "Play  Björk now"
    assert nlp(text)[0]._.tag_probs is None
    tagger.store_probs = True
    try:
        docs = list(nlp.pipe([TEXTS[0], text, ""]))
    finally:
        tagger.store_probs = False
    _, prediction = tagger.predict([nlp.make_doc(text)])
    doc = docs[1]
    assert [token._.tag_probs is None for token in doc] == [token.is_space for token in doc]
    words = [token for token in doc if not token.is_space]
    for token, row in zip(words, np.asarray(prediction.probabilities), strict=True):
        assert list(token._.tag_probs) == ["O", "I", *LABELS]
        np.testing.assert_allclose(list(token._.tag_probs.values()), row, atol=1e-5)


def test_tag_probabilities_of_single_tokens() -> None:
    nlp, _ = make_unsure(target="tags", store_probs=True)
    for token in nlp(TEXTS[0]):
        probabilities = token._.tag_probs
        assert max(probabilities, key=probabilities.get) == token.tag_
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def facts(doc: Doc) -> list[Any]:
    spans = [(ent.text, ent.label_, ent._.confidence) for ent in doc.ents]
    return [spans, [token._.tag_probs for token in doc]]


def facts_and_probabilities(doc: Doc) -> tuple[list[Any], list[float]]:
    spans, distributions = facts(doc)
    found = [(text, label) for text, label, _ in spans]
    tags = [None if row is None else list(row) for row in distributions]
    probabilities = [value for row in distributions for value in (row or {}).values()]
    return [found, tags], [*(confidence for _, _, confidence in spans), *probabilities]


def group_facts(doc: Doc) -> tuple[list[Any], list[float]]:
    """What is in the group and who has set the entities; the group's confidences and scores."""
    group = doc.spans[SPANS_KEY]
    texts = [(span.text, span.label_, span.id_) for span in group]
    entities = [(ent.text, ent._.confidence) for ent in doc.ents]
    return [texts, entities], [*(span._.confidence for span in group), *scores_of(doc)]


def test_those_of_a_group_travel_with_the_doc() -> None:
    nlp = train_beside_ner(before="halfree_tagger")
    docs = list(nlp.pipe(TEXTS))
    expected = [group_facts(doc) for doc in docs]
    assert any(entities for (_, entities), _ in expected)
    assert any(confidences for _, confidences in expected)
    assert [group_facts(doc.copy()) for doc in docs] == expected
    assert [group_facts(Doc(Vocab()).from_bytes(doc.to_bytes())) for doc in docs] == expected
    stored = DocBin(docs=docs, store_user_data=True).to_bytes()
    loaded = list(DocBin(store_user_data=True).from_bytes(stored).get_docs(Vocab()))
    assert [group_facts(doc) for doc in loaded] == expected
    # without the user data, the scores stay
    without = DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(Vocab())
    assert [scores_of(doc) for doc in without] == [scores_of(doc) for doc in docs]
    in_processes = nlp.pipe(TEXTS, n_process=2, batch_size=2)
    for doc, (facts, confidences) in zip(in_processes, expected, strict=True):
        other_facts, other_confidences = group_facts(doc)
        assert other_facts == facts
        assert other_confidences == pytest.approx(confidences, abs=1e-5)


def test_those_of_a_group_in_joined_and_sliced_docs() -> None:
    nlp = train_beside_ner(before="halfree_tagger")
    docs = list(nlp.pipe(TEXTS))
    joined = Doc.from_docs(docs)
    for name in ("spans", "ents"):
        own = [doc.ents if name == "ents" else doc.spans[SPANS_KEY] for doc in [joined, *docs]]
        expected = [span._.confidence for spans in own[1:] for span in spans]
        assert [span._.confidence for span in own[0]] == expected
    # spaCy leaves span groups behind here, and the entities are those of `ner`
    parts = [doc[1:].as_doc(copy_user_data=True) for doc in docs]
    assert {ent._.confidence for part in parts for ent in part.ents} == {None}


def test_they_travel_with_the_doc() -> None:
    nlp, tagger = make_unsure()
    tagger.store_probs = True
    docs = list(nlp.pipe(TEXTS))
    expected = [facts(doc) for doc in docs]
    assert [facts(Doc(nlp.vocab).from_bytes(doc.to_bytes())) for doc in docs] == expected
    stored = DocBin(docs=docs, store_user_data=True)
    other = DocBin(store_user_data=True).from_bytes(stored.to_bytes())
    assert [facts(doc) for doc in other.get_docs(spacy.blank("en").vocab)] == expected
    # workers that are not forked (the default from Python 3.14 on) compute in batches of their own
    for doc, own in zip(nlp.pipe(TEXTS, n_process=2, batch_size=2), docs, strict=True):
        other_facts, other_probabilities = facts_and_probabilities(doc)
        own_facts, own_probabilities = facts_and_probabilities(own)
        assert other_facts == own_facts
        assert other_probabilities == pytest.approx(own_probabilities, abs=1e-5)
