#!/usr/bin/env bash
# spaCy 3.8.18 refuses a file with own code (`--code`) that has a dataclass and `from __future__ import
# annotations`, and names neither the line nor the reason: "'NoneType' object has no attribute '__dict__'".
#
# `spacy.util.import_file` runs the file without entering it in `sys.modules`, where dataclasses look for the
# names in annotations that are strings. This hurts users who register own functions for training: the file
# is right, and Python imports it. Without the import from `__future__`, it works.
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
cat >plain.py <<'PY'
from dataclasses import dataclass

import spacy


@dataclass
class Settings:
    lower: bool = True


@spacy.registry.callbacks("with_settings.v1")
def with_settings():
    return lambda nlp: nlp
PY
{ echo "from __future__ import annotations"; cat plain.py; } >future.py
venv/bin/python -c "import spacy, sys; print('spaCy', spacy.__version__, 'on Python', sys.version.split()[0])"
venv/bin/python -m spacy init config --lang en --pipeline ner config.cfg >init.txt
venv/bin/python -c "import future; print('Python imports it:', future.Settings())"
# each check of the config comes after the code is read
for name in plain future; do
    ANSI_COLORS_DISABLED=1 venv/bin/python -m spacy debug config config.cfg --code "$name.py" >"$name.txt" 2>&1 || true
done
echo "spaCy reads plain.py; of future.py it prints:"
cat future.txt
grep -q "Config validation" plain.txt || exit 1
grep -q "'NoneType' object has no attribute '__dict__'" future.txt || exit 1
! grep -q "Config validation" future.txt || exit 1
