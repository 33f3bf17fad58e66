"""Train and score the peer of the field: the CRF of usaddress, on the same few labels.

    python scripts/crf_baseline.py corpus/gold.jsonl corpus/test.jsonl corpus/crf.json

Features are those of usaddress (`tokenize`, `tokens2features`), training is that of parserator,
with which usaddress trains its own model: L-BFGS, c1=0.1, c2=0.01, feature.minfreq=0, and what
CRFsuite does by default for the rest. Only the training data differ.
"""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pycrfsuite
import spacy
import typer
import usaddress
from address_spans import spans_from_tokens
from records import DataError, Record, Span, exit_on_data_error, read_records, score_spans

# The defaults of `trainModel` in parserator/training.py.
TRAINING_SETTINGS = {"c1": 0.1, "c2": 0.01, "feature.minfreq": 0}
N_TIMINGS = 5
# `usaddress.tokenize` turns these into '&' before it looks for tokens.
AMPERSAND_ENTITIES = ("&amp;", "&#38;")


def train(records: Sequence[Record], model: Path) -> None:
    """Train a CRF on the original tokens of records.

    Args:
        records: what to train on.
        model: the file to write the model to; overwritten if present.

    Raises:
        DataError: no record has tokens, or the model was not written.
    """
    trainer = pycrfsuite.Trainer(verbose=False, params=TRAINING_SETTINGS)
    n_sequences = 0
    for record in records:
        if record.tokens:
            words = [record.text[token.start : token.end] for token in record.tokens]
            labels = [token.label for token in record.tokens]
            trainer.append(usaddress.tokens2features(words), labels)
            n_sequences += 1
    if n_sequences == 0:
        raise DataError("[S016] no record has tokens to train on; make the gold file again")
    # CRFsuite leaves an existing file as it is where it cannot write, and says nothing.
    model.unlink(missing_ok=True)
    trainer.train(str(model))
    if not model.is_file():
        raise DataError(f"[S017] {model}: the model was not written; does its folder exist?")


def locate_words(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Find where the words of `usaddress.tokenize` are in the text.

    Args:
        text: the text.
        words: its words, in their order.

    Returns:
        Start and end of each word.

    Raises:
        ValueError: a word is not found after the one before.
    """
    offsets = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0:
            raise ValueError(f"{word!r} is not in {text!r} after character {position}")
        position = start + len(word)
        if word == "&":
            for entity in AMPERSAND_ENTITIES:
                if text.startswith(entity, start):
                    position = start + len(entity)
        offsets.append((start, position))
    return offsets


def tag_words(tagger: pycrfsuite.Tagger, text: str) -> tuple[list[str], list[str]]:
    """Split a text into words and predict a label for each.

    Args:
        tagger: a tagger with an open model.
        text: the text.

    Returns:
        The words and their labels; both empty if the text has no words.
    """
    words = usaddress.tokenize(text)
    return words, (tagger.tag(usaddress.tokens2features(words)) if words else [])


def predict_spans(tagger: pycrfsuite.Tagger, text: str) -> tuple[Span, ...]:
    """Predict the spans of a text, made of words as the spans of the corpus are of tokens.

    Args:
        tagger: a tagger with an open model.
        text: the text.

    Returns:
        The spans, in the order of the text.
    """
    words, labels = tag_words(tagger, text)
    tokens = [
        Span(start, end, label)
        for (start, end), label in zip(locate_words(text, words), labels, strict=True)
    ]
    return spans_from_tokens(text, tokens)


def time_tagging(tagger: pycrfsuite.Tagger, texts: Sequence[str]) -> list[float]:
    """Return the seconds which each of several runs over the texts took.

    A run makes words, features and labels, and no spans: it is what `usaddress.parse` does.
    """
    seconds = []
    for _ in range(N_TIMINGS):
        start = time.perf_counter()
        for text in texts:
            tag_words(tagger, text)
        seconds.append(time.perf_counter() - start)
    return seconds


def main(
    gold_jsonl: Annotated[Path, typer.Argument(help="Records to train on.")],
    test_jsonl: Annotated[Path, typer.Argument(help="Records to test on.")],
    output_json: Annotated[Path, typer.Argument(help="Predictions and scores.")],
    model: Annotated[Path, typer.Option(help="Where to put the model.")] = Path("crf.crfsuite"),
) -> None:
    """Train a CRF on GOLD_JSONL and write its spans and scores on TEST_JSONL to OUTPUT_JSON."""
    with exit_on_data_error():
        output_json.parent.mkdir(parents=True, exist_ok=True)
        model.parent.mkdir(parents=True, exist_ok=True)
        gold, test = read_records(gold_jsonl), read_records(test_jsonl)
        train(gold, model)
        tagger = pycrfsuite.Tagger()
        tagger.open(str(model))
        texts = [record.text for record in test]
        predicted = [predict_spans(tagger, text) for text in texts]
        score = score_spans([record.spans for record in test], predicted)
        seconds = time_tagging(tagger, texts)
        # The words of spaCy, so that the speed compares with that of a spaCy pipeline.
        tokenizer = spacy.blank("en").tokenizer
        n_words = sum(len(tokenizer(text)) for text in texts)
        result = {
            "training_settings": TRAINING_SETTINGS,
            "model": str(model),
            "gold_texts": len(gold),
            "test_texts": len(test),
            **asdict(score),
            "words": n_words,
            "seconds": seconds,
            "words_per_second": n_words / statistics.median(seconds),
            "predictions": [
                {"text": text, "spans": [asdict(span) for span in spans]}
                for text, spans in zip(texts, predicted, strict=True)
            ],
        }
        output_json.write_text(
            json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    typer.echo(
        f"precision {score.precision:.4f}, recall {score.recall:.4f}, F1 {score.f1:.4f}, "
        f"{result['words_per_second']:.0f} words per second"
    )


if __name__ == "__main__":
    typer.run(main)
