"""Memory of a process that trains a tiny torch module through the shim of our torch layers.

    python -m benchmarks.shim_memory
    python -m benchmarks.shim_memory --thinc

With `--thinc`, thinc's own shim trains the same module, for comparison.
"""

import gc

import torch
import typer
from thinc.api import Adam, ArgsKwargs, PyTorchShim

from spacy_halfree.models.torch.shim import TorchShim

from .speed.process_memory import resident_megabytes

N_STEPS, EVERY = 5000, 1000


def main(
    thinc: bool = typer.Option(False, "--thinc", help="Use thinc's own shim"),
    n_layers: int = typer.Option(20, "--layers", help="Layers, with two parameters each", min=1),
) -> None:
    """Train for 5,000 steps, and print the resident memory every 1,000 steps."""
    module = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(n_layers)))
    shim = PyTorchShim(module)
    if not thinc:
        shim = TorchShim()
        shim.hold(module, [])
    optimizer = Adam(0.001)
    inputs = ArgsKwargs(args=(torch.ones(2, 4),), kwargs={})
    for step in range(N_STEPS + 1):
        if step % EVERY == 0:
            gc.collect()
            print(f"{step:>5} steps: {resident_megabytes():.1f} MB")
        outputs, backprop = shim.begin_update(inputs)
        gradients = {"grad_tensors": (outputs.detach(),)}
        backprop(ArgsKwargs(args=((outputs,),), kwargs=gradients))
        shim.finish_update(optimizer)


if __name__ == "__main__":
    typer.run(main)
