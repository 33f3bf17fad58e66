"""Tools to which docs are handed. Each takes a pipeline, and an empty folder."""

import json
from collections.abc import Mapping
from functools import partial
from math import floor
from pathlib import Path
from typing import Any

from spacy import displacy
from spacy.language import Language
from spacy.tokens import DocBin, Span

from spacy_halfree import (
    LabellingSettings,
    TeacherWorker,
    confidence_spans,
    label_files,
)
from spacy_halfree.labelling.engines.local import run_locally
from spacy_halfree.labelling.engines.ray import RayEngine

from .doc_seams import DocSeam
from .pipeline_seams import run_spacy
from .toy_docs import (
    ENTITIES,
    ENTITY_TAGGER,
    SOFT_LABELS,
    SPANS,
    SPANS_KEY,
    TEXT,
    Facts,
    make_doc,
    read_facts,
)


def is_shown(span: Span, html: str) -> bool:
    """Whether a page has the confidence of a span, cut off after two digits."""
    shown = f"{span.label_} {floor(100 * span._.confidence) / 100:.2f}"
    return span.text in html and shown in html


def read_html(nlp: Language, html: str) -> Facts:
    """The confidence that a page shows of the entities of the toy text."""
    ents = nlp(TEXT).ents
    return Facts(
        {ENTITIES: {ent.text: ent._.confidence if is_shown(ent, html) else None for ent in ents}}
    )


def displacy_of_docs(nlp: Language, folder: Path) -> Facts:
    """`displacy.render(doc)`."""
    return read_html(nlp, displacy.render(nlp(TEXT), style="ent", jupyter=False))


def displacy_of_confidence(nlp: Language, folder: Path) -> Facts:
    """`displacy.render(confidence_spans(doc))`."""
    shown = confidence_spans(nlp(TEXT))
    return read_html(nlp, displacy.render(shown, style="ent", manual=True, jupyter=False))


def write_pipeline_and_dev(nlp: Language, folder: Path) -> None:
    """What `spacy evaluate` reads."""
    nlp.to_disk(folder / "pipeline")
    doc = nlp(TEXT)
    doc.user_data.clear()
    DocBin(docs=[doc]).to_disk(folder / "dev.spacy")


def evaluated(nlp: Language, folder: Path) -> Facts:
    """`spacy evaluate --output`."""
    write_pipeline_and_dev(nlp, folder)
    arguments = [folder / "pipeline", folder / "dev.spacy", "--output", folder / "scores.json"]
    run_spacy("evaluate", *arguments)
    scores = json.loads((folder / "scores.json").read_text(encoding="utf8"))
    name = "halfree_calibration_error"
    return Facts({ENTITIES: f"as `{name}`" if name in scores else "lost"})


def drawn(nlp: Language, folder: Path) -> Facts:
    """`spacy evaluate --displacy-path`."""
    write_pipeline_and_dev(nlp, folder)
    arguments = [folder / "pipeline", folder / "dev.spacy", "--displacy-path", folder]
    run_spacy("evaluate", *arguments)
    page = folder / "entities.html"
    if not page.exists():
        return Facts({ENTITIES: "not drawn"})
    return read_html(nlp, page.read_text(encoding="utf8"))


def labelled(nlp: Language, folder: Path, shard_format: str, engine: Any) -> Path:
    """`halfree annotate` with a folder as output. RETURNS: The only shard."""
    nlp.to_disk(folder / "pipeline")
    (folder / "texts.txt").write_text(TEXT + "\n", encoding="utf8")
    label_files(
        TeacherWorker([str(folder / "pipeline")], component=ENTITY_TAGGER),
        folder / "texts.txt",
        folder / "labelled",
        settings=LabellingSettings(shard_format=shard_format),
        engine=engine,
    )
    (shard,) = (folder / "labelled").rglob(f"*.{shard_format}")
    return shard


def read_shard(nlp: Language, shard: Path) -> Facts:
    """What a shard of docs has of the toy text."""
    (doc,) = DocBin().from_disk(shard).get_docs(nlp.vocab)
    return read_facts(doc)


def shard_of_docs(nlp: Language, folder: Path) -> Facts:
    """`halfree annotate`, shards of docs."""
    return read_shard(nlp, labelled(nlp, folder, "spacy", run_locally))


def shard_of_ray(nlp: Language, folder: Path) -> Facts:
    """`halfree annotate --engine ray`, shards of docs."""
    return read_shard(nlp, labelled(nlp, folder, "spacy", RayEngine(num_workers=1)))


