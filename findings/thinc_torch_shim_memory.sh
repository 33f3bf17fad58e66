#!/usr/bin/env bash
# thinc 8.3: training a torch module through thinc's PyTorchShim takes more memory with every step, for as
# long as the process lives. At each step every parameter is wrapped as a new tensor over the same memory,
# and the new one keeps the one before it: about 0.8 KB for each parameter and step.
#
# This hurts users who train transformers in spaCy for long: an encoder with 200 parameters takes 0.8 GB
# more after 5,000 steps, which no option explains. torch's own optimizers do not grow.
# Seen with thinc 8.3.14, torch 2.13.0 and numpy 2.2.6 on Linux: 40 parameters, 2,000 steps, 65 MB more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet thinc==8.3.14 torch==2.13.0 numpy==2.2.6
cat > "$folder/train.py" <<'PYTHON'
import gc
import os
from importlib.metadata import version

import torch
from thinc.api import Adam, NumpyOps, PyTorchWrapper, use_ops


def resident_megabytes():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


torch.set_num_threads(1)
with use_ops("numpy"):
    layers = [torch.nn.Linear(4, 4) for _ in range(20)]
    model = PyTorchWrapper(torch.nn.Sequential(*layers)).initialize()
    optimizer = Adam(0.001)
    inputs = NumpyOps().alloc2f(2, 4) + 1
    for step in range(3001):
        if step == 1000:
            before = resident_megabytes()
        outputs, backprop = model.begin_update(inputs)
        backprop(outputs * 0.01)
        model.finish_update(optimizer)
    grown = resident_megabytes() - before
print(f"thinc {version('thinc')}, torch {torch.__version__}")
print(f"2,000 steps of a module with 40 parameters: {grown:.0f} MB more")
# the module and the optimizer have all they need after the first steps
assert grown > 30, grown
PYTHON
"$folder/venv/bin/python" "$folder/train.py"
