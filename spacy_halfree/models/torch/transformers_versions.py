"""What differs between releases of `transformers`, in one place.

Nothing here asks for a version number: each function looks for the feature that it needs.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, EncoderDecoderCache

from .attention import KeyValues


class Layer(Protocol):
    """A layer of a cache: its keys and values (n x heads x length x width of a head)."""

    @property
    def keys(self) -> Tensor: ...

    @property
    def values(self) -> Tensor: ...


class GivenCache(Cache):
    """A cache whose contents its subclasses provide.

    layers: The layers, whose keys and values may be computed when they are asked for; none where
        `update` returns them.
    """

    is_compileable = False

    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        if "layers" in inspect.signature(Cache.__init__).parameters:
            super().__init__(layers=list(layers))
        else:
            super().__init__()
            self.key_cache = _Chosen(layers, "keys")
            self.value_cache = _Chosen(layers, "values")

    def get_seq_length(self, layer_idx: int | None = 0) -> int:
        """How many tokens were read before this step."""
        raise NotImplementedError

    def get_query_offset(self, layer_idx: int | None = 0) -> int:
        """The position of this step's first token."""
        return self.get_seq_length(layer_idx)

    def get_mask_sizes(self, query: Any, layer_idx: int = 0) -> tuple[int, int]:
        """How many tokens a step sees in all, and where they start.

        query: How many tokens the step reads, or their positions (n_new, int64).
        """
        n_new = int(query.shape[0]) if isinstance(query, Tensor) else int(query)
        return self.get_seq_length(layer_idx) + n_new, 0

    def get_max_length(self, layer_idx: int | None = None) -> int:
        """-1: there is no limit."""
        return -1

    def get_max_cache_shape(self, layer_idx: int | None = None) -> int | None:
        """The same under the name that it had before."""
        return None


class _Chosen(Sequence[Tensor]):
    """The keys or the values of layers."""

    def __init__(self, layers: Sequence[Layer], name: str) -> None:
        self._layers = layers
        self._name = name

    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, layer: int) -> Tensor:  # type: ignore[override]
        tensor: Tensor = getattr(self._layers[layer], self._name)
        return tensor


def new_cache() -> EncoderDecoderCache:
    """An empty cache of a decoder."""
    return EncoderDecoderCache(DynamicCache(), DynamicCache())


def key_values(cache: DynamicCache) -> list[KeyValues]:
    """What a cache holds, per layer."""
    layers = getattr(cache, "layers", None)
    if layers is not None:
        return [KeyValues(layer.keys, layer.values) for layer in layers]
    return [KeyValues(*pair) for pair in zip(cache.key_cache, cache.value_cache, strict=True)]


def cache_argument(decoder: nn.Module) -> str:
    """What a decoder calls the argument that takes its cache."""
    return "cache" if "cache" in _parameters(decoder) else "past_key_values"


def takes_positions(decoder: nn.Module) -> bool:
    """Whether a decoder can be told at which positions its tokens stand."""
    return "cache_position" in _parameters(decoder)


def _parameters(module: nn.Module) -> set[str]:
    return set(inspect.signature(module.forward).parameters)


def separate_output_layer(model: PreTrainedModel) -> None:
    """Give the output layer a matrix of its own, so that nothing ties it to the embeddings again.

    From 5 on, `transformers` ties them when a T5 is made or resized, whatever its file says.

    model: Changed in place.
    """
    layer = model.get_output_embeddings()
    if layer.weight is model.get_input_embeddings().weight:
        layer.weight = nn.Parameter(layer.weight.detach().clone())
    model.config.tie_word_embeddings = False


def is_output_layer_separate(model: PreTrainedModel) -> bool:
    """Whether the output layer has a matrix of its own."""
    return model.get_output_embeddings().weight is not model.get_input_embeddings().weight
