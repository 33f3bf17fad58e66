#!/usr/bin/env bash
# spaCy 3.8.18, srsly 2.5.6, catalogue 2.0.10: packing one short doc as bytes walks through all functions
# that are registered in the process, once for each block of MessagePack in it. A doc with extension
# attributes (`Doc.set_extension`, so user data) has three blocks.
#
# This hurts users who tag short texts with `nlp.pipe(n_process=2)` or store docs one by one: for a fast
# tagger, moving a doc between processes takes several times as long as tagging it.
# Seen: `Doc.to_bytes` of a doc with four words calls Python functions more than 1,000 times, with one
# entry of user data more than twice as often, and without spaCy's registered functions less than half
# as often.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/calls.py" <<'PYTHON'
import cProfile
import pstats
from importlib.metadata import version

import catalogue
import spacy
from spacy.tokens import Token

Token.set_extension("confidence", default=None)
print({name: version(name) for name in ("spacy", "srsly", "catalogue")})
nlp = spacy.blank("en")
plain, extended = nlp("A table in Rome"), nlp("A table in Rome")
extended[3]._.confidence = 0.9


def calls(doc):
    profile = cProfile.Profile()
    profile.runcall(doc.to_bytes)
    return pstats.Stats(profile).total_calls


for doc in (plain, extended):
    doc.to_bytes()
n_plain, n_extended = calls(plain), calls(extended)
kept = {key: value for key, value in catalogue.REGISTRY.items() if "msgpack" in str(key)}
n_registered = len(catalogue.REGISTRY)
catalogue.REGISTRY.clear()
catalogue.REGISTRY.update(kept)
n_empty = calls(plain)
print(f"{n_registered} registered functions: {n_plain} calls, with user data {n_extended} calls")
print(f"{len(kept)} registered functions: {n_empty} calls")
assert n_plain > 1000, n_plain
assert n_extended > 2 * n_plain, n_extended
assert n_empty < n_plain / 2, n_empty
PYTHON
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet spacy==3.8.18 srsly==2.5.6 catalogue==2.0.10
"$folder/venv/bin/python" "$folder/calls.py"
