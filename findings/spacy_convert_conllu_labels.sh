#!/usr/bin/env bash
# `spacy convert` of spaCy 3.8 cuts the labels of entities in CoNLL-U after their first capital letters.
#
# Entities in the last column (MISC) are read by a pattern that takes capitals and underscores and is not
# anchored at its end: `name=B-City` becomes the label `C`, `name=B-Car` too, and `name=B-city` becomes no
# entity at all. Nothing is told. This hurts users whose labels are not in capitals: different labels become
# one, and a tagger is trained on it.
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
for word in GPE City Car city; do
    printf '1\tRome\tRome\tPROPN\tNNP\t_\t0\troot\t_\tname=B-%s\n\n' "$word"
done >texts.conllu
venv/bin/python -m spacy convert texts.conllu . >output.txt 2>&1 || { cat output.txt; exit 1; }
venv/bin/python - <<'PY'
import sys

import spacy
from spacy.tokens import DocBin

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
docs = DocBin().from_disk("texts.spacy").get_docs(spacy.blank("en").vocab)
labels = [[ent.label_ for ent in doc.ents] for doc in docs]
print("GPE, City, Car and city become", labels)
sys.exit(0 if labels == [["GPE"], ["C"], ["C"], []] else 1)
PY
