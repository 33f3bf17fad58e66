#!/usr/bin/env bash
# conllu 6.0.0 cuts values in the columns FEATS and MISC of CoNLL-U at their second `=`; pyconll 3.3.1 splits
# them at commas, sorts the parts and drops repeated ones. Both write the changed values back without a message.
#
# MISC is the column for anything else: glosses, links, entities. This hurts users who keep annotation there and
# pass a treebank through either library: links lose their end, and glosses the order of their words.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if they behave as
# described, 1 if they do not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check conllu==6.0.0 pyconll==3.3.1 || exit 2
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version

import conllu
import pyconll

print({name: version(name) for name in ("conllu", "pyconll")})
known = {
    "Link=/trip?to=Rome": ("Link=/trip?to", "Link=/trip?to=Rome"),
    "Gloss=to Rome, by train": ("Gloss=to Rome, by train", "Gloss= by train,to Rome"),
    "Entity=CITY,AREA,CITY": ("Entity=CITY,AREA,CITY", "Entity=AREA,CITY"),
}
changed = 0
for misc, written in known.items():
    text = "\t".join(["1", "Rome", *"_" * 7, misc]) + "\n\n"
    (sentence,) = conllu.parse(text)
    outputs = sentence.serialize(), pyconll.load_from_string(text).conll()
    found = tuple(output.strip().split("\t")[-1] for output in outputs)
    print(f"{misc:24} conllu: {found[0]:24} pyconll: {found[1]}")
    changed += found != written
sys.exit(1 if changed else 0)
PY
