"""What is compared: how each system is trained, as data."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from .pool import PoolPart

Lessons = Literal["gold", "hard", "soft"]
"""Gold texts; the pool with a teacher's best tags; the pool with its distributions."""

CONFIGS = Path("configs")
PEER_CONFIGS = Path("benchmarks/configs")
ADAPTATION_STEPS = 600
MASKED_SHARE = 0.3
SHORT_ADAPTATION_STEPS = 300
SHORT_MASKED_SHARE = 0.15
"""Those of the recipe before, and with all labels."""


@dataclass(frozen=True)
class System:
    """One system of a table.

    Attributes:
        name: its name in the results.
        config: the config it is trained with; None for what is not a spaCy pipeline.
        learns: what it learns from.
        encoder_steps: how long its encoder is adapted to the corpus' texts first; None if it has
            no pretrained encoder.
        masked_share: the share of the word pieces that it has to guess in these texts.
        teachers: the systems that label the pool, decoding with the mean of their distributions.
        changes: what differs from the config, as nested sections; all settings if there is none.
        pool: the part of the labelled pool that it learns from; all of it if None.
        seed_offset: added to the run's seed, for systems that differ in nothing else.
        trained: False for a system that is only its teachers' mean.
    """

    name: str
    config: Path | None
    learns: Lessons = "gold"
    encoder_steps: int | None = None
    masked_share: float = MASKED_SHARE
    teachers: tuple["System", ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)
    pool: PoolPart | None = None
    seed_offset: int = 0
    trained: bool = True

    @property
    def is_token_classification(self) -> bool:
        """Whether it is trained by Hugging Face's own trainer, and no spaCy pipeline."""
        return self.config is None and self.trained

    @property
    def needs_pool(self) -> bool:
        """Whether it learns from raw texts that teachers have labelled."""
        return self.learns != "gold"


def training(**settings: Any) -> dict[str, Any]:
    """Changes to the section `[training]`."""
    return {"training": settings}


# students and `ner` learn too much of few texts soon, and dev texts tell when; of a pool the last
# checkpoint is kept
GOLD_STEPS = training(max_steps=600, eval_frequency=100)
POOL_STEPS = training(max_steps=1000, eval_frequency=1000)

TEACHER = System("teacher", CONFIGS / "teacher_aligned.cfg", encoder_steps=ADAPTATION_STEPS)
ENSEMBLE = (
    TEACHER,
    replace(TEACHER, name="teacher_2", seed_offset=100),
    replace(TEACHER, name="teacher_3", seed_offset=200),
)


def make_students(name: str, config: str, encoder_steps: int | None = None) -> list[System]:
    """A student on gold texts alone, on hard pseudo-labels and on soft labels."""
    student = System(name, CONFIGS / f"{config}.cfg", encoder_steps=encoder_steps)
    taught = replace(student, teachers=ENSEMBLE)
    hard = {"components": {"halfree_tagger": {"use_soft_labels": False}}}
    return [
        replace(student, name=f"{name}_gold", changes=GOLD_STEPS),
        replace(taught, name=f"{name}_hard", learns="hard", changes=hard),
        replace(taught, name=f"{name}_soft", learns="soft"),
    ]


SYSTEMS = [
    TEACHER,
    System("teacher_ensemble", None, teachers=ENSEMBLE, trained=False),
    System(
        "token_classification_gold",
        None,
        encoder_steps=0,
        # longer than the teacher; other rates and lengths are levers
        changes={"steps": 400, "batch_size": 16, "learn_rate": 1e-4, "eval_steps": 50},
    ),
    System("trf_ner_gold", PEER_CONFIGS / "trf_ner.cfg", encoder_steps=0),
    System("spacy_ner_gold", PEER_CONFIGS / "spacy_ner.cfg", changes=GOLD_STEPS),
    System(
        "spacy_ner_hard",
        PEER_CONFIGS / "spacy_ner.cfg",
        "hard",
        teachers=ENSEMBLE,
        changes=POOL_STEPS,
    ),
    *make_students("student_first_order", "student_first_order"),
    *make_students("student_bilstm", "student_bilstm"),
    *make_students("student_aligned", "student_aligned", ADAPTATION_STEPS),
]


def with_all_texts(system: System) -> System:
    """The same system for runs with all gold texts, trained longer: there is more to learn.

    Args:
        system: a system that learns from gold texts; those of a pool would be the same texts.

    Returns:
        The system with 2,000 steps of 16 sentences if it has a pretrained encoder, and 6,000 of
        500 words otherwise; an adapted encoder reads as in the recipe before, and the best
        checkpoint on the whole development split is kept.
    """
    if system.encoder_steps:
        system = replace(
            system, encoder_steps=SHORT_ADAPTATION_STEPS, masked_share=SHORT_MASKED_SHARE
        )
    if not system.trained:
        return replace(system, teachers=tuple(map(with_all_texts, system.teachers)))
    if system.config is None:
        return replace(system, changes=system.changes | {"steps": 2000, "eval_steps": 400})
    encoder = system.encoder_steps is not None
    longer = {"max_steps": 2000, "eval_frequency": 400}
    if not encoder:
        longer = {"max_steps": 6000, "eval_frequency": 1000}
    changes = system.changes | training(**system.changes.get("training", {}) | longer)
    if system.config == TEACHER.config:
        # ten variants of each of thousands of texts are more than it gets to see
        changes |= {"corpora": {"train": {"variants": 1}}}
    return replace(system, changes=changes)
