#!/usr/bin/env bash
# transformers 5.24.0 replaces the output layer of a FLAN-T5 or mT5 by its embeddings when tokens are added.
#
# T5 1.1, FLAN-T5 and mT5 have an output layer of their own (`tie_word_embeddings: false` in their files). From 5 on,
# their configurations say `true` whatever the file says. Loading keeps the layer, since both are in the file, but
# `resize_token_embeddings` ties it: all of its pretrained weights are lost, without a word. This hurts users who add
# tokens for tags or sentinels before they fine-tune: training starts from an output layer that was never trained.
# 4.53.2 keeps the layer. Seen on Linux with Python 3.11 and torch 2.13.0.
#
# Needs bash, python3 with venv, and a connection to fetch the packages. Ends with status 0 if it behaves as
# described, 1 if it does not, 2 if they cannot be fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >resize.py <<'PY'
import sys

import torch
import transformers
from transformers import MT5Config, MT5ForConditionalGeneration

transformers.logging.set_verbosity_error()
torch.manual_seed(0)
sizes = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
if sys.argv[1] == "make":
    config = MT5Config(vocab_size=20, tie_word_embeddings=False, decoder_start_token_id=0, **sizes)
    MT5ForConditionalGeneration(config).save_pretrained("model")
model = MT5ForConditionalGeneration.from_pretrained("model")
before = model.get_output_embeddings().weight.detach().clone()
model.resize_token_embeddings(24, mean_resizing=False)
after = model.get_output_embeddings().weight.detach()[:20]
kept = torch.equal(before, after)
are_embeddings = torch.equal(after, model.get_input_embeddings().weight.detach()[:20])
print(f"transformers {transformers.__version__}: output layer kept: {kept}; is now the embeddings: {are_embeddings}")
sys.exit(0 if (kept, are_embeddings) == (sys.argv[2] == "kept", sys.argv[2] == "lost") else 1)
PY
python3 -m venv venv || exit 2
venv/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 transformers==4.53.2 || exit 2
venv/bin/python resize.py make kept
venv/bin/pip install --quiet --disable-pip-version-check transformers==5.24.0 || exit 2
venv/bin/python resize.py load lost
