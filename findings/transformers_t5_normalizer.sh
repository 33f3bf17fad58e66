#!/usr/bin/env bash
# transformers 5.24.0 drops the normalizer of a T5 tokenizer: the same files give other pieces than with 4.53.2.
#
# A tokenizer is built anew from its class when it is loaded. Of `tokenizer.json`, the vocabulary, the templates and a
# normalizer of SentencePiece are taken over; a normalizer of another kind (NFKC, lower case) is not, without a word.
# This hurts users of taggers that were trained before: words in full width or in capitals become unknown. Tokenizers
# of the class `PreTrainedTokenizerFast` are as their file says. Seen on Linux with Python 3.11.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >load.py <<'PY'
import json
import sys
from pathlib import Path

import transformers
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from transformers import AutoTokenizer

pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
backend = Tokenizer(Unigram([*pieces, *((letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz")], unk_id=2))
backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
backend.pre_tokenizer = pre_tokenizers.Metaspace()
folder = Path("tokenizer")
folder.mkdir(exist_ok=True)
backend.save(str(folder / "tokenizer.json"))
settings = {"tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
(folder / "tokenizer_config.json").write_text(json.dumps(settings | {"extra_ids": 0}))
tokenizer = AutoTokenizer.from_pretrained(folder)
text = "\uff30lay Rome"
found = tokenizer.tokenize(text)
print(f"transformers {transformers.__version__}: {found}, unknown: {tokenizer(text)['input_ids'].count(2)}")
sys.exit(0 if (2 in tokenizer(text)["input_ids"]) == (sys.argv[1] == "lost") else 1)
PY
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check sentencepiece==0.2.1 protobuf==6.33.2 transformers==4.53.2 || exit 2
venv/bin/python load.py kept
venv/bin/pip install --quiet --disable-pip-version-check transformers==5.24.0 || exit 2
venv/bin/python load.py lost
