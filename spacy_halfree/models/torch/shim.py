"""The base of the bridges between thinc and torch."""

from typing import Any

import srsly
import torch
from safetensors import SafetensorError
from safetensors.torch import save
from thinc.api import Model, Optimizer, PyTorchShim, get_torch_default_device
from thinc.types import ArgsKwargs
from torch import Tensor, nn

from ...errors import Errors, OtherResultsError
from ...memory import check_memory

DAMAGE = (
    *(AttributeError, KeyError, OSError, RuntimeError, SafetensorError, TypeError, ValueError),
)
"""What is raised when bytes are not those of a saved module."""
MAX_BYTES = 2**32 - 2**28
"""What fits into one value of a pipeline's file, whose lengths have 32 bits, beside a tokenizer."""


class TorchShim(PyTorchShim):
    """Holds a module that is built once its sizes are known: initialized or loaded.

    Subclasses say what is saved, in `to_message` and `from_message`. Several threads may predict
    at the same time.
    """

    def __init__(self) -> None:
        super().__init__(None)
        self._dropout_rates: list[tuple[nn.Module, str]] = []

    def hold(self, module: nn.Module, dropout_rates: list[tuple[nn.Module, str]]) -> None:
        """Take a module, and move it to the device of thinc's current ops.

        module: The module.
        dropout_rates: Its submodules with dropout, and the attributes that hold the rates.
        """
        self._dropout_rates = dropout_rates
        self._model = module.to(get_torch_default_device())

    def run(self, model: Model, inputs: ArgsKwargs, is_train: bool) -> tuple[Any, Any]:
        """Run the module for a layer of thinc.

        model: The layer. In training, the dropout rate is its attribute `fixed_dropout`, or
            `dropout_rate`, which thinc sets, where that is None.
        inputs: The module's arguments.
        is_train: Whether to keep what the gradient needs.
        RETURNS: What the module returns, and its backward pass.
        """
        if is_train:
            fixed = model.attrs["fixed_dropout"]
            rate = model.attrs["dropout_rate"] if fixed is None else fixed
            for module, name in self._dropout_rates:
                setattr(module, name, rate)
        return self(inputs, is_train)

    def predict(self, inputs: ArgsKwargs) -> Any:
        """Run the module without dropout and gradients.

        thinc's own method leaves the module in training mode, by which one thread would switch
        dropout on while another predicts. `begin_update` switches it on by itself.

        inputs: The module's arguments.
        RETURNS: What the module returns.
        """
        self._model.eval()
        with torch.no_grad():
            return self._model(*inputs.args, **inputs.kwargs)

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the parameters.

        thinc wraps each updated parameter as a new tensor over the same memory, which refers to
        the tensor before it: one more for each step, and none is ever freed. So the original
        tensor is put back where its memory was updated in place.

        optimizer: The optimizer.
        """
        if self._model is None:
            return
        before = [(parameter, parameter.data) for parameter in self._model.parameters()]
        super().finish_update(optimizer)
        for parameter, data in before:
            if parameter.data_ptr() == data.data_ptr():
                parameter.data = data

    def is_finite(self) -> bool:
        """Whether all parameters are numbers that can be computed with."""
        if self._model is None:
            return True
        sums = [parameter.detach().sum() for parameter in self._model.parameters()]
        return not sums or bool(torch.isfinite(torch.stack(sums)).all())

    def to_message(self) -> dict[str, Any]:
        """What to save, for msgpack."""
        raise NotImplementedError

    def from_message(self, message: Any) -> None:
        """Build the module from what `to_message` returned, or from anything else in `DAMAGE`."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        return srsly.msgpack_dumps(self.to_message())

    def from_bytes(self, bytes_data: bytes) -> "TorchShim":
        """Load a saved module, running no code from the bytes.

        RAISES: ValueError (H017) if the bytes are damaged, or of another kind of module;
            OtherResultsError if they are whole, but the module does something else now.
        """
        try:
            self.from_message(srsly.msgpack_loads(bytes_data))
        except OtherResultsError:
            raise
        except DAMAGE as error:
            check_memory(error, "a saved module")
            raise ValueError(Errors.H017.format(reason=error)) from error
        return self


def weights_to_bytes(state: dict[str, Tensor]) -> bytes:
    """Weights as safetensors.

    RAISES: ValueError (H036) if they are too large for a pipeline.
    """
    size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if size > MAX_BYTES:
        raise ValueError(Errors.H036.format(gigabytes=size / 1e9))
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
