#!/usr/bin/env bash
# Label Studio's CoNLL export of a text that is a file has the words of the file's path, with the labels of
# the text. Of a task with two texts it has only one, and leaves out the entities of the other.
#
# A text uploaded as "Whole Text File" is kept as a path. Its regions count characters of the content, which
# the export does not have: the offsets are applied to the path. Nothing is reported. Whoever trains a tagger
# on such a file teaches it that `trip.txt` is a city, and loses every text.
# Seen on Linux with Python 3.11; the server of Label Studio 1.23.2 exports with this library.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check label-studio-sdk==2.1.2
cat > export.py <<'PY'
import json
import logging
import sys
from importlib.metadata import version
from pathlib import Path

from label_studio_sdk.converter import Converter

logging.disable()
LABELS = '<Labels name="{0}" toName="{1}"><Label value="CITY"/></Labels>'
FILE = f'<View>{LABELS.format("label", "text")}<Text name="text" value="$text" valueType="url"/></View>'
TWO = (
    f'<View>{LABELS.format("head", "title")}<Text name="title" value="$title"/>'
    f'{LABELS.format("label", "text")}<Text name="text" value="$text"/></View>'
)


def region(control, field, start, end):
    value = {"start": start, "end": end, "labels": ["CITY"]}
    return {"from_name": control, "to_name": field, "type": "labels", "id": control, "value": value}


def export(interface, data, *regions):
    task = {"id": 1, "data": data, "annotations": [{"id": 1, "result": list(regions)}]}
    Path("tasks.json").write_text(json.dumps([task]))
    Converter(interface, ".").convert("tasks.json", "out", "CONLL2003", is_dir=False)
    (path,) = Path("out").glob("*.conll")
    rows = [line.split(" -X- _ ") for line in path.read_text().splitlines() if " -X- _ " in line]
    return [tuple(row) for row in rows]


print("label-studio-sdk", version("label-studio-sdk"))
# the file's content is "We fly to Rome or to Oslo", and Oslo is marked
path = export(FILE, {"text": "/data/upload/6/792384a0-trip.txt"}, region("label", "text", 21, 25))
print("a file:", path)
two = export(
    TWO,
    {"title": "Rome trip", "text": "We fly to Oslo"},
    *(region("head", "title", 0, 4), region("label", "text", 10, 14)),
)
print("two texts:", two)
words = [word for word, _ in path]
as_known = words[:4] == ["/", "data", "/", "upload"] and path[-1][1] == "B-CITY"
as_known &= two == [("Rome", "B-CITY"), ("trip", "O")]
sys.exit(0 if as_known else "this has changed")
PY
venv/bin/python export.py
