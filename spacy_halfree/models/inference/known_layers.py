"""Which of spaCy's tok2vec layers are known well enough to be computed in another way."""

import re
from dataclasses import dataclass

from thinc.api import Model, NumpyOps

MIXER = r"maxout>>layernorm>>dropout"
COLUMN = r"ints-getitem>>hashembed"
EMBED = re.compile(
    rf"extract_features>>list2ragged>>with_array\({COLUMN}(\|{COLUMN})*\)"
    rf">>with_array\({MIXER}\)>>ragged2list"
)
CONVOLUTION = rf"residual\(expand_window>>{MIXER}\)"
ENCODE = re.compile(rf"with_array\({CONVOLUTION}(>>{CONVOLUTION})*\)")
MODULES = {
    *(f"thinc.layers.{name}" for name in ("array_getitem", "chain", "concatenate", "dropout")),
    *(f"thinc.layers.{name}" for name in ("expand_window", "hashembed", "layernorm", "maxout")),
    *(f"thinc.layers.{name}" for name in ("list2ragged", "ragged2list", "residual", "with_array")),
    "spacy.ml.featureextractor",
}
"""Where the code of these layers is: names alone do not prove what a layer does."""


@dataclass(frozen=True)
class KnownLayers:
    """The parts of a CNN over hash embeddings.

    extract: From docs to the attributes of their tokens that are embedded.
    embed: From attributes (n x n_columns, uint64) to columns of embeddings.
    mix: From these to vectors.
    convolutions: For each layer of the encoder its maxout and its layer norm.
    window_size: How many tokens to either side a layer of the encoder reads.
    """

    extract: Model
    embed: Model
    mix: Model
    convolutions: list[tuple[Model, Model]]
    window_size: int

    @property
    def n_columns(self) -> int:
        """How many attributes of a token are embedded."""
        return len(self.extract.attrs["columns"])


def find_known_layers(tok2vec: Model) -> KnownLayers | None:
    """Recognize `spacy.HashEmbedCNN` without static vectors, by whatever name it was built.

    tok2vec: Any tok2vec.
    RETURNS: Its parts; None for any other architecture, or one that is not on the CPU.
    """
    if not (isinstance(tok2vec.ops, NumpyOps) and {"embed", "encode"} <= set(tok2vec.ref_names)):
        return None
    embed, encode = tok2vec.get_ref("embed"), tok2vec.get_ref("encode")
    if not (
        EMBED.fullmatch(embed.name)
        and ENCODE.fullmatch(encode.name)
        and tok2vec.name == f"{embed.name}>>{encode.name}"
        and {node._func.__module__ for node in tok2vec.walk()} <= MODULES
    ):
        return None
    extract, _, columns, mix, _ = embed.layers
    by_name: dict[str, list[Model]] = {"expand_window": [], "maxout": [], "layernorm": []}
    for node in encode.walk(order="dfs_pre"):
        if node.name in by_name:
            by_name[node.name].append(node)
    window_sizes = {node.attrs["window_size"] for node in by_name["expand_window"]}
    depth = len(by_name["maxout"])
    # texts are kept apart by rows of zeros, as many as the layers read beyond their ends
    if len(window_sizes) != 1 or encode.attrs["pad"] != depth * min(window_sizes):
        return None
    return KnownLayers(
        extract=extract,
        embed=columns,
        mix=mix,
        convolutions=list(zip(by_name["maxout"], by_name["layernorm"], strict=True)),
        window_size=window_sizes.pop(),
    )
