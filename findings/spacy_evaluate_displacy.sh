#!/usr/bin/env bash
# spaCy 3.8.18: `spacy evaluate --displacy-path` draws entities of the factory `ner` alone, and reports success for others.
#
# It looks for the factories `ner`, `parser` and `spancat` in the pipeline. With any other component that sets entities (an
# entity ruler, a component of one's own), the scores of entities are printed and "Generated 25 parses as HTML" follows,
# but no file is written. This hurts users of such taggers, who look for pages that do not exist. Use
# `displacy.render(docs, style="ent", page=True)` instead.
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
from spacy.tokens import DocBin

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
nlp = spacy.blank("en")
nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "Oslo"}])
nlp.to_disk("model")
DocBin(docs=[nlp("They met in Oslo.")]).to_disk("dev.spacy")
PY
mkdir pages
venv/bin/python -m spacy evaluate model dev.spacy --displacy-path pages > printed.txt
grep -E "^NER F|Generated" printed.txt
echo "files: $(find pages -type f | wc -l)"
grep -Eq "^NER F +100.00" printed.txt
grep -q "Generated .* as HTML" printed.txt
test -z "$(find pages -type f)"
