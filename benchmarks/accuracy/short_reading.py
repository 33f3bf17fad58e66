"""The recipe before today's, and its levers.

The encoder read half as long and guessed half as many word pieces, and of teachers and students the
checkpoint was kept that was best on 50 development texts.
"""

from dataclasses import replace

from .levers import BY_NAME, pool_levers, student_levers, teacher_levers, vary
from .systems import (
    ENSEMBLE,
    SHORT_ADAPTATION_STEPS,
    SHORT_MASKED_SHARE,
    System,
    training,
)

SHORT_READING = "short_reading"


def shorten_reading(system: System) -> System:
    """A system of today's recipe as it was in the one before."""
    system = replace(system, teachers=tuple(map(shorten_reading, system.teachers)))
    if system.encoder_steps:
        system = replace(
            system, encoder_steps=SHORT_ADAPTATION_STEPS, masked_share=SHORT_MASKED_SHARE
        )
    choice = None
    if system.config is not None:
        choice = training(eval_frequency=100 if system.needs_pool else 50)
    return vary(system, SHORT_READING, choice)


SHORT_SYSTEMS = [
    shorten_reading(BY_NAME[name])
    for name in (
        *("teacher", "teacher_ensemble", "spacy_ner_hard"),
        *("student_first_order_hard", "student_first_order_soft"),
        *("student_bilstm_hard", "student_bilstm_soft"),
        *("student_aligned_hard", "student_aligned_soft"),
    )
]
SHORT_BY_NAME = {system.name: system for system in SHORT_SYSTEMS}
SHORT_TEACHER = shorten_reading(ENSEMBLE[0])
SHORT_STUDENT = SHORT_BY_NAME[f"student_first_order_soft/{SHORT_READING}"]
SHORT_HARD = SHORT_BY_NAME[f"student_first_order_hard/{SHORT_READING}"]
SHORT_LEVERS = [
    *teacher_levers(SHORT_TEACHER),
    # is the best of five checkpoints on 50 sentences more than luck, and of ten?
    vary(SHORT_TEACHER, "last_checkpoint", training(eval_frequency=250)),
    *student_levers(SHORT_STUDENT),
    vary(SHORT_STUDENT, "last_checkpoint", training(eval_frequency=1000)),
    # what our encoder of then brought a peer
    vary(
        BY_NAME["token_classification_gold"],
        SHORT_READING,
        encoder_steps=SHORT_ADAPTATION_STEPS,
        masked_share=SHORT_MASKED_SHARE,
    ),
]
SHORT_POOL_LEVERS = pool_levers(SHORT_STUDENT, SHORT_HARD)
