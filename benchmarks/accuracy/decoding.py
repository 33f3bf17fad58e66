"""Is greedy decoding good enough? Against beam search, and for first-order models exact Viterbi.

    python -m benchmarks.accuracy.decoding training/.../model-best corpus/.../dev_all.spacy

Both need nothing but the tagger's distributions under given tags, and are as slow as that makes
them: they are here to be measured, not to be used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import spacy
import typer
from numpy.typing import NDArray
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_halfree.distill.annotate import find_tagger
from spacy_halfree.distill.ensemble import word_positions
from spacy_halfree.pipeline.tagger import HalfreeTagger

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
IMPOSSIBLE = -1e30


def log_distributions(tagger: HalfreeTagger, docs: Sequence[Doc], tags: Ints) -> Floats:
    """log p(tag | the given tags before, text); far below all others where it is 0."""
    probabilities = tagger.distributions(docs, tags)
    return np.log(
        probabilities, out=np.full_like(probabilities, IMPOSSIBLE), where=probabilities > 0
    )


def viterbi(tagger: HalfreeTagger, docs: Sequence[Doc], lengths: Ints) -> Ints:
    """The most probable tags of each text, if a tag depends on the one before alone.

    tagger: The tagger.
    docs: The docs.
    lengths: The number of words of each.
    RETURNS: The tags (n_words), texts laid end to end.
    """
    n_tags = tagger.scheme.n_tags
    # (n_words x tag before x n_tags): every word under every tag before it
    scores = np.stack(
        [
            log_distributions(tagger, docs, np.full(int(lengths.sum()), tag))
            for tag in range(n_tags)
        ],
        axis=1,
    )
    found = []
    for own in np.split(scores, np.cumsum(lengths)[:-1]):
        if len(own):
            found.append(best_path(own))
    return np.concatenate(found)


def best_path(scores: Floats) -> Ints:
    """The best sequence of one text.

    scores (n_words x tag before x n_tags): The first word's do not depend on the tag before.
    RETURNS: The tags (n_words).
    """
    total = scores[0, 0]
    choices = []
    for word in scores[1:]:
        candidates = total[:, None] + word
        choices.append(candidates.argmax(axis=0))
        total = candidates.max(axis=0)
    path = [int(total.argmax())]
    for choice in reversed(choices):
        path.append(int(choice[path[-1]]))
    return np.array(path[::-1])


def beam_search(tagger: HalfreeTagger, docs: Sequence[Doc], lengths: Ints, width: int) -> Ints:
    """Keep the `width` most probable beginnings of every text at every word.

    tagger: The tagger.
    docs: The docs, all with at least one word.
    lengths: The number of words of each.
    width: How many beginnings are kept.
    RETURNS: The tags (n_words), texts laid end to end.
    """
    n_texts, n_tags = len(docs), tagger.scheme.n_tags
    longest = int(lengths.max())
    tags = np.zeros((n_texts, width, longest), dtype=np.int64)
    totals = np.full((n_texts, width), IMPOSSIBLE)
    totals[:, 0] = 0.0
    copies = [doc for doc in docs for _ in range(width)]
    places = word_positions(np.repeat(lengths, width))
    for position in range(longest):
        is_word = np.arange(longest) < lengths[:, None, None]
        flat = tags[np.broadcast_to(is_word, tags.shape)]
        open_texts = lengths > position
        rows = log_distributions(tagger, copies, flat)[places == position]
        candidates = totals[open_texts][..., None] + rows.reshape(-1, width, n_tags)
        order = np.argsort(-candidates.reshape(len(rows) // width, -1), axis=1)[:, :width]
        kept = tags[open_texts][np.arange(len(order))[:, None], order // n_tags]
        kept[:, :, position] = order % n_tags
        tags[open_texts] = kept
        totals[open_texts] = np.take_along_axis(
            candidates.reshape(len(rows) // width, -1), order, axis=1
        )
    best = tags[np.arange(n_texts), totals.argmax(axis=1)]
    return best[np.arange(longest) < lengths[:, None]]


def main(
    model: Annotated[Path, typer.Argument(help="A pipeline with a tagger of entities.")],
    texts: Annotated[Path, typer.Argument(help="Annotated texts.")],
    width: Annotated[int, typer.Option(help="Width of the beam.")] = 4,
) -> None:
    """Print the F1 of MODEL on TEXTS, decoded greedily and by search."""
    nlp = spacy.load(model)
    tagger = find_tagger(nlp)
    gold = [doc for doc in DocBin().from_disk(texts).get_docs(nlp.vocab) if doc.text.strip()]
    with nlp.select_pipes(disable=tagger.name):
        docs = list(nlp.pipe([doc.text for doc in gold]))
    batch, greedy = tagger.predict(docs)
    assert greedy.probabilities is not None
    decoded = {"greedy": tagger.model.ops.to_numpy(greedy.tags)}
    if tagger.model.get_ref("head").name == "first_order":
        decoded["viterbi"] = viterbi(tagger, docs, batch.lengths)
    else:
        decoded[f"beam of {width}"] = beam_search(tagger, docs, batch.lengths, width)
    for name, tags in decoded.items():
        tagged = [Doc(doc.vocab).from_bytes(doc.to_bytes(exclude=["user_data"])) for doc in docs]
        tagger.annotate(tagged, tags, greedy.probabilities)
        pairs = zip(tagged, gold, strict=True)
        f1 = 100 * get_ner_prf([Example(doc, reference) for doc, reference in pairs])["ents_f"]
        changed = 100 * np.mean(tags != decoded["greedy"])
        typer.echo(f"{name}: F1 {f1:.2f}, {changed:.2f} % of tags not as decoded greedily")


if __name__ == "__main__":
    typer.run(main)