def table_in_pandas(nlp: Language, folder: Path) -> Facts:
    """`halfree annotate --shard-format parquet`, read with pandas."""
    import pandas

    frame = pandas.read_parquet(labelled(nlp, folder, "parquet", run_locally))
    (row,) = frame.to_dict("records")
    found = {row["text"][own["start"] : own["end"]]: own["confidence"] for own in row["entities"]}
    columns = [name for name in ("probabilities", "entropies") if name in row]
    return Facts({ENTITIES: found, SOFT_LABELS: "as " + ", ".join(f"`{name}`" for name in columns)})


def object_of_ray(nlp: Language, folder: Path) -> Facts:
    """`ray.put`, `ray.get`."""
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        return read_facts(ray.get(ray.put(make_doc(nlp))))
    finally:
        ray.shutdown()


def analyzed(nlp: Language, engine: Any) -> Facts:
    """What Presidio reports with an engine."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    engine.load()
    registry = RecognizerRegistry(recognizers=[], supported_languages=["en"])
    registry.add_nlp_recognizer(engine)
    analyzer = AnalyzerEngine(registry, engine, supported_languages=["en"])
    scores = {TEXT[own.start : own.end]: own.score for own in analyzer.analyze(TEXT, "en")}
    doc = nlp(TEXT)
    # the score that is the same for all tells nothing
    unknown = engine.ner_model_configuration.default_score
    values = {text: None if score == unknown else score for text, score in scores.items()}
    found: dict[str, Mapping[str, Any]] = {
        ENTITIES: {ent.text: values.get(ent.text) for ent in doc.ents},
        SPANS: {span.text: values.get(span.text) for span in doc.spans[SPANS_KEY]},
    }
    return Facts({fact: own for fact, own in found.items() if own.keys() & scores.keys()})


def presidio(nlp: Language, folder: Path) -> Facts:
    """Presidio with `HalfreeNlpEngine`."""
    from presidio_analyzer.nlp_engine import NerModelConfiguration

    from spacy_halfree.presidio import HalfreeNlpEngine

    settings = NerModelConfiguration(model_to_presidio_entity_mapping={"WORK": "WORK"})
    return analyzed(nlp, HalfreeNlpEngine([{"lang_code": "en", "model_name": nlp}], settings))


def presidio_alone(nlp: Language, folder: Path) -> Facts:
    """Presidio with its own engine for spaCy."""
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    nlp.to_disk(folder)
    mapping = {"PERSON": "PERSON", "CITY": "LOCATION", "WORK": "WORK"}
    settings = NerModelConfiguration(model_to_presidio_entity_mapping=mapping)
    models = [{"lang_code": "en", "model_name": str(folder)}]
    return analyzed(nlp, SpacyNlpEngine(models, settings))


def streamlit_app(path: str, text: str, confident: bool) -> None:
    """An app; it runs on its own, as Streamlit's scripts do."""
    from spacy_streamlit import process_text, visualize_ner

    from spacy_halfree import confidence_spans

    doc = process_text(path, text)
    if confident:
        labels = sorted({ent.label_ for ent in doc.ents})
        shown = [confidence_spans(doc)]
        visualize_ner(shown, labels=labels, manual=True, show_table=False)
    else:
        visualize_ner(doc)


def streamlit(nlp: Language, folder: Path, confident: bool) -> Facts:
    """What spacy-streamlit shows of the toy text."""
    from streamlit.testing.v1 import AppTest

    nlp.to_disk(folder)
    app = AppTest.from_function(
        streamlit_app, args=(str(folder), TEXT, confident), default_timeout=300
    ).run()
    assert not app.exception, app.exception
    return read_html(nlp, " ".join(own.value for own in app.markdown))


TOOLS: dict[str, tuple[str, DocSeam]] = {
    "displaCy, `render(doc)`": ("spacy", displacy_of_docs),
    "displaCy, `render(confidence_spans(doc), manual=True)`": ("spacy", displacy_of_confidence),
    "`spacy evaluate --output`": ("spacy", evaluated),
    "`spacy evaluate --displacy-path`": ("spacy", drawn),
    "`halfree annotate`, shards of docs": ("spacy", shard_of_docs),
    "`halfree annotate --engine ray`, shards of docs": ("ray", shard_of_ray),
    "`halfree annotate --format parquet`, pandas": ("pandas", table_in_pandas),
    "Ray, `ray.put(doc)`": ("ray", object_of_ray),
    "Presidio, `HalfreeNlpEngine`": ("presidio_analyzer", presidio),
    "Presidio, its own `SpacyNlpEngine`": ("presidio_analyzer", presidio_alone),
    "spacy-streamlit, `visualize_ner(doc)`": (
        "spacy_streamlit",
        partial(streamlit, confident=False),
    ),
    "spacy-streamlit, `visualize_ner([confidence_spans(doc)], manual=True)`": (
        "spacy_streamlit",
        partial(streamlit, confident=True),
    ),
}
"""Each tool, the package that it needs, and how it is handed a doc."""
