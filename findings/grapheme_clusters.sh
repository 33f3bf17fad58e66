#!/usr/bin/env bash
# Offsets in grapheme clusters depend on the version of Unicode.
#
# The editor of doccano counts, if its project is set to, with the npm package grapheme-splitter
# (Unicode 10). The `\X` of the Python package regex follows a later version: it joins consonants
# of Hindi that a virama connects, and more sequences of emoji. A program that converts doccano's
# offsets with such a table moves every mark that stands behind one of these.
#
# Needs bash, python3 with venv, node and npm, and a connection to fetch both packages. Ends with
# status 0 if the packages behave as described, 1 if they do not, 2 if they cannot be fetched.
set -euo pipefail

SPLITTER=grapheme-splitter@1.0.4
REGEX=regex==2026.11.19

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-fund --no-audit "$SPLITTER" >/dev/null || exit 2
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check "$REGEX" || exit 2

# name, text, and the clusters that each is known to count
cat >texts.json <<'JSON'
[
  ["a letter and an accent", "e\u0301", 1, 1],
  ["the end of a line", "\r\n", 1, 1],
  ["a family of emoji", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67", 1, 1],
  ["Hindi 'kshetra' (area)", "\u0915\u094d\u0937\u0947\u0924\u094d\u0930", 4, 2],
  ["a polar bear (Emoji 13)", "\ud83d\udc3b\u200d\u2744\ufe0f", 2, 1],
  ["people who hold hands (Emoji 12)", "\ud83e\uddd1\u200d\ud83e\udd1d\u200d\ud83e\uddd1", 3, 1]
]
JSON

cat >count.js <<'JS'
const GraphemeSplitter = require("grapheme-splitter");
const texts = JSON.parse(require("fs").readFileSync("texts.json", "utf8"));
const splitter = new GraphemeSplitter();
console.log(JSON.stringify(texts.map(([, text]) => splitter.countGraphemes(text))));
JS

cat >compare.py <<'PY'
import json
import subprocess
import sys
from importlib.metadata import version

import regex

with open("texts.json", encoding="utf8") as file:
    texts = json.load(file)
output = subprocess.run(["node", "count.js"], capture_output=True, text=True, check=True).stdout
with open("node_modules/grapheme-splitter/package.json", encoding="utf8") as file:
    splitter = json.load(file)["version"]
node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
print(f"grapheme-splitter {splitter} on Node {node.strip()}")
print(f"regex {version('regex')} on Python {sys.version.split()[0]}")
print(f"{'text':34} {'code points':>11} {'splitter':>8} {'regex':>5}")
changed = 0
for (name, text, old, new), seen in zip(texts, json.loads(output), strict=True):
    found = len(regex.findall(r"\X", text))
    as_known = (seen, found) == (old, new)
    changed += not as_known
    note = "" if as_known else f"  changed: {old} and {new} are known"
    print(f"{name:34} {len(text):>11} {seen:>8} {found:>5}{note}")

text = texts[3][1] + " Rome"
start = texts[3][2] + 1
clusters = regex.findall(r"\X", text)
marked = "".join(clusters[start : start + 4])
print(f"'Rome' behind 'kshetra' is {start}-{start + 4} in doccano; by regex that is {marked!r}")
changed += marked == "Rome"
sys.exit(1 if changed else 0)
PY

venv/bin/python compare.py
