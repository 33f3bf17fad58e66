"""Adapting a pretrained encoder to raw texts by masked-language modelling."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint

from ...errors import Errors
from ...files import partial_folder, replace_folder
from ...outputs import hold
from ..adaptation_settings import LOG, AdaptationSettings, check_output
from .threads import set_up_threads


@dataclass
class OneDeviceArguments(TrainingArguments):
    """Arguments to train on one GPU, where the Trainer would use all of them.

    gpu_id: The GPU, if `use_cpu` is not set.
    """

    gpu_id: int = 0

    @property
    def device(self) -> torch.device:
        """The device to train on."""
        device: torch.device = super().device
        if device.type != "cuda":
            return device
        # what accelerate moves to "cuda" goes to the current one
        torch.cuda.set_device(self.gpu_id)
        return torch.device("cuda", self.gpu_id)

    @property
    def n_gpu(self) -> int:
        """The number of GPUs: 0 or 1."""
        return min(1, super().n_gpu)


class MaskedWordsTrainer(Trainer):
    """Scores the vocabulary at masked positions only, where the loss is.

    A small encoder has about as many parameters in its vocabulary as in its layers, so scoring all
    positions would cost about as much as the layers do.
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


def load_encoder(encoder: str) -> tuple[Any, Any]:
    """An encoder's tokenizer, and the encoder with a head that guesses word pieces.

    encoder: Its folder, or its name on the Hugging Face hub.
    RETURNS: The tokenizer and the model. The head's output matrix is the embedding table, so only
        its transform starts from nothing.
    RAISES: ValueError (H095) if it cannot be loaded.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(encoder)
        return tokenizer, AutoModelForMaskedLM.from_pretrained(encoder, use_safetensors=True)
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # a damaged tokenizer raises nothing more specific
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise ValueError(Errors.H095.format(encoder=encoder, reason=reason)) from error


@contextmanager
def failures_to_save(output: Path) -> Iterator[None]:
    """Raise an OSError (H100) where torch or safetensors cannot write weights to a full disk."""
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        # torch has no class of its own for it
        if isinstance(error, RuntimeError) and "PytorchStreamWriter" not in str(error):
            raise
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise OSError(Errors.H100.format(path=output, reason=reason)) from error


def train_masked_words(
    encoder: str, texts: list[str], output: Path, settings: AdaptationSettings, *, overwrite: bool
) -> str | None:
    """Train an encoder to guess masked word pieces of texts, and save it.

    See `spacy_halfree.models.adaptation.adapt_encoder`.
    """
    set_up_threads()
    set_seed(settings.seed)
    tokenizer, model = load_encoder(encoder)
    # never resume from checkpoints of other texts or settings
    decisive = asdict(settings) | {"encoder": encoder, "texts": texts}
    del decisive["save_every"], decisive["gpu_id"]
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode("utf8")).hexdigest()
    place = output.resolve()
    checkpoints = place.with_name(f"{place.name}.checkpoints-{digest[:12]}")
    checkpoints.mkdir(parents=True, exist_ok=True)
    # another process would go on from these checkpoints, and remove them
    with hold(checkpoints):
        arguments = OneDeviceArguments(
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
            gpu_id=settings.gpu_id,
            report_to=[],
            seed=settings.seed,
            data_seed=settings.seed,
        )
        encoded = tokenizer(texts, truncation=True, max_length=settings.max_length)
        trainer = MaskedWordsTrainer(
            model=model,
            args=arguments,
            train_dataset=[{"input_ids": pieces} for pieces in encoded["input_ids"]],
            data_collator=DataCollatorForLanguageModeling(
                tokenizer, mlm_probability=settings.masked_share
            ),
        )
        for checkpoint in checkpoints.iterdir():
            # the file that is written last: the process was killed before
            if not (checkpoint / TRAINER_STATE_NAME).exists():
                shutil.rmtree(checkpoint)
        last: str | None = get_last_checkpoint(str(checkpoints))
        with failures_to_save(output):
            trainer.train(resume_from_checkpoint=last)
        with partial_folder(place) as partial, failures_to_save(output):
            model.base_model.save_pretrained(partial, safe_serialization=True)
            tokenizer.save_pretrained(partial)
            log = [entry for entry in trainer.state.log_history if "loss" in entry]
            (partial / LOG).write_text(json.dumps(log, indent=1), encoding="utf8")
            # training takes long enough for something to have come there
            check_output(output, overwrite=overwrite)
            replace_folder(partial, place, overwrite=overwrite)
        shutil.rmtree(checkpoints)
    return last
