"""Several corpora as one, each seen as often as its weight says."""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
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
    interleave: bool = False,
) -> Reader:
    """Registered as `halfree.MixedCorpus.v1`: mixes gold and soft corpora under `spacy train`.

    sources: Readers by name, e.g. `spacy.Corpus.v1`.
    weights: By the same names, how many times each example of a source is seen per epoch. The
        whole part is how many times every example is; a fraction is the chance of once more.
    seed: For those draws, which are the same at every pass: initialization finds the labels that
        training meets, and a weight of 0.3 keeps the same three tenths of a source.
    interleave: Whether to take the sources' examples in turn, in a random order that is another
        at every pass, as training on a stream (`max_epochs = -1`) needs it. Without, they come
        source by source, and `spacy train` shuffles them.
    RETURNS: A reader that yields the examples of all sources.
    RAISES: ValueError (H025, H026) if names differ or a weight is not above 0.
    """
    if set(sources) != set(weights):
        raise ValueError(Errors.H025.format(sources=sorted(sources), weights=sorted(weights)))
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise ValueError(Errors.H026.format(name=name, weight=weight))

    passes = count()

    def read(nlp: Language) -> Iterator[Example]:
        repeated = {
            name: repeat(source(nlp), weights[name], random.Random(f"{seed} {name}"))
            for name, source in sources.items()
        }
        if not interleave:
            return chain.from_iterable(repeated.values())
        sizes = {
            name: count_examples(source, nlp) * weights[name] for name, source in sources.items()
        }
        return take_in_turn(repeated, sizes, random.Random(f"{seed} {next(passes)}"))

    return read


def repeat(
    examples: Iterable[Example], weight: float, generator: random.Random
) -> Iterator[Example]:
    """Each example as often as its weight says.

    examples: The examples.
    weight: How many times, a fraction being the chance of once more.
    generator: Draws whether it is.
    """
    whole, fraction = divmod(weight, 1)
    for example in examples:
        for _ in range(int(whole) + (generator.random() < fraction)):
            yield example


def count_examples(source: Any, nlp: Language) -> int:
    """How many examples a source has.

    source: The reader; one that knows it by itself says so in `n_examples`.
    nlp: The pipeline.
    """
    known = getattr(source, "n_examples", None)
    return int(known()) if known is not None else sum(1 for _ in source(nlp))


def take_in_turn(
    sources: dict[str, Iterator[Example]], sizes: dict[str, float], generator: random.Random
) -> Iterator[Example]:
    """The examples of several sources in a random order, each source's own order kept.

    sources: The sources.
    sizes: About how many examples each has: as many as are still to come is how probable it is
        that the next one comes from there, so that all end at about the same time.
    generator: Draws the source.
    """
    sources, left = dict(sources), dict(sizes)
    while sources:
        names = list(sources)
        (name,) = generator.choices(names, [max(left[name], 1e-9) for name in names])
        left[name] -= 1
        example = next(sources[name], None)
        if example is None:
            del sources[name]
        else:
            yield example
