#!/usr/bin/env bash
# spaCy 3.8.18 leaves span groups where they were when tokens are merged or split.
#
# `Doc.retokenize` moves entities along, but not the spans in `doc.spans`. This hurts users who merge or split words
# behind `spancat` or a span ruler (`merge_entities` does it, too): afterwards, spans cover other words under the same
# label without a warning, or the group cannot be read any more (E035). Remove the group before, or set it anew.
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
from spacy.tokens import Span

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
nlp = spacy.blank("en")


def make_doc():
    doc = nlp.make_doc("Nobody saw the old bridge in Oslo")
    doc.set_ents([Span(doc, 6, 7, label="CITY")])
    doc.spans["sc"] = [Span(doc, 4, 5, label="PLACE"), Span(doc, 6, 7, label="CITY")]
    return doc


def read(doc):
    try:
        return [(span.text, span.label_) for span in doc.spans["sc"]]
    except IndexError as error:
        return str(error)[:6]


split, merged = make_doc(), make_doc()
with split.retokenize() as retokenizer:
    retokenizer.split(split[0], ["No", "body"], heads=[(split[0], 1), split[1]])
with merged.retokenize() as retokenizer:
    retokenizer.merge(merged[2:5])
for name, doc in (("before", make_doc()), ("split", split), ("merged", merged)):
    print(f"{name:7}", [(ent.text, ent.label_) for ent in doc.ents], read(doc))
as_known = (
    [[ent.text for ent in doc.ents] for doc in (split, merged)] == [["Oslo"], ["Oslo"]]
    and read(split) == [("old", "PLACE"), ("in", "CITY")]
    and read(merged) == "[E035]"
)
sys.exit(0 if as_known else 1)
PY
