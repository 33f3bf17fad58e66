"""What an encoder-decoder writes when it is not constrained, and how often it cannot be read.

    python benchmarks/unconstrained.py training/tiny_t5/words/model-best test.spacy --output t5.json

The same model tags the same texts twice: with `halfree_tagger`, which asks it how likely each
allowed tag is, and with `generate`, which lets it write what it likes. The latter is read with
sentinels as in the format of Raman et al. 2022: a word's tag is what follows its sentinel, if that
is the wording of a tag; all else is O. It is scored twice: leniently, all tags that can be read
counting, and strictly, a text counting only if it is written as it should be. What cannot be read
is counted. Both decodings go through the same reader.
"""

import json
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import spacy
import torch
import typer
from spacy.cli._util import setup_gpu
from spacy.tokens import Doc, DocBin
from thinc.api import Config

from spacy_halfree.models.sentinel.ragged import Ragged
from spacy_halfree.models.sentinel.texts import Vocabulary
from spacy_halfree.models.torch.sentinel_tagger import SentinelTagger
from spacy_halfree.pipeline.pipelines import find_tagger
from spacy_halfree.tagging.scheme import INSIDE, OUTSIDE, spans_from_tags

PROBLEMS = {
    "unknown_label": "a tag that does not exist",
    "missing_sentinel": "a word's sentinel is missing",
    "extra_sentinel": "a sentinel of a word that is not there",
    "repeated_word": "a word's sentinel comes again",
    "wrong_length": "not one tag for each word",
    "illegal_order": "an I without a beginning",
}
"""What can go wrong, counted once per text."""


@dataclass
class TagsRead:
    """The tags read from one text, and what was wrong with it."""

    tags: list[int]
    problems: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Result:
    """Figures of one way of decoding: scores in points, and the share of texts with problems."""

    decoding: str
    precision: float
    recall: float
    f1: float
    strict_f1: float
    any_problem: float
    problems: dict[str, float]


def read_output(tokens: Sequence[int], n_words: int, vocabulary: Vocabulary) -> TagsRead:
    """Read tags out of what was written.

    Args:
        tokens: the tokens between the decoder's start and the text's end.
        n_words: how many words the text has.
        vocabulary: the sentinels and the tags' wordings.
    """
    sentinels = {token: i for i, token in enumerate(vocabulary.sentinels.tolist())}
    wordings = {
        tuple(vocabulary.tags[tag].tolist()): tag for tag in range(len(vocabulary.tags) - 1)
    }
    reading = TagsRead([OUTSIDE] * n_words)
    found: Counter[int] = Counter()
    n_tags = 0
    place = None
    written: list[int] = []
    for token in [*tokens, None]:
        if token is not None and token not in sentinels:
            written.append(token)
            continue
        if written:
            n_tags += 1
            tag = wordings.get(tuple(written))
            if tag is None:
                reading.problems.add("unknown_label")
            elif place is not None and place < n_words and found[place] == 1:
                reading.tags[place] = tag
        written = []
        if token is None:
            break
        place = sentinels[token]
        found[place] += 1
    if any(found[i] == 0 for i in range(n_words + 1)):
        reading.problems.add("missing_sentinel")
    if any(i > n_words for i in found):
        reading.problems.add("extra_sentinel")
    if any(count > 1 for count in found.values()):
        reading.problems.add("repeated_word")
    if n_tags != n_words:
        reading.problems.add("wrong_length")
    previous = OUTSIDE
    for i, tag in enumerate(reading.tags):
        if tag == INSIDE and previous == OUTSIDE:
            reading.problems.add("illegal_order")
            reading.tags[i] = OUTSIDE
        previous = reading.tags[i]
    return reading


