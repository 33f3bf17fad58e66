"""What both bridges between thinc and torch have in common."""

from typing import Any

import torch
from thinc.api import PyTorchShim
from thinc.types import ArgsKwargs


class TorchShim(PyTorchShim):
    """Holds a module that is made later, and that threads may predict with at the same time."""

    def __init__(self) -> None:
        super().__init__(None)

    def predict(self, inputs: ArgsKwargs) -> Any:
        """Run the module without dropout and gradients.

        thinc's own method leaves the module in training mode, by which one thread switches dropout
        on while another predicts. `begin_update` switches it on by itself.

        inputs: The module's arguments.
        RETURNS: What the module returns.
        """
        self._model.eval()
        with torch.no_grad():
            return self._model(*inputs.args, **inputs.kwargs)
