#!/usr/bin/env bash
# presidio-analyzer 2.2.366 leaves out entities of labels that it does not know, and raises no score by context words
# where a pipeline has no lemmatizer.
#
# For a label without a mapping, its engine for spaCy logs that the entity is kept, but the recognizer drops it, as it
# reports only mapped entities. This hurts users who anonymize with their own labels: the names stay in the text. And
# words such as "phone" before a number raise its score only if tokens have lemmas, which pipelines without a
# lemmatizer leave empty: the number falls below a threshold that was chosen with another pipeline.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 (3.11 or later) with venv, and a connection to fetch the packages. Ends with status 0 if it behaves
# as described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check \
    presidio-analyzer==2.2.366 spacy==3.8.18 click==8.3.1 || exit 2
venv/bin/python - <<'PY'
import logging
import sys
from importlib.metadata import version

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

print("presidio-analyzer", version("presidio-analyzer"), "on Python", sys.version.split()[0])
logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
messages = []
handler = logging.Handler()
handler.emit = lambda record: messages.append(record.getMessage())
logging.getLogger("presidio-analyzer").addHandler(handler)


def make_analyzer(path, with_lemmas):
    nlp = spacy.blank("en")
    patterns = [{"label": "TOWN", "pattern": "Oslo"}, {"label": "GPE", "pattern": "Norway"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    if with_lemmas:
        ruler = nlp.add_pipe("attribute_ruler")
        ruler.add([[{"ORTH": "phone"}]], {"LEMMA": "phone"})
    nlp.to_disk(path)
    engine = SpacyNlpEngine([{"lang_code": "en", "model_name": path}])
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


plain, lemmatized = make_analyzer("plain", False), make_analyzer("lemmatized", True)
found = [own.entity_type for own in plain.analyze("Oslo in Norway", "en")]
told = [message for message in messages if "TOWN" in message]
print("entities:", found, "| log:", told[0])
text = "My phone is 212-555-5555"
scores = [
    analyzer.analyze(text, "en", entities=["PHONE_NUMBER"])[0].score
    for analyzer in (plain, lemmatized)
]
print("score without and with lemmas:", scores)
as_known = found == ["LOCATION"] and "keeping anyway" in told[0] and scores[0] < scores[1]
sys.exit(0 if as_known else 1)
PY
