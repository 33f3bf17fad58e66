"""Adapting a pretrained encoder to raw texts by masked-language modelling."""

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from ..adaptation import AdaptationSettings


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


def train_masked_words(
    encoder: str, texts: list[str], output: Path, settings: AdaptationSettings
) -> str | None:
    """Train an encoder to guess masked word pieces of texts, and save it.

    See `spacy_halfree.models.adaptation.adapt_encoder`.
    """
    set_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    # the head's output matrix is the embedding table, so only its transform starts from nothing
    model = AutoModelForMaskedLM.from_pretrained(encoder)
    # checkpoints of other texts or settings must not be gone on from
    decisive = asdict(settings) | {"encoder": encoder, "texts": texts}
    del decisive["save_every"], decisive["gpu_id"]
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode("utf8")).hexdigest()
    checkpoints = output.with_name(f"{output.name}.checkpoints-{digest[:12]}")
    checkpoints.mkdir(parents=True, exist_ok=True)
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=settings.steps,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learn_rate,
        warmup_ratio=0.1,
        weight_decay=0.01,
        save_steps=settings.save_every,
        save_total_limit=1,
        logging_steps=min(50, settings.steps),
        # texts of about one length, so that little is computed for padding
        group_by_length=True,
        dataloader_pin_memory=False,
        use_cpu=settings.gpu_id < 0,
        report_to=[],
        seed=settings.seed,
        data_seed=settings.seed,
    )
    trainer = MaskedWordsTrainer(
        model=model,
        args=arguments,
        train_dataset=EncodedTexts(texts, tokenizer, settings.max_length),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
    )
    last: str | None = get_last_checkpoint(str(checkpoints))
    trainer.train(resume_from_checkpoint=last)
    model.base_model.save_pretrained(output, safe_serialization=True)
    tokenizer.save_pretrained(output)
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    (output / "adaptation.json").write_text(json.dumps(log, indent=1), encoding="utf8")
    shutil.rmtree(checkpoints)
    return last
