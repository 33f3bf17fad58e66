#!/usr/bin/env bash
# spaCy 3.8 writes words whose entities are unknown as words outside of entities, in both of its JSON forms.
#
# A doc tells words without annotation (`ent_iob` 0) from words outside of entities (2), and training skips
# the former. `Doc.to_json` and `docs_to_json` (`spacy convert -t json`) write the entities alone, so reading
# them back makes all other words "outside". This hurts users of partly annotated texts: after a round trip,
# a tagger is trained to find nothing in words that nobody has looked at. `DocBin` keeps the difference.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the package. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if it cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check spacy==3.8.18 click==8.3.1 || exit 2
venv/bin/python - <<'PY'
import sys

import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import docs_to_json
from spacy.training.converters import json_to_docs

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
nlp = spacy.blank("en")
doc = nlp("Oslo and Rome")
doc.set_ents([Span(doc, 2, 3, label="CITY")], missing=[doc[0:1]])
for token in doc:
    token.is_sent_start = token.i == 0
(binary,) = DocBin(docs=[doc]).get_docs(nlp.vocab)
(old,) = json_to_docs([docs_to_json([doc])])
docs = [doc, binary, Doc(nlp.vocab).from_json(doc.to_json()), old]
states = [[token.ent_iob for token in own] for own in docs]
for name, state in zip(["the doc", "DocBin", "Doc.to_json", "docs_to_json"], states):
    print(f"{name:12}", state)
sys.exit(0 if states == [[0, 2, 3], [0, 2, 3], [2, 2, 3], [2, 2, 3]] else 1)
PY