def write_output(tags: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """The text that spells tags, so that constrained decoding goes through the same reader."""
    tokens: list[int] = []
    for i, tag in enumerate(tags):
        tokens += [int(vocabulary.sentinels[i]), *vocabulary.tags[tag].tolist()]
    return [*tokens, int(vocabulary.sentinels[len(tags)])]


def generate(tagger: SentinelTagger, pieces: Sequence[Ragged]) -> list[list[int]]:
    """Let the model write freely (greedily).

    Args:
        tagger: the model and how it reads.
        pieces: the pieces of the words of each text.
    """
    vocabulary, language_model = tagger.vocabulary, tagger.language_model
    outputs = []
    for own in pieces:
        text = tagger.reading.target_format.write_input(own, vocabulary.sentinels)
        inputs = np.concatenate([vocabulary.before, text, vocabulary.after])
        # twice the room that the longest right answer takes
        room = 2 * (len(own) + 1) * (1 + vocabulary.longest_tag)
        with torch.inference_mode():
            written = language_model.pretrained.generate(
                torch.as_tensor(inputs[None], device=language_model.device),
                max_new_tokens=room,
                num_beams=1,
                do_sample=False,
            )[0].tolist()
        end = language_model.end_token
        written = written[1:]
        outputs.append(written[: written.index(end)] if end in written else written)
    return outputs


def spans(tags: Iterable[Sequence[int]]) -> set[tuple[int, int, int, int]]:
    """All spans of all texts: text, first word, last word, label."""
    found: set[tuple[int, int, int, int]] = set()
    for i, own in enumerate(tags):
        array = np.array(own, dtype=np.int64)
        bounds = spans_from_tags(array, np.array([len(array)]))
        found |= {
            (i, int(first), int(last), int(label))
            for first, last, label in zip(*bounds, strict=True)
        }
    return found


def gold_spans(docs: Sequence[Doc], labels: Sequence[str]) -> set[tuple[int, int, int, int | str]]:
    """The annotated entities, in words; labels that the tagger lacks by their names."""
    found: set[tuple[int, int, int, int | str]] = set()
    for i, doc in enumerate(docs):
        word = np.cumsum([not token.is_space for token in doc]) - 1
        for entity in doc.ents:
            name = entity.label_
            label = labels.index(name) if name in labels else name
            found.add((i, int(word[entity.start]), int(word[entity.end - 1]), label))
    return found


def exact_match(predicted: set[Any], gold: set[Any]) -> tuple[float, float, float]:
    """Precision, recall and F1 between 0 and 1."""
    right = len(predicted & gold)
    precision, recall = right / max(len(predicted), 1), right / max(len(gold), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def score(decoding: str, readings: Sequence[TagsRead], gold: set[Any]) -> Result:
    """Exact spans and labels, and the share of texts with each problem."""
    precision, recall, f1 = exact_match(spans(reading.tags for reading in readings), gold)
    well_formed = spans([] if reading.problems else reading.tags for reading in readings)
    strict_f1 = exact_match(well_formed, gold)[2]
    shares = {
        problem: 100 * sum(problem in reading.problems for reading in readings) / len(readings)
        for problem in PROBLEMS
    }
    return Result(
        decoding,
        round(100 * precision, 2),
        round(100 * recall, 2),
        round(100 * f1, 2),
        round(100 * strict_f1, 2),
        round(100 * sum(bool(reading.problems) for reading in readings) / len(readings), 2),
        {problem: round(share, 2) for problem, share in shares.items()},
    )


def settings(pipeline: Path) -> dict[str, str]:
    """The label style and the loss of a pipeline's tagger."""
    config = Config().from_disk(pipeline / "config.cfg", interpolate=False)
    models = [component.get("model", {}) for component in config["components"].values()]
    model = next(m for m in models if m.get("@architectures") == "halfree.SentinelSeq2Seq.v1")
    return {name: model[name] for name in ("label_style", "loss")}


def compare(pipeline: Path, test: Path) -> list[Result]:
    """Tag the test texts both ways.

    Args:
        pipeline: a trained pipeline with `halfree.SentinelSeq2Seq.v1` for entities.
        test: annotated texts.
    """
    nlp = spacy.load(pipeline)
    component = find_tagger(nlp)
    shim = component.model.shims[0]
    tagger = shim.tagger
    gold_docs = list(DocBin().from_disk(test).get_docs(nlp.vocab))
    words = [[token.text for token in doc if not token.is_space] for doc in gold_docs]
    docs = [Doc(nlp.vocab, words=own) for own in words]
    batch, prediction = component.predict(docs)
    bounds = np.cumsum(batch.lengths)[:-1]
    too_long = int(batch.lengths.max()) >= len(tagger.vocabulary.sentinels)
    if too_long:
        raise typer.BadParameter(f"{test} has texts with more words than there are sentinels")
    gold = gold_spans(gold_docs, list(component.labels))
    vocabulary = tagger.vocabulary
    constrained = [
        read_output(write_output(own, vocabulary), len(own), vocabulary)
        for own in (
            tags.tolist()
            for tags in np.split(component.model.ops.to_numpy(prediction.tags), bounds)
        )
    ]
    tagger.eval()
    pieces = [shim.split_words(own) for own in words]
    free = [
        read_output(tokens, len(own), vocabulary)
        for tokens, own in zip(generate(tagger, pieces), pieces, strict=True)
    ]
    return [score("constrained", constrained, gold), score("unconstrained", free, gold)]


def as_markdown(results: Sequence[Result]) -> str:
    """The results as a Markdown table; problems in percent of the texts."""
    columns = [
        "decoding",
        "F1",
        "strict F1",
        "any problem",
        *(name.replace("_", " ") for name in PROBLEMS),
    ]
    lines = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    for result in results:
        shares = [f"{result.problems[name]:.1f} %" for name in PROBLEMS]
        scores = [f"{result.f1:.1f}", f"{result.strict_f1:.1f}"]
        cells = [result.decoding, *scores, f"{result.any_problem:.1f} %", *shares]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(
    pipeline: Annotated[Path, typer.Argument(help="Folder of a trained pipeline.")],
    test: Annotated[Path, typer.Argument(help="Annotated texts (.spacy).")],
    output: Annotated[Path | None, typer.Option(help="Where to keep the figures.")] = None,
    seed: Annotated[int, typer.Option(help="The run's seed, noted with the results.")] = 0,
    gpu_id: Annotated[int, typer.Option(help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Compare constrained and unconstrained decoding of PIPELINE on TEST."""
    setup_gpu(gpu_id)
    results = compare(pipeline, test)
    typer.echo(as_markdown(results))
    if output is not None:
        report = {
            "seed": seed,
            **settings(pipeline),
            "machine": platform.machine(),
            "results": [asdict(result) for result in results],
        }
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
