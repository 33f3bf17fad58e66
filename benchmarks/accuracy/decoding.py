"""Is greedy decoding good enough? Against beam search, and for first-order models exact Viterbi.

    python -m benchmarks.accuracy.decoding

Takes teachers and distilled students of the accuracy tables, seed 1, and whole development splits.
Both searches need nothing but the tagger's distributions under given tags, and are as slow as that
makes them: they are here to be measured, not to be used. Figures go into
`benchmarks/results/decoding.json`.
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

from benchmarks.json_results import read_json, write_json
from spacy_halfree.distill.ensemble import word_positions
from spacy_halfree.pipeline.pipelines import find_tagger
from spacy_halfree.pipeline.tagger import HalfreeTagger
from spacy_halfree.types import Prediction

from .levers import STUDENT
from .names import CORPUS_NAMES, SYSTEM_NAMES
from .running import train_system
from .selection import TUNED_ON
from .systems import TEACHER, System
from .tables import make_head, make_row
from .workspace import Run

RESULTS = Path("benchmarks/results/decoding.json")
Scores = dict[str, float]
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


def measure(system: System, corpus: str, width: int) -> dict[str, Scores]:
    """F1 on the development split, and the share of tags that are not those decoded greedily."""
    run = Run(corpus, "100", 1)
    run.prepare()
    nlp = spacy.load(train_system(run, system)[0])
    tagger = find_tagger(nlp)
    gold = list(DocBin().from_disk(run.files["dev"]).get_docs(nlp.vocab))
    with nlp.select_pipes(disable=tagger.name):
        docs = list(nlp.pipe([doc.text for doc in gold]))
    batch, greedy = tagger.predict(docs)
    assert greedy.probabilities is not None
    decoded = {"greedy": tagger.model.ops.to_numpy(greedy.tags)}
    if tagger.model.get_ref("head").name == "first_order":
        decoded["Viterbi"] = viterbi(tagger, docs, batch.lengths)
    else:
        decoded[f"beam of {width}"] = beam_search(tagger, docs, batch.lengths, width)
    scores: dict[str, Scores] = {}
    for name, tags in decoded.items():
        tagged = [Doc(doc.vocab).from_bytes(doc.to_bytes(exclude=["user_data"])) for doc in docs]
        tagger.write(tagged, (batch, Prediction(tags, greedy.probabilities)))
        pairs = zip(tagged, gold, strict=True)
        f1 = 100 * get_ner_prf([Example(doc, reference) for doc, reference in pairs])["ents_f"]
        changed = 100 * float(np.mean(tags != decoded["greedy"]))
        scores[name] = {"dev_f1": round(f1, 2), "changed": round(changed, 2)}
    return scores


def decoding_table(path: Path) -> str:
    """A row for each model and way to decode."""
    columns = ["decoded", "dev F1", "tags that are not as decoded greedily, in %"]
    lines = make_head("corpus, model", columns)
    for corpus, by_system in read_json(path, {}).items():
        for system, scores in by_system.items():
            for name, own in scores.items():
                model = f"{CORPUS_NAMES[corpus]}: {SYSTEM_NAMES[system].replace('*', '')}"
                values = [name, f"{own['dev_f1']:.2f}", f"{own['changed']:.2f}"]
                lines.append(make_row(model, values))
    return "\n".join(lines) + "\n"


def main(
    corpus: Annotated[list[str], typer.Option(help="Corpora.")] = list(TUNED_ON),  # noqa: B006
    width: Annotated[int, typer.Option(help="Width of the beam.")] = 4,
) -> None:
    """Compare ways to decode on all corpora."""
    found = {
        name: {system.name: measure(system, name, width) for system in (TEACHER, STUDENT)}
        for name in corpus
    }
    write_json(RESULTS, found)
    typer.echo(decoding_table(RESULTS))


if __name__ == "__main__":
    typer.run(main)
