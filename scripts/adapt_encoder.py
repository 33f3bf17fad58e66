"""Adapt a pretrained encoder to raw texts by masked-language modelling, before there is a teacher.

Resumable: a checkpoint is written now and then, and a second run with the same texts and settings
goes on from the last one.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
import typer
from spacy.vocab import Vocab
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from spacy_halfree.labelling.inputs import find_inputs
from spacy_halfree.labelling.records import BadRecord, to_input
from spacy_halfree.labelling.texts import read_texts


class EncodedTexts(torch.utils.data.Dataset):
    """Texts as word pieces, cut to a length.

    texts: The texts.
    tokenizer: The encoder's tokenizer.
    max_length: The most word pieces of a text.
    """

    def __init__(self, texts: list[str], tokenizer: Any, max_length: int) -> None:
        self.encoded = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        return {"input_ids": self.encoded[index]}


def read_all_texts(locations: list[str]) -> list[str]:
    """All texts of files; lines that cannot be used are named."""
    vocab = Vocab()
    texts = []
    for file in (file for location in locations for file in find_inputs(location)):
        for line, record in read_texts(file):
            if isinstance(record, BadRecord):
                reason = f"skipped, because it {record.reason}"
                typer.echo(f"{file.name}, line {line}: {reason}", err=True)
                continue
            text = to_input(record, vocab)
            texts.append(text if isinstance(text, str) else text.text)
    return texts


class MaskedWordsTrainer(Trainer):
    """Scores the vocabulary at masked positions only, where the loss is.

    A small encoder has about as many parameters in its vocabulary as in its layers, so scoring all
    positions would cost about as much as the layers do, for scores of which 85% are not looked at.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, torch.Tensor], *args: Any, **kwargs: Any
    ) -> Any:
        """The mean cross-entropy of the masked word pieces."""
        head = getattr(model, "cls", None) or getattr(model, "lm_head", None)
        if head is None or kwargs.get("return_outputs"):
            return super().compute_loss(model, inputs, *args, **kwargs)
        labels = inputs.pop("labels")
        masked = labels != -100
        states = model.base_model(**inputs).last_hidden_state
        return torch.nn.functional.cross_entropy(head(states[masked]), labels[masked])


def main(
    encoder: str = typer.Argument(..., help="Folder or hub name of the pretrained encoder"),
    texts: list[str] = typer.Argument(
        ..., help="Texts: .txt, .jsonl, .jsonl.gz, .parquet or .spacy, or folders of such files"
    ),
    output: Path = typer.Option(..., help="Folder for the adapted encoder"),
    steps: int = typer.Option(300, help="Training steps", min=1),
    batch_size: int = typer.Option(64, help="Texts per step", min=1),
    learn_rate: float = typer.Option(3e-4, help="Highest learning rate"),
    max_length: int = typer.Option(128, help="The most word pieces of a text", min=8),
    save_every: int = typer.Option(100, help="Steps between checkpoints", min=1),
    seed: int = typer.Option(0, help="Seed"),
    gpu_id: int = typer.Option(-1, help="GPU ID or -1 for CPU"),
) -> None:
    """Train the encoder to guess masked word pieces of the texts, and save it."""
    set_seed(seed)
    lines = read_all_texts(texts)
    if not lines:
        raise typer.BadParameter(f"no text in {', '.join(texts)}")
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    # the head's output matrix is the embedding table, so only its transform starts from nothing
    model = AutoModelForMaskedLM.from_pretrained(encoder)
    # checkpoints of other texts or settings must not be gone on from
    settings = [encoder, lines, steps, batch_size, learn_rate, max_length, seed]
    digest = hashlib.sha256(json.dumps(settings).encode("utf8")).hexdigest()
    checkpoints = output.with_name(f"{output.name}.checkpoints-{digest[:12]}")
    checkpoints.mkdir(parents=True, exist_ok=True)
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=batch_size,
        learning_rate=learn_rate,
        warmup_ratio=0.1,
        weight_decay=0.01,
        save_steps=save_every,
        save_total_limit=1,
        logging_steps=min(50, steps),
        # texts of about one length, so that little is computed for padding
        group_by_length=True,
        dataloader_pin_memory=False,
        use_cpu=gpu_id < 0,
        report_to=[],
        seed=seed,
        data_seed=seed,
    )
    trainer = MaskedWordsTrainer(
        model=model,
        args=arguments,
        train_dataset=EncodedTexts(lines, tokenizer, max_length),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
    )
    last = get_last_checkpoint(str(checkpoints))
    if last is not None:
        typer.echo(f"Going on from {last}")
    trainer.train(resume_from_checkpoint=last)
    model.base_model.save_pretrained(output, safe_serialization=True)
    tokenizer.save_pretrained(output)
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    (output / "adaptation.json").write_text(json.dumps(log, indent=1), encoding="utf8")
    shutil.rmtree(checkpoints)
    typer.echo(f"Saved the adapted encoder to {output}")


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    typer.run(main)
