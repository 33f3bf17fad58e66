"""Several corpora as one, each seen as often as its weight says."""

import hashlib
import math
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from typing import Any

from spacy.language import Language
from spacy.training import Example

from ..errors import Errors
from ..ranges import check_seed, is_number
from .sharded_corpus import shuffled

Reader = Callable[[Language], Iterable[Example]]
SHUFFLE_BUFFER = 4096
"""How many examples of a source that does not shuffle by itself are kept to draw the next from."""


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
    seed: For those draws, which are the same for a text at every pass and in any order:
        initialization finds the labels that training meets, and a weight of 0.3 keeps the same
        three tenths of a source.
    interleave: Whether to take the sources' examples in turn, in a random order that is another
        at every pass, as training on a stream (`max_epochs = -1`) needs it. A source with a weight
        of 3 is then walked through three times, in another order each time: its own if it shuffles
        by itself, or else out of a buffer of 4096. Without, examples come source by source, and
        `spacy train` shuffles them.
    RETURNS: A reader that yields the examples of all sources.
    RAISES: ValueError (H025, H026) if names differ or a weight is not above 0, (H013) for a seed
        out of range.
    """
    if set(sources) != set(weights):
        raise ValueError(Errors.H025.format(sources=sorted(sources), weights=sorted(weights)))
    for name, weight in weights.items():
        if not (is_number(weight) and 0 < weight < math.inf):
            raise ValueError(Errors.H026.format(name=name, weight=weight))
    check_seed(seed)

    passes = count()

    def read(nlp: Language) -> Iterator[Example]:
        if not interleave:
            return chain.from_iterable(
                repeat(source(nlp), weights[name], f"{seed} {name}")
                for name, source in sources.items()
            )
        number = next(passes)
        walks = {
            name: walk(source, nlp, weights[name], f"{seed} {name}", number)
            for name, source in sources.items()
        }
        sizes = {
            name: count_examples(source, nlp) * weights[name] for name, source in sources.items()
        }
        return take_in_turn(walks, sizes, random.Random(f"{seed} {number}"))

    return read


def repeat(examples: Iterable[Example], weight: float, seed: str) -> Iterator[Example]:
    """Each example as often as its weight says, one after another.

    examples: The examples.
    weight: How many times, a fraction being the chance of once more.
    seed: For the draw whether it is.
    """
    whole, fraction = divmod(weight, 1)
    for example in examples:
        for _ in range(int(whole) + is_drawn(example, fraction, seed)):
            yield example


def walk(source: Any, nlp: Language, weight: float, seed: str, number: int) -> Iterator[Example]:
    """Each example as often as its weight says, with all others in between.

    source: The reader; one that shuffles by itself has a `shuffle_buffer` above 0.
    nlp: The pipeline.
    weight: How many times, a fraction being the chance of once more.
    seed: For the draw whether it is, and for the order.
    number: The pass, each of which has its own order.
    """
    whole, fraction = divmod(weight, 1)
    for time in range(math.ceil(weight)):
        examples = iter(source(nlp))
        if time == int(whole):
            examples = (own for own in examples if is_drawn(own, fraction, seed))
        if getattr(source, "shuffle_buffer", 0):
            yield from examples
        else:
            generator = random.Random(f"{seed} {number} {time}")
            yield from shuffled(examples, SHUFFLE_BUFFER, generator)


def is_drawn(example: Example, chance: float, seed: str) -> bool:
    """Whether an example is among those that are seen once more: the same whenever it is asked.

    example: The example; those with the same text share their fate.
    chance: How many of all are, from 0 to 1.
    seed: For the draw.
    """
    if not chance:
        return False
    digest = hashlib.blake2b(f"{seed} {example.reference.text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < chance * 2**64


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
