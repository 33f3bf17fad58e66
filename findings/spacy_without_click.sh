#!/usr/bin/env bash
# spaCy 3.8.7 cannot be imported next to typer 0.29: its commands import click, which it does not require
# and which typer no longer brings. `pip check` finds nothing wrong.
#
# This hurts users who pin spaCy, as pipelines ask for, and nothing else: a new environment of the same
# requirements fails at `import spacy` with "No module named 'click'". Installing click helps.
# Seen on Linux with Python 3.11; spaCy 3.8.11 fails, too, and 3.8.14 requires click.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet spacy==3.8.7 typer==0.29.2
"$folder/venv/bin/pip" check
"$folder/venv/bin/pip" list 2> /dev/null | grep -iE "^(spacy|typer|click) "
if "$folder/venv/bin/python" -c "import spacy" 2> "$folder/error.txt"; then
    echo "it can be imported: this has changed" && exit 1
fi
tail -1 "$folder/error.txt" | tee "$folder/last.txt"
grep -q "No module named 'click'" "$folder/last.txt"
"$folder/venv/bin/pip" install --quiet click==8.3.1
"$folder/venv/bin/python" -c "import spacy; print('with click:', spacy.__version__)"
