"""What might make a system better, each measured by itself against the recipe."""

from dataclasses import replace
from typing import Any

from .systems import ENSEMBLE, SYSTEMS, TEACHER, System, training

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


def mixed(gold: float) -> dict[str, Any]:
    """Gold and soft texts, each gold text seen so many times as often."""
    return {
        "corpora": {
            "train": {
                "@readers": "halfree.MixedCorpus.v1",
                "seed": "${system.seed}",
                "sources": {"gold": corpus("${paths.gold}"), "soft": corpus("${paths.train}")},
                "weights": {"gold": gold, "soft": 1.0},
            }
        }
    }


def tok2vec(**settings: Any) -> dict[str, Any]:
    """Changes to the student's `HashEmbedCNN`."""
    return tagger(model={"tok2vec": settings})


VECTORS = tok2vec(pretrained_vectors=True) | {"initialize": {"vectors": "${paths.vectors}"}}

LEVERS = [
    vary(TEACHER, "no_adaptation", encoder_steps=0),
    vary(TEACHER, "steps_250", training(max_steps=250)),
    vary(STUDENT, "with_gold_1", mixed(1.0)),
    vary(STUDENT, "with_gold_10", mixed(10.0)),
    vary(STUDENT, "temperature_2", tagger(temperature=2.0)),
    vary(STUDENT, "steps_3000", training(max_steps=3000)),
    vary(STUDENT, "width_192", tok2vec(width=192)),
    vary(STUDENT, "depth_6", tok2vec(depth=6)),
    vary(STUDENT, "rows_8000", tok2vec(embed_size=8000)),
    vary(STUDENT, "vectors", VECTORS, vectors=True),
    vary(STUDENT, "teachers_3", teachers=ENSEMBLE),
]
