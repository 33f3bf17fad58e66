"""What might make a system better, each measured by itself against the recipe."""

from dataclasses import replace
from typing import Any

from thinc.api import Config

from .pool import PoolPart
from .systems import ADAPTATION_STEPS, ENSEMBLE, SYSTEMS, TEACHER, System, training

BY_NAME = {system.name: system for system in SYSTEMS}
STUDENT = BY_NAME["student_first_order_soft"]
HARD = BY_NAME["student_first_order_hard"]
TOKEN_CLASSIFICATION = BY_NAME["token_classification_gold"]
TRANSFORMER_NER = BY_NAME["trf_ner_gold"]


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
        changes=dict(Config(system.changes).merge(changes or {})),
        **fields,
    )


def corpus(path: str) -> dict[str, Any]:
    """A reader of `.spacy` files."""
    return {"@readers": "spacy.Corpus.v1", "path": path, "gold_preproc": False}


def with_gold(times: float) -> dict[str, Any]:
    """Gold texts, so many times over, among the soft ones."""
    train = {
        "@readers": "halfree.MixedCorpus.v1",
        "seed": "${system.seed}",
        "sources": {"gold": corpus("${paths.gold}"), "soft": corpus("${paths.train}")},
        "weights": {"gold": times, "soft": 1.0},
    }
    return {"corpora": {"train": train}}


def tok2vec(**settings: Any) -> dict[str, Any]:
    """Changes to the student's `HashEmbedCNN`."""
    return tagger(model={"tok2vec": settings})


CHARACTERS = tagger(
    model={
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.CharacterEmbed.v2",
                "width": 96,
                "rows": 2000,
                "nM": 16,
                "nC": 8,
                "include_static_vectors": False,
                "feature": "NORM",
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 96,
                "depth": 4,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        }
    }
)

POOL_SIZES = (500, 1000, 2000, 4000)


def pool_size(system: System, texts: int) -> System:
    """A student of a part of the pool."""
    return vary(system, f"pool_{texts}", pool=PoolPart(texts=texts))


# the encoder reads twice as long and guesses twice as much, and nothing is chosen by 50 sentences:
# a teacher's last checkpoint is kept, and its student's
LONG_READING_TEACHERS = tuple(
    vary(teacher, "long_reading", training(eval_frequency=250), encoder_steps=600, masked_share=0.3)
    for teacher in ENSEMBLE
)
LONG_READING = [
    LONG_READING_TEACHERS[0],
    vary(BY_NAME["teacher_ensemble"], "long_reading", teachers=LONG_READING_TEACHERS),
    vary(
        STUDENT,
        "long_reading",
        training(eval_frequency=1000),
        teachers=LONG_READING_TEACHERS,
    ),
]
TEACHER_LEVERS = [
    vary(TEACHER, "no_adaptation", encoder_steps=0),
    vary(TEACHER, "adaptation_1000", encoder_steps=1000),
    vary(TEACHER, "no_shared_label_words", tagger(model={"share_label_words": False})),
    vary(TEACHER, "no_mention_replacement", {"corpora": {"train": corpus("${paths.train}")}}),
    vary(TEACHER, "two_decoder_layers", tagger(model={"layers": 2})),
    vary(TEACHER, "hidden_factor_1", tagger(model={"hidden_factor": 1})),
    vary(TEACHER, "steps_400", training(max_steps=400)),
    vary(TEACHER, "one_learn_rate", tagger(head_learn_rate_factor=1.0)),
    # is the best of five checkpoints on 50 sentences more than luck?
    vary(TEACHER, "last_checkpoint", training(eval_frequency=250)),
]
# are peers trained as well as they can be, and what would our encoder bring them?
PEER_LEVERS = [
    vary(TOKEN_CLASSIFICATION, "adapted_encoder", encoder_steps=ADAPTATION_STEPS),
    # ten variants of each text, as our teacher reads them
    vary(TOKEN_CLASSIFICATION, "mention_replacement", {"variants": 10}),
    vary(TOKEN_CLASSIFICATION, "learn_rate_3e-4", {"learn_rate": 3e-4}),
    vary(TOKEN_CLASSIFICATION, "steps_800", {"steps": 800}),
    vary(TOKEN_CLASSIFICATION, "last_checkpoint", {"eval_steps": 400}),
    vary(
        TRANSFORMER_NER,
        "learn_rate_1e-4",
        training(optimizer={"learn_rate": {"initial_rate": 1e-4}}),
    ),
]
STUDENT_LEVERS = [
    vary(STUDENT, "one_teacher", teachers=(TEACHER,)),
    # the first round's student is asked, too, when the pool is labelled again
    vary(STUDENT, "second_round", teachers=(*ENSEMBLE, STUDENT)),
    vary(STUDENT, "surest_half", pool=PoolPart(surest=0.5)),
    vary(STUDENT, "top_3", pool=PoolPart(top_k=3)),
    vary(STUDENT, "with_gold", with_gold(1.0)),
    vary(STUDENT, "with_gold_10_times", with_gold(10.0)),
    vary(STUDENT, "temperature_2", tagger(temperature=2.0)),
    vary(STUDENT, "steps_3000", training(max_steps=3000)),
    # or is the best of ten checkpoints on 50 sentences more than luck?
    vary(STUDENT, "last_checkpoint", training(eval_frequency=1000)),
    vary(STUDENT, "no_weight_averaging", training(optimizer={"use_averages": False})),
    vary(STUDENT, "width_192", tok2vec(width=192)),
    vary(STUDENT, "depth_6", tok2vec(depth=6)),
    vary(STUDENT, "rows_8000", tok2vec(embed_size=8000)),
    vary(STUDENT, "character_features", CHARACTERS),
]
POOL_LEVERS = [pool_size(system, texts) for texts in POOL_SIZES for system in (STUDENT, HARD)]
LEVERS = [*LONG_READING, *TEACHER_LEVERS, *STUDENT_LEVERS, *PEER_LEVERS, *POOL_LEVERS]
LEVERS_BY_NAME = {lever.name: lever for lever in LEVERS}
SAME_ENCODER = [
    LEVERS_BY_NAME["teacher/no_adaptation"],
    LEVERS_BY_NAME["token_classification_gold/adapted_encoder"],
]
"""Our teacher with the peer's encoder, and the peer with our teacher's."""
WHEREVER = [
    *SAME_ENCODER,
    LEVERS_BY_NAME["teacher/no_shared_label_words"],
    LEVERS_BY_NAME["teacher/no_mention_replacement"],
    LEVERS_BY_NAME["teacher/one_learn_rate"],
    LEVERS_BY_NAME["student_first_order_soft/one_teacher"],
    LEVERS_BY_NAME["token_classification_gold/mention_replacement"],
    *LONG_READING,
]
"""Those that are measured on all corpora: what the defaults rest on, what peers gain by it, and
what might become a default."""
