"""From raw texts to suggestions, with toy models."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from toy_pipelines import make_examples, make_nlp, train, write_corpus

from spacy_halfree.active_learning import suggest as module
from spacy_halfree.active_learning.diversity import embed_texts
from spacy_halfree.active_learning.suggest import SuggestionSettings, suggest
from spacy_halfree.data.records import InvalidRecord, Suggestion
from spacy_halfree.distill.teachers import annotate
from spacy_halfree.labelling.worker import TeacherWorker
from spacy_halfree.tagging.soft_labels import load_soft_labels


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("\n".join(texts) + "\n", encoding="utf8")
    return path


def run(
    models: list[Path], raw: Path, labelled: Sequence[Path] = (), **settings: object
) -> list[Suggestion]:
    worker = TeacherWorker(tuple(map(str, models)), batch_size=8)
    chosen = SuggestionSettings(**settings)  # type: ignore[arg-type]
    return suggest(worker, str(raw), labelled, settings=chosen).texts


def texts_of(suggestions: list[Suggestion]) -> list[str]:
    return [own.text for own in suggestions]


def soft_labels(models: list[Path], texts: list[str]) -> dict[str, tuple]:
    """The distributions and tags of each text, as `halfree annotate` has them."""
    found = {}
    for doc in annotate([spacy.load(path) for path in models], texts):
        soft = load_soft_labels(doc, len(doc))
        found[doc.text] = (soft.probabilities.astype(np.float64), soft.tags)
    return found


def total_entropy(rows: np.ndarray) -> float:
    known = rows[rows > 0].astype(np.float64)
    return float(-(known * np.log(known)).sum())


@pytest.mark.parametrize("n_models", [1, 2])
def test_the_most_uncertain_come_first(
    n_models: int, model_paths: list[Path], pool: list[str], tmp_path: Path
) -> None:
    models = model_paths[:n_models]
    soft = soft_labels(models, pool)
    entropy = {text: total_entropy(rows) for text, (rows, _) in soft.items()}
    found = run(models, write(tmp_path / "p.txt", pool), n=60, diversity=0.0, max_similarity=1.0)
    assert sorted(texts_of(found)) == sorted(pool)
    for own in found:
        assert own.score == own.gain == pytest.approx(entropy[own.text], abs=1e-3)
    assert [own.score for own in found] == sorted((own.score for own in found), reverse=True)


def test_other_measures(model_paths: list[Path], pool: list[str], tmp_path: Path) -> None:
    raw = write(tmp_path / "p.txt", pool)
    soft = soft_labels(model_paths[:1], pool)
    for own in run(model_paths[:1], raw, n=60, measure="confidence", unit="word"):
        rows, tags = soft[own.text]
        chosen = rows[np.arange(len(rows)), tags]
        assert own.score == pytest.approx(-np.log(chosen).mean(), abs=1e-3)
        assert own.confidence == pytest.approx(np.exp(np.log(chosen).mean()), abs=1e-3)


def test_disagreement_of_models(model_paths: list[Path], pool: list[str], tmp_path: Path) -> None:
    raw = write(tmp_path / "p.txt", pool)
    mean = soft_labels(model_paths, pool)
    found = run(model_paths, raw, n=60, measure="disagreement")
    assert len(found) > 30
    pipelines = [spacy.load(path) for path in model_paths]
    for own in found:
        rows, tags = mean[own.text]
        members = [
            nlp.get_pipe("halfree_tagger").distributions([nlp.make_doc(own.text)], tags)
            for nlp in pipelines
        ]
        expected = total_entropy(rows) - np.mean([total_entropy(own) for own in members])
        assert own.score == pytest.approx(expected, abs=2e-2)
    same = run([model_paths[0], model_paths[0]], raw, n=60, measure="disagreement")
    assert max(own.score for own in same) < 1e-6
    with pytest.raises(ValueError, match="H083"):
        run(model_paths[:1], raw, measure="disagreement")


@pytest.mark.parametrize("measure", ["entropy", "disagreement"])
def test_the_order_of_the_pool_does_not_matter(
    measure: str, model_paths: list[Path], pool: list[str], tmp_path: Path
) -> None:
    shuffled = pool.copy()
    random.Random(1).shuffle(shuffled)
    found = [
        texts_of(run(model_paths, write(tmp_path / name, texts), n=20, measure=measure))
        for name, texts in (("a.txt", pool), ("b.txt", shuffled))
    ]
    assert found[0] == found[1]


def test_ties_are_drawn_by_the_seed(model_paths: list[Path], tmp_path: Path) -> None:
    # the same words in another order, of equal worth to no model, so all are worth the same: zero
    texts = [f"{letter * 4} {letter * 5}" for letter in "abcdefghijklmnop"]
    models = [model_paths[0], model_paths[0]]
    settings = {"n": 4, "measure": "disagreement", "diversity": 0.0}
    first = texts_of(run(models, write(tmp_path / "a.txt", texts), **settings))
    again = texts_of(run(models, write(tmp_path / "b.txt", texts[::-1]), **settings))
    other = texts_of(run(models, tmp_path / "a.txt", seed=1, **settings))
    assert first == again
    assert first != other


def test_near_duplicates_are_not_both_suggested(
    model_paths: list[Path], pool: list[str], tmp_path: Path
) -> None:
    doubled = [*pool, *pool, *(text.upper() for text in pool), *(f"{text}!" for text in pool)]
    raw = write(tmp_path / "p.txt", doubled)
    found = texts_of(run(model_paths[:1], raw, n=1000))
    vectors = embed_texts(found)
    assert (vectors @ vectors.T - np.eye(len(found))).max() < 0.8
    lowered = [text.lower() for text in found]
    assert len(set(lowered)) == len(lowered)
    # even if all else is to be taken
    everything = texts_of(run(model_paths[:1], raw, n=1000, max_similarity=1.0))
    assert len({text.lower() for text in everything}) == len(everything)


def test_what_is_labelled_is_left_out(
    model_paths: list[Path], pool: list[str], tmp_path: Path
) -> None:
    labelled = tmp_path / "gold.jsonl"
    lines = [{"text": f"{text.upper()} ", "spans": []} for text in pool[:20]]
    labelled.write_text("".join(json.dumps(line) + "\n" for line in lines))
    raw = write(tmp_path / "p.txt", [*pool, "Play Abbey Road by The Beatles"])
    gold = write_corpus(tmp_path / "gold.spacy", spacy.blank("en"))
    worker = TeacherWorker((str(model_paths[0]),))
    settings = SuggestionSettings(n=100, max_similarity=1.0)
    found = suggest(worker, str(raw), [labelled, gold], settings=settings)
    assert sorted(texts_of(found.texts)) == sorted(pool[20:])
    assert (found.n_read, found.n_labelled) == (61, 21)
    near = run(model_paths[:1], raw, n=100, labelled=[labelled])
    cosines = embed_texts(texts_of(near)) @ embed_texts(pool[:20]).T
    assert cosines.max() < 0.8


def test_what_somebody_has_rejected_is_left_out(
    model_paths: list[Path], pool: list[str], tmp_path: Path
) -> None:
    raw = write(tmp_path / "p.txt", pool[:20])
    decided = {
        "prodigy": [
            {"text": f" {pool[0]} ", "answer": "reject"},
            {"text": pool[1], "answer": "ignore"},
        ],
        "label_studio": [
            {"data": {"text": pool[2]}, "annotations": [{"was_cancelled": True, "result": []}]},
            {"data": {"text": pool[3]}, "annotations": []},
        ],
    }
    paths = [tmp_path / f"{tool}.jsonl" for tool in decided]
    for path, lines in zip(paths, decided.values(), strict=True):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
    worker = TeacherWorker(tuple(map(str, model_paths[:1])))
    settings = SuggestionSettings(n=100, max_similarity=1.0)
    found = suggest(worker, str(raw), paths, settings=settings)
    texts = {own.text for own in found.texts}
    assert found.n_labelled == 3
    assert not texts & set(pool[:3])
    assert pool[3] in texts


def test_a_bounded_shortlist_finds_the_same(
    model_paths: list[Path], pool: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"n": 3, "diversity": 0.2}
    raw = write(tmp_path / "p.txt", pool)
    expected = run(model_paths[:1], raw, **settings)
    monkeypatch.setattr(module, "SHORTLIST", 10)
    monkeypatch.setattr(module, "SHORTLIST_PER_SUGGESTION", 4)
    # every text is a part of its own, so that the list is cut again and again
    monkeypatch.setattr("spacy_halfree.data.parts.MOST_CHARACTERS", 1)
    found = run(model_paths[:1], raw, **settings)
    assert texts_of(found) == texts_of(expected)
    np.testing.assert_allclose([a.gain for a in found], [b.gain for b in expected], atol=1e-3)


@pytest.mark.parametrize("target", ["tags", "spans"])
def test_other_targets(target: str, pool: list[str], tmp_path: Path) -> None:
    nlp, tagger = make_nlp(target=target)
    train(nlp, make_examples(nlp, target))
    nlp.to_disk(tmp_path / "model")
    for own in run([tmp_path / "model"], write(tmp_path / "p.txt", pool), n=5):
        doc: Doc = nlp(own.text)
        assert [token.text for token in doc] == [token.text for token in own.tokens]
        if target == "tags":
            expected = [(t.idx, t.idx + len(t), t.tag_) for t in doc]
        else:
            spans = doc.spans[tagger.spans_key]
            expected = [(s.start_char, s.end_char, s.label_) for s in spans]
        assert [(e.start, e.end, e.label) for e in own.spans] == expected


def test_tokenized_records(model_paths: list[Path], tmp_path: Path) -> None:
    raw = tmp_path / "p.jsonl"
    record = {"id": "x1", "words": ["Play", "AbbeyRoad!", "by"], "spaces": [True, False, False]}
    unknown = {"words": ["Find", "bars", "in", "Rome"]}
    raw.write_text("\n".join(map(json.dumps, (record, unknown))))
    first, second = sorted(run(model_paths, raw, measure="disagreement"), key=lambda c: c.source)
    assert first.source == "p.jsonl:2"
    assert first.text.split() == unknown["words"]
    assert (second.source, second.text) == ("x1", "Play AbbeyRoad!by")
    assert [token.text for token in second.tokens] == record["words"]
    for own in (first, second):
        assert all(own.text[t.start : t.end] == t.text for t in own.tokens)


def test_nothing_to_suggest(model_paths: list[Path], pool: list[str], tmp_path: Path) -> None:
    raw = write(tmp_path / "p.txt", pool[:2])
    labelled = tmp_path / "l.jsonl"
    labelled.write_text("".join(json.dumps({"text": t, "spans": []}) + "\n" for t in pool[:2]))
    with pytest.raises(ValueError, match=r"H085.*2 texts.*2 are labelled"):
        run(model_paths[:1], raw, labelled=[labelled])
    with pytest.raises(ValueError, match="H013"):
        run(model_paths[:1], raw, measure="surprise")


def test_too_much_that_cannot_be_used(model_paths: list[Path], tmp_path: Path) -> None:
    raw = tmp_path / "p.jsonl"
    raw.write_text('{"text": "Play on"}\n{"text": 5}\n{"no": 1}\n')
    worker = TeacherWorker((str(model_paths[0]),))
    invalid: list[InvalidRecord] = []
    settings = SuggestionSettings(max_bad=2)
    found = suggest(worker, str(raw), settings=settings, on_invalid=invalid.append)
    assert texts_of(found.texts) == ["Play on"]
    assert [record.line for record in invalid] == [2, 3]
    with pytest.raises(ValueError, match="H086"):
        suggest(worker, str(raw), settings=SuggestionSettings(max_bad=1))
    # a second run counts anew
    assert suggest(worker, str(raw), settings=settings).n_read == found.n_read == 1
