#!/usr/bin/env bash
# spaCy 3.8.18: `spacy convert --converter conll` loses words and entities of columns without a message.
#
# This hurts users of taggers who convert their training files: words disappear from texts, and
# entities become single words, get labels that nobody gave, or are lost, while the command reports
# success.
# Seen: (1) `B-NAME M-NAME E-NAME` (the scheme BMES) becomes three entities of one word. (2) In a file
# with tabs, the word `van Dam` with a no-break space becomes `van`, and its tag `I-NAME` becomes the
# label `m`, the end of `Dam`. (3) If one line of a sentence has fewer columns, the last columns of all
# its lines are dropped, and another column is taken for the tags.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'Ann\tB-NAME\nvan\tM-NAME\nDam\tE-NAME\nsleeps\tO\n' > "$folder/bmes.conll"
printf 'Ann\tB-NAME\nvan\xc2\xa0Dam\tI-NAME\nsleeps\tO\n' > "$folder/space.conll"
printf 'We\tO\tO\nlike\tO\tO\nNew\tO\tB-CITY\nYork\tO\tI-CITY\n.\tO\n' > "$folder/short.conll"
cat > "$folder/show.py" <<'PYTHON'
import sys
from pathlib import Path

import spacy
from spacy.tokens import DocBin

expected = {
    "bmes": (["Ann", "van", "Dam", "sleeps"], [("Ann", "NAME"), ("van", "NAME"), ("Dam", "NAME")]),
    "space": (["Ann", "van", "sleeps"], [("Ann", "NAME"), ("van", "m")]),
    "short": (["We", "like", "New", "York", "."], []),
}
print("spaCy", spacy.__version__)
for name, seen in expected.items():
    vocab = spacy.blank("xx").vocab
    (doc,) = DocBin().from_disk(Path(sys.argv[1]) / f"{name}.spacy").get_docs(vocab)
    found = ([token.text for token in doc], [(ent.text, ent.label_) for ent in doc.ents])
    print(f"{name}.conll: words {found[0]}, entities {found[1]}")
    assert found == seen, (found, seen)
PYTHON
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet spacy==3.8.18
for name in bmes space short; do
    "$folder/venv/bin/python" -m spacy convert --converter conll "$folder/$name.conll" "$folder"
done
"$folder/venv/bin/python" "$folder/show.py" "$folder"
