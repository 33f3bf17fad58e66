"""The engine for Presidio, with the real `presidio-analyzer`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.cli.package import package
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

pytest.importorskip("presidio_analyzer")

from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpEngineProvider

from spacy_halfree.presidio import PRESIDIO_ENTITIES, HalfreeNlpEngine

WORDS = ["Mara", "Lind", "lives", "in", "Oslo", "with", "Rex", "and", "Ada", "Berg"]
TEXTS = ["Mara Lind lives in Oslo with Rex", "Ada Berg and Mara", "", " \n", "in Oslo"]
ENTITIES = {"PERSON": "PERSON", "CITY": "LOCATION", "PET": "PET"}
"""Labels of the toy pipelines, and what Presidio is to call them."""
MAPPED = {"model_to_presidio_entity_mapping": {"PET": "PET"}}

pytestmark = pytest.mark.filterwarnings("error:.*W057")


def train(lang: str, **config: Any) -> Language:
    """A pipeline that has learned three labels."""
    nlp = spacy.blank(lang)
    tagger = nlp.add_pipe("halfree_tagger", config=config)
    spans = [(0, 9, "PERSON"), (19, 23, "CITY"), (29, 32, "PET")]
    key = {"spans": {"sc": spans}} if config.get("target") == "spans" else {"entities": spans}
    examples = [Example.from_dict(nlp.make_doc(TEXTS[0]), key)]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    tagger.cfg["calibration"] = 1.7
    return nlp


@pytest.fixture(scope="module")
def english() -> Language:
    return train("en")


@pytest.fixture(scope="module")
def folder(english: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("presidio") / "toy"
    english.to_disk(path)
    return path


def make_engine(pipeline: Any, **configuration: Any) -> HalfreeNlpEngine:
    model = {"lang_code": "en", "model_name": pipeline}
    return HalfreeNlpEngine([model], NerModelConfiguration(**{**MAPPED, **configuration}))


def make_analyzer(engine: HalfreeNlpEngine, *languages: str) -> AnalyzerEngine:
    """Presidio with nothing but the pipelines, so that no pattern finds the same."""
    engine.load()
    registry = RecognizerRegistry(recognizers=[], supported_languages=list(languages))
    registry.add_nlp_recognizer(engine)
    return AnalyzerEngine(registry, engine, supported_languages=list(languages))


def reported(results: list[Any]) -> set[tuple]:
    return {(own.start, own.end, own.entity_type, own.score) for own in results}


def expected(doc: Doc) -> set[tuple]:
    return {
        (ent.start_char, ent.end_char, ENTITIES[ent.label_], ent._.confidence) for ent in doc.ents
    }


def test_scores_are_confidence(english: Language) -> None:
    results = make_analyzer(make_engine(english), "en").analyze(TEXTS[0], "en")
    assert {own.entity_type for own in results} == {"PERSON", "LOCATION", "PET"}
    assert reported(results) == expected(english(TEXTS[0]))
    # calibrated, and not all the same
    assert len({own.score for own in results}) == 3


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=st.lists(st.sampled_from([*WORDS, "🍕", "\n", "être", "jo@example.com"]), max_size=12))
def test_any_text(english: Language, words: list[str]) -> None:
    text = " ".join(words)
    results = make_analyzer(make_engine(english), "en").analyze(text, "en")
    assert reported(results) == expected(english(text))


def test_a_folder(english: Language, folder: Path) -> None:
    for pipeline in (folder, str(folder)):
        results = make_analyzer(make_engine(pipeline), "en").analyze(TEXTS[0], "en")
        assert reported(results) == expected(spacy.load(folder)(TEXTS[0]))


def test_an_installed_pipeline(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wheel")
    package(folder, tmp_path, name="presidio_toy", create_sdist=False, create_wheel=True)
    (wheel,) = tmp_path.glob("*/dist/*.whl")
    # what pip does with it
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    results = make_analyzer(make_engine("en_presidio_toy"), "en").analyze(TEXTS[0], "en")
    assert reported(results) == expected(spacy.load(folder)(TEXTS[0]))


def test_the_default_registry(english: Language) -> None:
    analyzer = AnalyzerEngine(nlp_engine=make_engine(english), supported_languages=["en"])
    results = analyzer.analyze(f"{TEXTS[0]}, card 4111111111111111", "en")
    assert {"PERSON", "LOCATION", "PET", "CREDIT_CARD"} <= {own.entity_type for own in results}


# labels


def test_labels_without_an_entity_keep_their_names(english: Language) -> None:
    engine = HalfreeNlpEngine([{"lang_code": "en", "model_name": english}])
    with pytest.warns(UserWarning, match=r"W057.* 'en': .* 'PET'\. They are reported under these"):
        engine.load()
    results = make_analyzer_again(engine).analyze(TEXTS[0], "en")
    assert reported(results) == expected(english(TEXTS[0]))


def make_analyzer_again(engine: HalfreeNlpEngine) -> AnalyzerEngine:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_analyzer(engine, "en")


def test_a_mapping_of_ones_own(english: Language) -> None:
    mapping = {"PET": "ANIMAL", "CITY": "TOWN"}
    own = NerModelConfiguration(model_to_presidio_entity_mapping=mapping)
    engine = HalfreeNlpEngine([{"lang_code": "en", "model_name": english}], own)
    results = make_analyzer(engine, "en").analyze(TEXTS[0], "en")
    assert {own.entity_type for own in results} == {"PERSON", "TOWN", "ANIMAL"}
    assert own.model_to_presidio_entity_mapping == mapping == {"PET": "ANIMAL", "CITY": "TOWN"}


@pytest.mark.parametrize("ignored", ["CITY", "LOCATION"])
def test_labels_to_ignore(english: Language, ignored: str) -> None:
    engine = make_engine(english, labels_to_ignore=[ignored])
    results = make_analyzer(engine, "en").analyze(TEXTS[0], "en")
    assert {own.entity_type for own in results} == {"PERSON", "PET"}
    assert (
        "LOCATION"
        not in make_engine(english, labels_to_ignore=["LOCATION"]).get_supported_entities()
    )


def test_an_ignored_label_needs_no_entity(english: Language) -> None:
    own = NerModelConfiguration(labels_to_ignore=["PET"])
    engine = HalfreeNlpEngine([{"lang_code": "en", "model_name": english}], own)
    results = make_analyzer(engine, "en").analyze(TEXTS[0], "en")
    assert {own.entity_type for own in results} == {"PERSON", "LOCATION"}


def test_case_does_not_matter() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "Person", "pattern": "Mara"}])
    results = make_analyzer(make_engine(nlp), "en").analyze("Mara", "en")
    assert [own.entity_type for own in results] == ["PERSON"]


def test_labels_of_the_project_have_entities() -> None:
    path = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
    shown = {label for label in PRESIDIO_ENTITIES if label in path.read_text(encoding="utf8")}
    assert {"AddressNumber", "StreetName", "ZipCode", "Recipient"} <= shown
    # under the names that Presidio's recognizers use
    known = AnalyzerEngine(nlp_engine=make_engine(spacy.blank("en"))).get_supported_entities("en")
    assert set(PRESIDIO_ENTITIES.values()) <= set(known)


@Language.component("presidio_secret_labels")
def secret_labels(doc: Doc) -> Doc:
    if len(doc):
        doc.set_ents([doc.char_span(0, len(doc[0]), label="SECRET")])
    return doc


def test_labels_that_no_component_names() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("presidio_secret_labels")
    analyzer = make_analyzer(make_engine(nlp), "en")
    with pytest.warns(UserWarning, match="W057.*'SECRET'.*does not report them"):
        assert not analyzer.analyze("Mara", "en")
    mapping = {"SECRET": "SECRET"}
    known = make_engine(nlp, model_to_presidio_entity_mapping=mapping)
    assert make_analyzer(known, "en").analyze("Mara", "en")


def test_tags_are_no_entities() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("halfree_tagger", config={"target": "tags", "labels": ["NOUN"]})
    nlp.initialize()
    assert not make_analyzer(make_engine(nlp), "en").analyze("Mara", "en")


# scores


def test_other_components_have_the_default_score(english: Language) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "Oslo"}])
    nlp.add_pipe("halfree_tagger", source=english)
    results = make_analyzer(make_engine(nlp, default_score=0.3), "en").analyze(TEXTS[0], "en")
    confidence = {ENTITIES[ent.label_]: ent._.confidence for ent in nlp(TEXTS[0]).ents}
    assert confidence["LOCATION"] is None
    scores = {own.entity_type: own.score for own in results}
    assert scores == {**confidence, "LOCATION": 0.3}


def test_low_scores(english: Language) -> None:
    low = {"low_score_entity_names": ["LOCATION"], "low_confidence_score_multiplier": 0.25}
    results = make_analyzer(make_engine(english, **low), "en").analyze(TEXTS[0], "en")
    for start, end, entity, confidence in expected(english(TEXTS[0])):
        factor = 0.25 if entity == "LOCATION" else 1
        assert (start, end, entity, confidence * factor) in reported(results)


def test_spans_of_a_tagger() -> None:
    nlp = train("en", target="spans")
    engine = make_engine(nlp)
    results = make_analyzer(engine, "en").analyze(TEXTS[0], "en")
    doc = nlp(TEXTS[0])
    spans = doc.spans["sc"]
    assert len(spans) == 3
    assert reported(results) == {
        (span.start_char, span.end_char, ENTITIES[span.label_], span._.confidence) for span in spans
    }
    # the doc's own spans are not renamed
    artifacts = engine.process_text(TEXTS[0], "en")
    assert {span.label_ for span in artifacts.tokens.spans["sc"]} == set(ENTITIES)


def test_thresholds_of_presidio(english: Language) -> None:
    analyzer = make_analyzer(make_engine(english), "en")
    scores = sorted(own.score for own in analyzer.analyze(TEXTS[0], "en"))
    results = analyzer.analyze(TEXTS[0], "en", score_threshold=scores[1])
    assert sorted(own.score for own in results) == scores[1:]


# what Presidio's own recognizers need


def test_words_around_an_entity_are_found_without_a_lemmatizer(english: Language) -> None:
    analyzer = AnalyzerEngine(nlp_engine=make_engine(english), supported_languages=["en"])

    def score(text: str) -> float:
        (found,) = (own for own in analyzer.analyze(text, "en", entities=["PHONE_NUMBER"]))
        return found.score

    assert score("My phone number is 212-555-5555") > score("It is 212-555-5555")


def test_lemmas_are_those_of_a_lemmatizer() -> None:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("attribute_ruler")
    ruler.add([[{"ORTH": "telephones"}]], {"LEMMA": "phone"})
    artifacts = make_engine(nlp).process_text("telephones here", "en")
    assert artifacts.lemmas == ["phone", "here"]
    assert artifacts.tokens_indices == [0, 11]


# several texts and languages


@pytest.mark.parametrize("n_process", [1, 2])
def test_batches(english: Language, n_process: int) -> None:
    batch = BatchAnalyzerEngine(make_analyzer(make_engine(english), "en"))
    found = batch.analyze_iterator(TEXTS, "en", batch_size=2, n_process=n_process)
    for text, results in zip(TEXTS, found, strict=True):
        doc = english(text)
        assert {own[:3] for own in reported(results)} == {own[:3] for own in expected(doc)}
        scores = sorted(own.score for own in results)
        # another batch, so not to the last bit
        assert scores == pytest.approx(sorted(own[3] for own in expected(doc)), abs=1e-5)


def test_contexts_come_back(english: Language) -> None:
    pairs = ((text, number) for number, text in enumerate(TEXTS))
    found = list(make_engine(english).process_batch(pairs, "en", as_tuples=True))
    assert [(context, text) for text, _, context in found] == list(enumerate(TEXTS))
    assert [len(artifacts.entities) for _, artifacts, _ in found] == [
        len(english(text).ents) for text in TEXTS
    ]


def test_values_that_are_no_texts(english: Language) -> None:
    found = list(make_engine(english).process_batch([3, True, "in Oslo"], "en"))
    assert [text for text, _ in found] == ["3", "True", "in Oslo"]


def test_several_languages(english: Language) -> None:
    german = train("de")
    models = [
        {"lang_code": "en", "model_name": english},
        {"lang_code": "de", "model_name": german},
    ]
    engine = HalfreeNlpEngine(models, NerModelConfiguration(**MAPPED))
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en", "de"])
    assert engine.get_supported_languages() == ["en", "de"]
    assert engine.get_nlp("de") is german
    for language, nlp in (("en", english), ("de", german)):
        assert expected(nlp(TEXTS[0])) <= reported(analyzer.analyze(TEXTS[0], language))
    assert engine.is_stopword("nicht", "de")
    assert not engine.is_stopword("nicht", "en")
    assert engine.is_punct("?", "en")


def test_a_language_without_a_pipeline(english: Language) -> None:
    engine = make_engine(english)
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en", "es"])
    with pytest.raises(ValueError, match=r"H165.*'es'\. It has en"):
        analyzer.analyze("Mara", "es")
    with pytest.raises(ValueError, match="H165"):
        list(engine.process_batch(["Mara"], "es"))


@pytest.mark.parametrize(
    ("models", "problem"),
    [
        ([], "there is none"),
        ([{"lang_code": "en"}], "number 1 has no `model_name`"),
        ([{"lang_code": "en", "model_name": "a"}, {"model_name": "a"}], "number 2 has no `lang_"),
        ([{"lang_code": "en", "model_name": "a"}] * 2, "'en' has two"),
    ],
)
def test_models_that_make_no_sense(models: list[dict[str, str]], problem: str) -> None:
    with pytest.raises(ValueError, match=f"H164.*{problem}"):
        HalfreeNlpEngine(models)


def test_presidios_configuration(folder: Path, tmp_path: Path, english: Language) -> None:
    path = tmp_path / "engine.yaml"
    path.write_text(
        "nlp_engine_name: halfree\n"
        f"models:\n- lang_code: en\n  model_name: {json.dumps(str(folder))}\n"
        "ner_model_configuration:\n  model_to_presidio_entity_mapping: {PET: PET}\n",
        encoding="utf8",
    )
    engine = NlpEngineProvider(nlp_engines=(HalfreeNlpEngine,), conf_file=path).create_engine()
    results = make_analyzer(engine, "en").analyze(TEXTS[0], "en")
    assert reported(results) == expected(english(TEXTS[0]))


# a service


def test_memory_zones(folder: Path) -> None:
    engine = make_engine(folder)
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    nlp = engine.get_nlp("en")
    expected_results = reported(analyzer.analyze(TEXTS[0], "en"))
    n_strings, n_words = len(nlp.vocab.strings), len(list(nlp.vocab))
    for number in range(3):
        with nlp.memory_zone():
            results = analyzer.analyze(f"{TEXTS[0]} Qwertz{number}", "en")
        assert results
        assert f"Qwertz{number}" not in nlp.vocab.strings
    assert (len(nlp.vocab.strings), len(list(nlp.vocab))) == (n_strings, n_words)
    assert reported(analyzer.analyze(TEXTS[0], "en")) == expected_results


@pytest.fixture
def threads_that_take_turns_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("threads_that_take_turns_often")
def test_threads(folder: Path) -> None:
    analyzer = AnalyzerEngine(nlp_engine=make_engine(folder), supported_languages=["en"])
    texts = [f"{TEXTS[i % 2]} word{i}, phone 212-555-{i:04}" for i in range(40)]
    alone = [reported(analyzer.analyze(text, "en")) for text in texts]
    fresh = AnalyzerEngine(nlp_engine=make_engine(folder), supported_languages=["en"])
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda text: reported(fresh.analyze(text, "en")), texts))
    for found, expected in zip(at_once, alone, strict=True):
        # words are met in another order, which rounds differently
        places, scores = zip(*((own[:3], own[3]) for own in sorted(found)), strict=True)
        own_places, own_scores = zip(*((own[:3], own[3]) for own in sorted(expected)), strict=True)
        assert places == own_places
        assert scores == pytest.approx(own_scores, abs=1e-5)


NO_NETWORK = """
import socket, sys


def forbidden(*args, **kwargs):
    print("network:", args)
    raise OSError("no network")


# before anything else can hold on to it
for name in ("create_connection", "getaddrinfo"):
    setattr(socket, name, forbidden)

from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NerModelConfiguration
from spacy_halfree.presidio import HalfreeNlpEngine
import tldextract.tldextract

tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()
settings = NerModelConfiguration(model_to_presidio_entity_mapping={"PET": "PET"})
engine = HalfreeNlpEngine([{"lang_code": "en", "model_name": sys.argv[1]}], settings)
analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
text = "Mara Lind writes from Oslo: jo@example.com, 212-555-5555"
print({"EMAIL_ADDRESS", "PERSON"} <= {own.entity_type for own in analyzer.analyze(text, "en")})
try:
    # Presidio's own engine would install it
    HalfreeNlpEngine([{"lang_code": "en", "model_name": "en_no_such_pipeline"}]).load()
except OSError as error:
    print(str(error)[:6])
"""


def test_nothing_is_fetched(folder: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, folder],
        capture_output=True,
        text=True,
        # where no list of domains has been kept from before
        env={**os.environ, "TLDEXTRACT_CACHE": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "True\n[E050]\n"
