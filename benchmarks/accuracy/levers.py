"""What might make a system better, each measured by itself against the recipe."""

from dataclasses import replace
from typing import Any

from thinc.api import Config

from .pool import PoolPart
from .systems import ADAPTATION_STEPS, ENSEMBLE, SYSTEMS, TEACHER, System, training

BY_NAME = {system.name: system for system in SYSTEMS}
STUDENT = BY_NAME["student_first_order_soft"]
ALIGNED_STUDENT = BY_NAME["student_aligned_soft"]
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


def teacher_levers(teacher: System) -> list[System]:
    """What might make a teacher better, whatever recipe it is of."""
    return [
        vary(teacher, "no_adaptation", encoder_steps=0),
        vary(teacher, "adaptation_1000", encoder_steps=1000),
        vary(teacher, "no_shared_label_words", tagger(model={"share_label_words": False})),
        vary(teacher, "no_mention_replacement", {"corpora": {"train": corpus("${paths.train}")}}),
        vary(teacher, "two_decoder_layers", tagger(model={"layers": 2})),
        vary(teacher, "hidden_factor_1", tagger(model={"hidden_factor": 1})),
        vary(teacher, "steps_400", training(max_steps=400)),
        vary(teacher, "one_learn_rate", tagger(head_learn_rate_factor=1.0)),
    ]


def student_levers(student: System) -> list[System]:
    """What might make a distilled CNN better, whatever recipe it is of."""
    return [
        vary(student, "one_teacher", teachers=student.teachers[:1]),
        # the first round's student is asked, too, when the pool is labelled again
        vary(student, "second_round", teachers=(*student.teachers, student)),
        vary(student, "surest_half", pool=PoolPart(surest=0.5)),
        vary(student, "top_3", pool=PoolPart(top_k=3)),
        vary(student, "with_gold", with_gold(1.0)),
        vary(student, "with_gold_10_times", with_gold(10.0)),
        vary(student, "temperature_2", tagger(temperature=2.0)),
        vary(student, "steps_3000", training(max_steps=3000)),
        vary(student, "no_weight_averaging", training(optimizer={"use_averages": False})),
        vary(student, "width_192", tok2vec(width=192)),
        vary(student, "depth_6", tok2vec(depth=6)),
        vary(student, "rows_8000", tok2vec(embed_size=8000)),
        vary(student, "character_features", CHARACTERS),
    ]


def pool_levers(*students: System) -> list[System]:
    """Students of parts of the pool."""
    return [
        vary(student, f"pool_{texts}", pool=PoolPart(texts=texts))
        for texts in POOL_SIZES
        for student in students
    ]


TEACHER_LEVERS = [
    *teacher_levers(TEACHER),
    vary(TEACHER, "adaptation_300", encoder_steps=300),
    vary(TEACHER, "masked_share_15", masked_share=0.15),
    # is the best of five checkpoints on 50 sentences more than luck?
    vary(TEACHER, "best_checkpoint", training(eval_frequency=50)),
]
SIX_TEACHERS = (
    *ENSEMBLE,
    *(
        replace(TEACHER, name=f"teacher_{number}", seed_offset=100 * (number - 1))
        for number in (4, 5, 6)
    ),
)
ENSEMBLE_LEVERS = [vary(BY_NAME["teacher_ensemble"], "six_teachers", teachers=SIX_TEACHERS)]
STUDENT_LEVERS = [
    *student_levers(STUDENT),
    vary(STUDENT, "best_checkpoint", training(eval_frequency=100)),
    # the aligned student of the first round's soft labels labels the pool again: with the first
    # teachers, and by itself
    vary(
        STUDENT,
        "second_round_with_aligned_student",
        teachers=(*STUDENT.teachers, ALIGNED_STUDENT),
    ),
    vary(STUDENT, "second_round_by_aligned_student", teachers=(ALIGNED_STUDENT,)),
    vary(STUDENT, "six_teachers", teachers=SIX_TEACHERS),
]
# are peers trained as well as they can be, and what would our encoder bring them?
PEER_LEVERS = [
    vary(TOKEN_CLASSIFICATION, "adapted_encoder", encoder_steps=ADAPTATION_STEPS),
    # ten variants of each text, as our teacher reads them
    vary(TOKEN_CLASSIFICATION, "mention_replacement", {"variants": 10}),
    vary(
        TOKEN_CLASSIFICATION,
        "adapted_encoder_and_mention_replacement",
        {"variants": 10},
        encoder_steps=ADAPTATION_STEPS,
    ),
    vary(TOKEN_CLASSIFICATION, "learn_rate_3e-4", {"learn_rate": 3e-4}),
    vary(TOKEN_CLASSIFICATION, "last_checkpoint", {"eval_steps": 400}),
    vary(
        TRANSFORMER_NER,
        "learn_rate_1e-4",
        training(optimizer={"learn_rate": {"initial_rate": 1e-4}}),
    ),
]
TODAYS_LEVERS = [*TEACHER_LEVERS, *ENSEMBLE_LEVERS, *STUDENT_LEVERS, *PEER_LEVERS]
LEVERS_BY_NAME = {lever.name: lever for lever in TODAYS_LEVERS}
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
]
"""Those that are measured on all corpora: what the defaults rest on, and what peers gain by it."""
