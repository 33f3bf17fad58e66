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
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint


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


class MaskedWordsTrainer(Trainer):
    """Scores the vocabulary at masked positions only, where the loss is: about half the time.

    The vocabulary's scores cost as much as all layers of a small encoder, and 85% of them would
    not be looked at.
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
    encoder: Path = typer.Argument(..., help="Folder of the pretrained encoder", exists=True),
    texts: list[Path] = typer.Argument(..., help="Text files, a text a line", exists=True),
    output: Path = typer.Option(..., help="Folder for the adapted encoder"),
    steps: int = typer.Option(300, help="Training steps", min=1),
    batch_size: int = typer.Option(64, help="Texts per step", min=1),
    learn_rate: float = typer.Option(3e-4, help="Highest learning rate"),
    max_length: int = typer.Option(128, help="The most word pieces of a text", min=8),
    save_every: int = typer.Option(100, help="Steps between checkpoints", min=1),
    seed: int = typer.Option(0, help="Seed"),
) -> None:
    """Train the encoder to guess masked word pieces of the texts, and save it."""
    set_seed(seed)
    lines = [line for path in texts for line in path.read_text("utf8").splitlines() if line.strip()]
    if not lines:
        raise typer.BadParameter(f"no text in {', '.join(map(str, texts))}: one text a line")
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    # the head's output matrix is the embedding table, so only its transform starts from nothing
    model = AutoModelForMaskedLM.from_pretrained(encoder)
    # checkpoints of other texts or settings must not be gone on from
    settings = [str(encoder), lines, steps, batch_size, learn_rate, max_length, seed]
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
        dataloader_pin_memory=False,
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
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)))
    model.base_model.save_pretrained(output, safe_serialization=True)
    tokenizer.save_pretrained(output)
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    (output / "adaptation.json").write_text(json.dumps(log, indent=1), encoding="utf8")
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    typer.run(main)
