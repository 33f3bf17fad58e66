"""What tables and plots call corpora and systems, what is compared, and what others published."""

from .short_reading import SHORT_READING, SHORT_SYSTEMS

CORPUS_NAMES = {
    "snips": "SNIPS",
    "atis": "ATIS",
    "mit_restaurant": "MIT Restaurant",
    "mit_movie": "MIT Movie",
    "mit_movie_trivia": "MIT Movie Trivia",
}
SYSTEM_NAMES = {
    "spacy_ner_gold": "spaCy `ner`, CNN, gold only",
    "spacy_ner_hard": "spaCy `ner`, CNN, hard pseudo-labels of three teachers' mean",
    "trf_ner_gold": "spaCy `ner` on MiniLM, gold only",
    "token_classification_gold": "MiniLM, per-token classification, gold only",
    "token_classification_gold/adapted_encoder": (
        "MiniLM adapted to the raw texts, per-token classification, gold only"
    ),
    "teacher/no_adaptation": "our teacher, MiniLM as it is",
    "teacher": "our teacher: MiniLM adapted to the raw texts, aligned decoder",
    "teacher_ensemble": "mean of three such teachers",
    "student_first_order_gold": "our CNN, first-order decoder, gold only",
    "student_first_order_hard": "our CNN, distilled with hard pseudo-labels",
    "student_first_order_soft": "**our CNN, distilled with soft labels**",
    "student_bilstm_gold": "our BiLSTM, first-order decoder, gold only",
    "student_bilstm_hard": "our BiLSTM, distilled with hard pseudo-labels",
    "student_bilstm_soft": "our BiLSTM, distilled with soft labels",
    "student_aligned_gold": "our 3+1-layer aligned model, gold only",
    "student_aligned_hard": "our 3+1-layer aligned model, distilled with hard pseudo-labels",
    "student_aligned_soft": "our 3+1-layer aligned model, distilled with soft labels",
}
SHORT_NAMES = {
    system.name: f"{SYSTEM_NAMES[system.name.removesuffix(f'/{SHORT_READING}')]}, recipe before"
    for system in SHORT_SYSTEMS
}
"""Systems of the recipe before today's."""
ALL_NAMES = SYSTEM_NAMES | SHORT_NAMES
PUBLISHED = {
    "BiLSTM": {"atis": 79.93, "snips": 51.63, "mit_movie": 60.82, "mit_restaurant": 47.26},
    "BERT": {"atis": 79.43, "snips": 52.16, "mit_movie": 61.80, "mit_restaurant": 53.17},
    "T5-base teacher": {
        **{"atis": 85.01, "snips": 54.33},
        **{"mit_movie": 67.09, "mit_restaurant": 56.87},
    },
    "distilled BiLSTM": {
        **{"atis": 86.75, "snips": 57.18},
        **{"mit_movie": 70.51, "mit_restaurant": 61.13},
    },
}
"""Farina et al. 2023, low-resource setting (100 gold + 50 dev), second-hand, not checked against
the table of the paper; not run by us."""

RECIPES = {
    "mean of three teachers": ("teacher_ensemble", f"teacher_ensemble/{SHORT_READING}"),
    "CNN on soft labels": (
        "student_first_order_soft",
        f"student_first_order_soft/{SHORT_READING}",
    ),
}
"""Today's recipe, and the one before."""
LEVER_SYSTEMS = {
    "teacher": "teacher",
    "teacher_ensemble": "mean of three teachers",
    "spacy_ner_hard": "spaCy `ner`, hard pseudo-labels",
    "student_first_order_hard": "CNN, hard pseudo-labels",
    "student_first_order_soft": "CNN, soft labels",
    "student_bilstm_hard": "BiLSTM, hard pseudo-labels",
    "student_bilstm_soft": "BiLSTM, soft labels",
    "student_aligned_hard": "aligned model, hard pseudo-labels",
    "student_aligned_soft": "aligned model, soft labels",
    "token_classification_gold": "per-token classification",
    "trf_ner_gold": "spaCy `ner` on MiniLM",
}
"""What the tables of levers call systems."""
