"""A component's labels, its annotation layer, and how it is saved."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from spacy.pipeline import TrainablePipe
from spacy.util import from_bytes, from_disk, to_bytes, to_disk
from spacy.vocab import Vocab

from ..errors import Errors
from ..models.tagger_model import TaggerModel, forget_lexemes
from ..ranges import check_positive
from ..tagging.confidence import register_labels
from ..tagging.label_tags import LabelTags
from ..tagging.layers import Layer, make_layer
from ..tagging.scheme import TagScheme
from .serialization import (
    digest_labels,
    explained_loading,
    read_settings,
    read_weights,
    write_settings,
    write_weights,
)
from .settings import take_loaded_settings

LABELS = "labels"
ARE_GIVEN = "labels_are_given"
"""Keys of `LabelledPipe.cfg`."""
Pipe = TypeVar("Pipe", bound="LabelledPipe")


class LabelledPipe(TrainablePipe):
    """A trainable component with a fixed set of labels.

    vocab: The shared vocabulary.
    model: The model.
    name: The component's name.
    cfg: What is saved beside the model: the target, the span group's key, the labels, whether
        these were given (by the setting `labels` or `add_label`) rather than found, and the other
        settings, as they are and as the component was made.
    """

    vocab: Vocab
    model: TaggerModel
    name: str
    cfg: dict[str, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of their tags."""
        return self._label_tags.scheme.labels

    @property
    def label_data(self) -> list[str]:
        """What `[initialize.components.halfree_tagger.labels]` may hold."""
        return list(self.labels)

    @property
    def target(self) -> str:
        """The layer's name: "ents", "tags" or "spans"."""
        return self.layer.name

    @property
    def spans_key(self) -> str:
        """The span group, if the target is "spans"."""
        key: str = self.cfg["spans_key"]
        return key

    @property
    def calibration(self) -> float:
        """The temperature of what `span._.confidence` and `token._.tag_probs` tell.

        It is found by `python -m spacy halfree calibrate`, and is saved with the component; soft
        labels are as the model gives them.
        """
        temperature: float = self.cfg["calibration"]
        return temperature

    @property
    def scheme(self) -> TagScheme:
        """The tags."""
        return self._label_tags.scheme

    @property
    def is_initialized(self) -> bool:
        """Whether the model has its parameters."""
        return bool(self.model.has_dim("nO"))

    def _set_labels(self, labels: Iterable[str]) -> None:
        """Take labels, and add them to the string store, where they outlive memory zones."""
        self.layer: Layer = make_layer(self.cfg["target"], self.cfg["spans_key"])
        """The annotation that is learned from and written."""
        unique = list(dict.fromkeys(labels))
        for label in unique:
            if not isinstance(label, str) or not label.strip():
                raise ValueError(Errors.H012.format(label=label))
        self.cfg[LABELS] = unique
        self._label_tags = LabelTags(self.vocab.strings, self.layer.scheme(unique))
        if self.layer.has_spans:
            register_labels(self.vocab.strings, self.layer.place, unique)

    def add_label(self, label: str) -> int:
        """Add a label before the model is initialized.

        label: The label.
        RETURNS: 1 if it is new, 0 if it is there already.
        RAISES: ValueError (H002) if the model is initialized and the label is new.
        """
        if label in self.labels:
            return 0
        if self.is_initialized:
            raise ValueError(
                Errors.H002.format(label=label, name=self.name, n_labels=len(self.labels))
            )
        self._set_labels([*self.labels, label])
        self.cfg[ARE_GIVEN] = True
        return 1

    def forget_lexemes(self) -> None:
        """Throw away what the model has computed ahead for words that it has met.

        What it predicts does not depend on that but for the last bits: of two runs that begin
        with this, all bits are the same.
        """
        forget_lexemes(self.model)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Save to bytes.

        exclude: Names of parts to leave out.
        RETURNS: What `from_bytes` takes.
        """
        parts = {
            # not by srsly, which rounds numbers
            "cfg": lambda: json.dumps(self.cfg).encode(),
            "vocab": lambda: self.vocab.to_bytes(exclude=exclude),
            "model": self.model.to_bytes,
        }
        content: bytes = to_bytes(parts, exclude)
        return content

    def from_bytes(self: Pipe, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Pipe:
        """Load from bytes.

        bytes_data: What `to_bytes` returned.
        exclude: Names of parts to leave out.
        RETURNS: The component itself.
        RAISES: ValueError (H010, H011) if the weights cannot be read or do not fit the labels.
        """
        before = dict(self.cfg)
        loaders = {
            "cfg": lambda content: self.cfg.update(json.loads(content)),
            "vocab": lambda content: self.vocab.from_bytes(content, exclude=exclude),
            "model": self.model.from_bytes,
        }
        with explained_loading(self.name, "bytes"):
            from_bytes(bytes_data, loaders, exclude)
            self._take_loaded_settings(before)
        self._check_size()
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save to a folder. Each of its files is replaced at once or not at all.

        path: The component's folder.
        exclude: Names of parts to leave out.
        """

        def save_model(file: Path) -> None:
            write_weights(file, self.model.to_bytes(), digest_labels(self.target, self.labels))

        def save_cfg(file: Path) -> None:
            write_settings(file, self.cfg)

        def save_vocab(folder: Path) -> None:
            self.vocab.to_disk(folder, exclude=exclude)

        to_disk(path, {"cfg": save_cfg, "vocab": save_vocab, "model": save_model}, exclude)

    def from_disk(self: Pipe, path: str | Path, *, exclude: Iterable[str] = ()) -> Pipe:
        """Load from a folder.

        path: The component's folder.
        exclude: Names of parts to leave out.
        RETURNS: The component itself.
        RAISES: ValueError (H010, H011, H050) if the weights cannot be read or do not belong to the
            labels.
        """
        saved_labels = b""
        before = dict(self.cfg)

        def load_model(file: Path) -> None:
            nonlocal saved_labels
            weights, saved_labels = read_weights(file)
            self.model.from_bytes(weights)

        def load_cfg(file: Path) -> None:
            self.cfg.update(read_settings(file))

        def load_vocab(folder: Path) -> None:
            self.vocab.from_disk(folder, exclude=exclude)

        with explained_loading(self.name, path):
            loaders = {"cfg": load_cfg, "vocab": load_vocab, "model": load_model}
            from_disk(path, loaders, exclude)
            self._take_loaded_settings(before)
        self._check_size()
        if saved_labels and saved_labels != digest_labels(self.target, self.labels):
            raise ValueError(
                Errors.H050.format(
                    name=self.name, path=path, target=self.target, labels=list(self.labels)
                )
            )
        return self

    def _take_loaded_settings(self, before: dict[str, Any]) -> None:
        self._set_labels(self.cfg[LABELS])
        take_loaded_settings(self, before)
        check_positive(calibration=self.calibration)

    def _check_size(self) -> None:
        """RAISES: ValueError (H011) if the weights are for another number of tags."""
        n_tags = self.model.maybe_get_dim("nO")
        # a model without parameters fits every scheme
        if n_tags is not None and n_tags != self.scheme.n_tags:
            raise ValueError(
                Errors.H011.format(
                    name=self.name,
                    n_tags=n_tags,
                    n_labels=len(self.labels),
                    expected=self.scheme.n_tags,
                )
            )
