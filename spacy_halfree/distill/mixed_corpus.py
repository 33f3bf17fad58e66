"""Several corpora as one, each seen as often as its weight says."""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.language import Language
from spacy.training import Example

from ..errors import Errors

Reader = Callable[[Language], Iterable[Example]]


def create_mixed_corpus(
    # not `Reader`: config validation meets the sections before they are resolved to readers
    sources: dict[str, Any],
    weights: dict[str, float],
    seed: int = 0,
) -> Reader:
    """Registered as `halfree.MixedCorpus.v1`: mixes gold and soft corpora under `spacy train`.

    sources: Readers by name, e.g. `spacy.Corpus.v1`.
    weights: By the same names, how many times each example of a source is seen per epoch. The
        whole part is how many times every example is; a fraction is the chance of once more.
    seed: For those draws, which are the same at every pass: initialization finds the labels that
        training meets, and a weight of 0.3 keeps the same three tenths of a source.
    RETURNS: A reader that yields the examples of all sources, source by source.
    RAISES: ValueError (H025, H026) if names differ or a weight is not above 0.
    """
    if set(sources) != set(weights):
        raise ValueError(Errors.H025.format(sources=sorted(sources), weights=sorted(weights)))
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise ValueError(Errors.H026.format(name=name, weight=weight))

    def read(nlp: Language) -> Iterator[Example]:
        generator = random.Random(seed)
        for name, source in sources.items():
            whole, fraction = divmod(weights[name], 1)
            for example in source(nlp):
                for _ in range(int(whole) + (generator.random() < fraction)):
                    yield example

    return read
