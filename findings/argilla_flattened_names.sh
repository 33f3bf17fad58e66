#!/usr/bin/env bash
# `GenericIO.to_list(flatten=True)` of argilla 2.8.0 overwrites a record's id and status by fields of these
# names, and fails if a field and a metadata property have one name.
#
# The flattened form, which `dataset.records.to_list(flatten=True)` and `to_datasets()` export, is the only
# one that keeps the status of responses. It puts fields, metadata and the record's own values side by side
# without a prefix. This hurts users whose records have a field or a property `status`, `id` or `text`.
# Seen on Linux with Python 3.11. `requests` is installed beside it: argilla 2.8.0 imports it but does not
# require it, and newer releases of what it requires do not bring it.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check argilla==2.8.0 requests==2.34.2 || exit 2
cat >flatten.py <<'PY'
import sys
from importlib.metadata import version

from argilla import Record
from argilla.records._io import GenericIO

print("argilla", version("argilla"), "on Python", sys.version.split()[0])
record = Record(id="7", fields={"text": "A train to Rome"}, metadata={"status": "late"})
(flat,) = GenericIO.to_list([record], flatten=True)
(nested,) = GenericIO.to_list([record], flatten=False)
print("status:", nested["status"], "nested,", flat["status"], "flattened")
record = Record(id="7", fields={"text": "A train to Rome"}, metadata={"text": "news"})
try:
    GenericIO.to_list([record], flatten=True)
    failed = False
except TypeError as error:
    print("one name:", error)
    failed = True
sys.exit(0 if failed and (nested["status"], flat["status"]) == ("pending", "late") else 1)
PY
venv/bin/python flatten.py
