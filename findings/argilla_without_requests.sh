#!/usr/bin/env bash
# argilla 2.8.0 cannot be imported in a new environment: it imports requests, which it does not require and which
# newer releases of datasets and huggingface_hub no longer bring. `pip check` finds nothing wrong.
#
# This hurts users who want to read or write their records: the client installs, and fails at `import argilla` with
# "No module named 'requests'". Installing requests helps.
# Seen on Linux with Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet argilla==2.8.0 datasets==5.2.0 huggingface_hub==2.4.0
"$folder/venv/bin/pip" check
"$folder/venv/bin/pip" list 2> /dev/null | grep -iE "^(argilla|datasets|huggingface_hub|requests) "
if "$folder/venv/bin/python" -c "import argilla" 2> "$folder/error.txt"; then
    echo "it can be imported: this has changed" && exit 1
fi
tail -1 "$folder/error.txt" | tee "$folder/last.txt"
grep -q "No module named 'requests'" "$folder/last.txt"
"$folder/venv/bin/pip" install --quiet requests==2.34.2
"$folder/venv/bin/python" -c "import argilla; print('with requests:', argilla.__version__)"
