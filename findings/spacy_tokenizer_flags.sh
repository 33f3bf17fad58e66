#!/usr/bin/env bash
# spaCy 3.8.18 saves the patterns of a tokenizer without their flags and methods: a pattern compiled with
# `re.IGNORECASE` tells capitals from small letters once the pipeline is loaded again, and `fullmatch` becomes
# `match`.
#
# `Tokenizer.to_bytes` writes the pattern's string alone. This hurts users who train with an own tokenizer: the
# tagger is trained and scored on words that the saved pipeline no longer makes, and nothing is reported.
# Flags inside of the pattern, as in `(?i)km$`, are kept.
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
import re
import sys

import spacy
from spacy.tokenizer import Tokenizer

print("spaCy", spacy.__version__, "on Python", sys.version.split()[0])
km = {"suffix_search": re.compile("km$").search}
five = re.compile("5")
cases = [
    ("IGNORECASE", {"suffix_search": re.compile("km$", re.I).search}, "5 km or 5 KM", "5 km or 5KM"),
    ("(?i)", {"suffix_search": re.compile("(?i)km$").search}, "5 km or 5 KM", "5 km or 5 KM"),
    ("match", km | {"token_match": five.match}, "5km or 5KM", "5km or 5KM"),
    ("fullmatch", km | {"token_match": five.fullmatch}, "5 km or 5KM", "5km or 5KM"),
]
changed = 0
for name, patterns, made, made_again in cases:
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab, **patterns)
    nlp.to_disk(name)
    found = [" ".join(token.text for token in own("5km or 5KM")) for own in (nlp, spacy.load(name))]
    print(f"{name:10} {found[0]:14} loaded again: {found[1]}")
    changed += found != [made, made_again]
sys.exit(1 if changed else 0)
PY
