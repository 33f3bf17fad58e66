#!/usr/bin/env bash
# spaCy 3.8.18 changes some characters of a variable of `project.yml` when it puts it into a command: `\n` in a
# path becomes a line break and `\b` a backspace, without a message. A `$`, a `"` or a backslash at the end stops it
# with "string indices must be integers, not 'str'", which names neither the variable nor the file.
#
# weasel, which runs the project, fills variables into JSON and decodes the result once more. This hurts users whose
# model or data is in a folder of such a name (C:\new, "5$ offers"): the step reads or writes another place.
# Seen on Linux with Python 3.11 and weasel 1.0.1.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check spacy==3.8.18 weasel==1.0.1 click==8.3.1 || exit 2
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version

print("spaCy", version("spacy"), "weasel", version("weasel"), "on Python", sys.version.split()[0])
PY
# each variable is a valid value of YAML, which leaves backslashes in single quotes as they are
# the step prints what it got, as Python writes it: a backslash would be doubled
show() {
    cat >project.yml <<YAML
vars:
  model: '$1'
commands:
  - name: "show"
    script:
      - "python -c 'import sys; print(ascii(sys.argv[1]))' '\${vars.model}'"
YAML
    venv/bin/python -m spacy project run show . 2>&1 | tail -1
}
for value in 'models/new' 'models\new' 'models\best' 'models/5$'; do
    echo "$value -> $(show "$value" || true)"
done | tee out.txt
grep -qF "models/new -> 'models/new'" out.txt || exit 1
grep -qF "models\\new -> 'models\\new'" out.txt || exit 1
grep -qF "models\\best -> 'models\\x08est'" out.txt || exit 1
grep -qF "string indices must be integers" out.txt || exit 1
