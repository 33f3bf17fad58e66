#!/usr/bin/env bash
# dkpro-cassis 0.12.0 cannot load the JSON that it has written of a document with two views.
#
# `load_cas_from_json` makes the second view when it comes to its text, and tries to make it again when it
# comes to its annotations. This hurts users whose documents have more than the initial view, as converters
# from HTML or PDF make them: the files are whole, but cannot be read again. XMI of the same document can.
# Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the package. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if it cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check dkpro-cassis==0.12.0 || exit 2
cat >views.py <<'PY'
import sys
from importlib.metadata import version

from cassis import Cas, TypeSystem, load_cas_from_json, load_cas_from_xmi

print("dkpro-cassis", version("dkpro-cassis"), "on Python", sys.version.split()[0])
types = TypeSystem()
City = types.create_type("example.City")
cas = Cas(typesystem=types)
cas.sofa_string = "<b>Rome</b>"
cas.sofa_mime = "text/html"
plain = cas.create_view("plain")
plain.sofa_string = "Rome"
plain.sofa_mime = "text/plain"
plain.add(City(begin=0, end=4))
again = load_cas_from_xmi(cas.to_xmi(), typesystem=types)
found = [city.get_covered_text() for city in again.get_view("plain").select("example.City")]
print("from XMI: ", found)
try:
    load_cas_from_json(cas.to_json())
except ValueError as error:
    print("from JSON:", error)
    sys.exit(0 if found == ["Rome"] and "plain" in str(error) else 1)
sys.exit(1)
PY
venv/bin/python views.py
