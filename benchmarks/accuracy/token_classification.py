"""Peer: a label for each token by Hugging Face's own model and trainer, IOB2, no constraint."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import torch
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus, Example, biluo_to_iob
from spacy.training.iob_utils import doc_to_biluo_tags
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from benchmarks.origin import CODE, find_commit, processor_name
from spacy_halfree.distill.mention_replacement import create_mention_replacement

from .finished import FinishedTraining, read_finished, write_finished
from .results import folder_of
from .systems import System
from .workspace import Run, adapt_encoder, locked

IGNORED = -100


def read_docs(path: Path) -> list[Doc]:
    """The docs of a `.spacy` file."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def iob_tags(doc: Doc) -> list[str]:
    """The IOB2 tag of each token."""
    return biluo_to_iob(doc_to_biluo_tags(doc))


def label_names(gold: Sequence[Doc]) -> list[str]:
    """All tags of the gold texts, in the order of a model's labels."""
    return ["O", *sorted({tag for doc in gold for tag in iob_tags(doc)} - {"O"})]


def with_variants(gold: Path, variants: int, seed: int) -> list[Doc]:
    """The docs of a `.spacy` file, and variants of each as the teacher's reader makes them."""
    read = create_mention_replacement(Corpus(gold, gold_preproc=False), variants, seed=seed)
    return [example.reference for example in read(spacy.blank("en"))]


class TaggedTexts(torch.utils.data.Dataset):
    """Word pieces with the label of the token that each begins; others are ignored.

    docs: The annotated docs.
    tokenizer: The encoder's tokenizer.
    tags: All tags, in the order of the model's labels; a tag that is none of them is taken as O.
    """

    def __init__(self, docs: Sequence[Doc], tokenizer: Any, tags: Sequence[str]) -> None:
        ids = {tag: index for index, tag in enumerate(tags)}
        self.items: list[dict[str, Any]] = []
        for doc in docs:
            encoded = tokenizer([token.text for token in doc], is_split_into_words=True)
            doc_tags = iob_tags(doc)
            labels = []
            before = None
            for word in encoded.word_ids():
                starts = word is not None and word != before
                labels.append(ids.get(doc_tags[word], ids["O"]) if starts else IGNORED)
                before = word
            self.items.append({"input_ids": encoded["input_ids"], "labels": labels})

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.items[index]


def tag_docs(
    model: Any, collator: Any, docs: Sequence[Doc], tokenizer: Any, tags: Sequence[str]
) -> Iterator[Doc]:
    """New docs with the entities that the model finds."""
    model.eval()
    texts = TaggedTexts(docs, tokenizer, tags)
    for start in range(0, len(docs), 64):
        batch = collator([texts[i] for i in range(start, min(start + 64, len(docs)))])
        labels = batch.pop("labels").numpy()
        with torch.inference_mode():
            best = model(**batch).logits.argmax(-1).numpy()
        for doc, row, known in zip(docs[start : start + 64], best, labels, strict=True):
            words = [tags[index] for index in row[known != IGNORED]]
            tagged = Doc(
                doc.vocab,
                words=[token.text for token in doc],
                spaces=[bool(token.whitespace_) for token in doc],
                # repairs an I- that goes on with nothing, as the CoNLL evaluation does
                ents=repair(words),
            )
            yield tagged


def repair(tags: Sequence[str]) -> list[str]:
    """Let an I- that does not go on with what stands before it begin an entity."""
    repaired = []
    before = "O"
    for tag in tags:
        if tag.startswith("I-") and before[2:] != tag[2:]:
            tag = f"B-{tag[2:]}"
        repaired.append(tag)
        before = tag
    return repaired


@dataclass(frozen=True)
class TokenClassifier:
    """A model for token classification.

    Attributes:
        model: Hugging Face's model.
        tokenizer: its encoder's tokenizer.
        tags: all tags, in the order of the model's labels.
    """

    model: Any
    tokenizer: Any
    tags: Sequence[str]

    def score(self, docs: Sequence[Doc]) -> dict[str, Any]:
        """The scores of its entities, and words per second, word pieces included."""
        collator = DataCollatorForTokenClassification(self.tokenizer)
        start = time.perf_counter()
        tagged = list(tag_docs(self.model, collator, docs, self.tokenizer, self.tags))
        seconds = time.perf_counter() - start
        pairs = zip(tagged, docs, strict=True)
        scores = get_ner_prf([Example(predicted, doc) for predicted, doc in pairs])
        return scores | {"speed": sum(map(len, docs)) / seconds}


def run_token_classification(
    run: Run, system: System
) -> tuple[Path, FinishedTraining, dict[str, dict[str, Any]]]:
    """Train it on the gold texts, unless it is there, and score it.

    Args:
        run: the draw.
        system: says which encoder, and under `changes` how it is trained.

    Returns:
        The model's folder, what is known of its training, and its scores by split.
    """
    folder = folder_of(run, system)
    with locked(folder):
        finished = read_finished(folder) or train_token_classifier(run, system, folder)
    (checkpoint,) = folder.glob("checkpoint-*")
    model = AutoModelForTokenClassification.from_pretrained(checkpoint)
    tags = [model.config.id2label[index] for index in range(model.config.num_labels)]
    classifier = TokenClassifier(model, AutoTokenizer.from_pretrained(checkpoint), tags)
    scores = {split: classifier.score(read_docs(path)) for split, path in run.files.items()}
    return folder, finished, scores


def train_token_classifier(run: Run, system: System, folder: Path) -> FinishedTraining:
    """Train it anew, whatever stands in its folder; the checkpoint that is best on dev is kept."""
    commit = find_commit(CODE)
    shutil.rmtree(folder, ignore_errors=True)
    settings = system.changes
    encoder = adapt_encoder(run, system.encoder_steps or 0, system.masked_share)
    gold = read_docs(run.texts / "gold.spacy")
    tags = label_names(gold)
    if "variants" in settings:
        gold = with_variants(run.texts / "gold.spacy", settings["variants"], run.seed)
    dev = read_docs(run.texts / "dev.spacy")
    set_seed(run.seed)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForTokenClassification.from_pretrained(
        encoder,
        # saved along, so that Hugging Face's own pipeline knows what the labels are called
        id2label=dict(enumerate(tags)),
        label2id={tag: index for index, tag in enumerate(tags)},
    )
    classifier = TokenClassifier(model, tokenizer, tags)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(folder),
            max_steps=settings["steps"],
            per_device_train_batch_size=settings["batch_size"],
            per_device_eval_batch_size=64,
            learning_rate=settings["learn_rate"],
            warmup_steps=30,
            weight_decay=0.01,
            eval_strategy="steps",
            save_strategy="best",
            metric_for_best_model="f1",
            eval_steps=settings["eval_steps"],
            save_total_limit=1,
            save_only_model=True,
            load_best_model_at_end=True,
            disable_tqdm=True,
            use_cpu=True,
            report_to=[],
            seed=run.seed,
        ),
        train_dataset=TaggedTexts(gold, tokenizer, tags),
        eval_dataset=TaggedTexts(dev, tokenizer, tags),
        processing_class=tokenizer,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        compute_metrics=lambda _: {"f1": classifier.score(dev)["ents_f"]},
    )
    start = time.process_time()
    trainer.train()
    finished = FinishedTraining(round(time.process_time() - start, 1), commit, processor_name())
    write_finished(folder, finished)
    return finished
