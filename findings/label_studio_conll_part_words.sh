#!/usr/bin/env bash
# Label Studio's CoNLL export tags a whole word if a part of it is marked, and takes a sentence of a language
# without blanks for one word. Marks that share a word with another mark are lost.
#
# Words are those of the Penn Treebank: a full stop within a text stays at its word. Nothing is reported. This
# hurts whoever trains a tagger on the export: it learns entities like `Rome.`, and of Chinese, Japanese or Thai
# texts that whole sentences are entities, each with the label of its first mark. The JSON export has all marks.
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
INTERFACE = """<View><Labels name="label" toName="text"><Label value="CITY"/><Label value="RIVER"/></Labels>
<Text name="text" value="$text"/></View>"""


def export(text, *spans):
    regions = []
    for number, (start, end, label) in enumerate(spans):
        value = {"start": start, "end": end, "labels": [label], "text": text[start:end]}
        ids = {"from_name": "label", "to_name": "text", "type": "labels", "id": str(number)}
        regions.append({**ids, "value": value})
    task = {"id": 1, "data": {"text": text}, "annotations": [{"id": 1, "result": regions}]}
    Path("tasks.json").write_text(json.dumps([task]))
    Converter(INTERFACE, ".").convert("tasks.json", "out", "CONLL2003", is_dir=False)
    (path,) = Path("out").glob("*.conll")
    rows = [line.split(" -X- _ ") for line in path.read_text().splitlines() if " -X- _ " in line]
    print(*(f"{text[start:end]}={label}" for start, end, label in spans), "in", text)
    tagged = [(word, tag) for word, tag in rows if tag != "O"]
    print("   becomes", tagged)
    return tagged


print("label-studio-sdk", version("label-studio-sdk"))
found = [
    export("We saw Rome. Then we left", (7, 11, "CITY")),
    export("a Rome-Tiber map", (2, 6, "CITY"), (7, 12, "RIVER")),
    export("我们去东京看隅田川。", (3, 5, "CITY"), (6, 9, "RIVER")),
]
known = [("Rome.", "B-CITY")], [("Rome-Tiber", "B-CITY")], [("我们去东京看隅田川。", "B-CITY")]
sys.exit(0 if found == list(known) else "this has changed")
PY
venv/bin/python export.py
