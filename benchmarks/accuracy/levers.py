"""What might make a system better, each measured by itself against the recipe."""

from dataclasses import replace
from typing import Any

from .systems import SYSTEMS, TEACHER, System, training

STUDENT = next(system for system in SYSTEMS if system.name == "student_first_order_soft")


def tagger(**settings: Any) -> dict[str, Any]:
    """Changes to the component's settings."""
    return {"components": {"halfree_tagger": settings}}


def vary(
    system: System, lever: str, changes: dict[str, Any] | None = None, **fields: Any
) -> System:
    """A system that differs in one thing."""
    return replace(
        system,
        name=f"{system.name}/{lever}",
        changes=system.changes | (changes or {}),
        **fields,
    )


def corpus(path: str) -> dict[str, Any]:
    """A reader of `.spacy` files."""
    return {"@readers": "spacy.Corpus.v1", "path": path, "gold_preproc": False}


def mixed(gold: float = 0.0, soft: float = 1.0) -> dict[str, Any]:
    """Gold and soft texts with weights; a weight below 1 keeps that part of the texts."""
    paths = {"gold": "${paths.gold}", "soft": "${paths.train}"}
    weights = {name: weight for name, weight in (("gold", gold), ("soft", soft)) if weight}
    train = {
        "@readers": "halfree.MixedCorpus.v1",
        "seed": "${system.seed}",
        "sources": {name: corpus(paths[name]) for name in weights},
        "weights": weights,
    }
    return {"corpora": {"train": train}}


def tok2vec(**settings: Any) -> dict[str, Any]:
    """Changes to the student's `HashEmbedCNN`."""
    return tagger(model={"tok2vec": settings})


VECTORS = tok2vec(pretrained_vectors=True) | {"initialize": {"vectors": "${paths.vectors}"}}

SECOND_TEACHER = vary(
    TEACHER,
    "second_round",
    training(max_steps=800) | mixed(gold=10.0),
    learns="soft",
    teachers=(TEACHER,),
)
LONGER_ADAPTED = vary(TEACHER, "adaptation_1000", encoder_steps=1000)

LEVERS = [
    vary(TEACHER, "no_adaptation", encoder_steps=0),
    LONGER_ADAPTED,
    vary(TEACHER, "no_shared_label_words", tagger(model={"share_label_words": False})),
    SECOND_TEACHER,
    vary(TEACHER, "steps_400", training(max_steps=400)),
    vary(STUDENT, "second_round", teachers=(SECOND_TEACHER,)),
    vary(STUDENT, "with_gold", mixed(gold=1.0)),
    vary(STUDENT, "with_gold_10_times", mixed(gold=10.0)),
    vary(STUDENT, "temperature_2", tagger(temperature=2.0)),
    vary(STUDENT, "steps_3000", training(max_steps=3000)),
    vary(STUDENT, "width_192", tok2vec(width=192)),
    vary(STUDENT, "depth_6", tok2vec(depth=6)),
    vary(STUDENT, "rows_8000", tok2vec(embed_size=8000)),
    vary(STUDENT, "vectors", VECTORS, vectors=True),
    vary(STUDENT, "one_teacher", teachers=(TEACHER,)),
]
