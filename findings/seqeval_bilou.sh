#!/usr/bin/env bash
# seqeval 1.2.2 joins entities that stand side by side in BILOU tags, the scheme of spaCy, so that wrong answers
# get the F1 score 1.0 and right ones count as fewer entities.
#
# By default it finds entities by B, I, E and S. Of the tags `L-` and `U-` it warns "seems not to be NE tag", and
# then counts them as `I-`. With `mode="strict", scheme=BILOU` it counts rightly. This hurts users who score taggers
# on `doc_to_biluo_tags` or on columns in BILOU: scores of texts with lists of names are wrong, and do not compare
# with those of other tools.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if they behave as
# described, 1 if they do not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check seqeval==1.2.2 spacy==3.8.18 click==8.3.1 || exit 2
venv/bin/python - <<'PY'
import sys
import warnings
from importlib.metadata import version

import spacy
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.training.iob_utils import doc_to_biluo_tags

warnings.simplefilter("ignore")
print({name: version(name) for name in ("seqeval", "spacy")})
vocab = spacy.blank("en").vocab


def mark(*spans):
    doc = Doc(vocab, words=["to", "Oslo", "Rome", "now"])
    doc.ents = [Span(doc, start, end, label="CITY") for start, end in spans]
    return doc


gold, predicted = mark((1, 2), (2, 3)), mark((1, 3))
tags = [doc_to_biluo_tags(gold)], [doc_to_biluo_tags(predicted)]
for name, (own,) in zip(("gold", "predicted"), tags):
    print(f"{name:9} {own}, for seqeval {get_entities(own)}")
scores = {
    "spaCy": Scorer.score_spans([Example(predicted, gold)], "ents")["ents_f"],
    "seqeval": float(f1_score(*tags)),
    "seqeval with the scheme": float(f1_score(*tags, mode="strict", scheme=BILOU)),
}
print("F1:", scores)
sys.exit(0 if list(scores.values()) == [0, 1, 0] else 1)
PY
