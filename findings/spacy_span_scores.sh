#!/usr/bin/env bash
# spaCy 3.8.18 loses the scores of `spancat` in `Doc.from_docs` and `Doc.to_json`, and `Span.as_doc` loses the
# spans, too.
#
# `spancat` writes its confidence into `doc.spans["sc"].attrs["scores"]`. This hurts users who tag long texts in
# parts and join them, or who cut texts into sentences: the spans arrive without scores, or not at all, and a
# threshold on them fails later. `Doc.copy` and `Doc.to_bytes` keep both. Entities are kept by all of them.
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
from spacy.tokens import Doc
from spacy.training import Example

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
nlp = spacy.blank("en")
nlp.add_pipe("spancat", config={"threshold": 0.0})
text = "A table in Rome"
example = Example.from_dict(nlp.make_doc(text), {"spans": {"sc": [(11, 15, "CITY")]}})
nlp.initialize(lambda: [example])
doc = nlp(text)
docs = {
    "the doc": doc,
    "Doc.copy": doc.copy(),
    "Doc.to_bytes": Doc(nlp.vocab).from_bytes(doc.to_bytes()),
    "Doc.from_docs": Doc.from_docs([doc]),
    "Doc.to_json": Doc(nlp.vocab).from_json(doc.to_json()),
    "Span.as_doc": doc[:].as_doc(),
}
found = {}
for name, own in docs.items():
    group = own.spans.get("sc") if "sc" in own.spans else []
    found[name] = (len(group), len(group.attrs.get("scores", [])) if group else 0)
    print(f"{name:14} {found[name][0]} spans, {found[name][1]} scores")
n = len(doc.spans["sc"])
lost = {"Doc.from_docs": (n, 0), "Doc.to_json": (n, 0), "Span.as_doc": (0, 0)}
as_known = n > 0 and found == {name: lost.get(name, (n, n)) for name in docs}
sys.exit(0 if as_known else 1)
PY
