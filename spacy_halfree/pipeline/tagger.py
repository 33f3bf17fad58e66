"""The component: a trainable pipe around a tagger model."""

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from spacy.errors import Errors as SpacyErrors
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate
from thinc.types import FloatsXd

from ..errors import Errors, Warnings
from ..losses import cross_entropy
from ..models.tagger_model import TaggerModel, forget_size, has_finite_weights, tag_marginals
from ..tagging.batch import make_batch
from ..tagging.confidence import apply_temperature, register_extensions, store_tag_probabilities
from ..tagging.layers import Decoded
from ..tagging.soft_labels import SoftLabels, store_soft_labels
from ..tagging.targets import TargetReader
from ..types import Floats, Ints, Prediction, TaggingBatch, Targets
from .explanation import Explanation, explain_words
from .labelled_pipe import ARE_GIVEN, LABELS, LabelledPipe
from .scorers import TaggerScorer, score_tagger
from .settings import (
    LEAST_TEMPERATURE,
    LEAST_WEIGHT,
    MOST_TEMPERATURE,
    MOST_WEIGHT,
    Setting,
    from_least_to_most,
    head_factor,
    keep_config,
    share_for_spans,
    truth_value,
    truth_value_or_none,
    warn_of_no_evaluation,
)
from .training_texts import (
    SoftLabelWatch,
    TrainingTexts,
    read_labels,
    read_until_soft,
    tell_of_no_soft_labels,
)

Tagged = tuple[TaggingBatch, Prediction]
N_SAMPLES = 10

register_extensions()


class HalfreeTagger(LabelledPipe):
    """Tags words with labels of a fixed set; learns from gold tags or a teacher's distributions.

    It is only ever asked how likely each allowed tag is, so labels, spans and lengths are right by
    construction. After Farina et al. 2023 (arXiv 2302.05454).

    The settings from `use_soft_labels` to `store_probs` can be changed at any time. A value that
    was changed is saved with the component.
    """

    use_soft_labels = Setting(truth_value_or_none)
    """Whether to learn from a teacher's distributions where a text has them; None as True."""
    temperature = Setting(from_least_to_most(LEAST_TEMPERATURE, MOST_TEMPERATURE))
    """Flattens (above 1) or sharpens (below 1) what is learned from a teacher; 0.01 to 100."""
    gold_weight = Setting(from_least_to_most(LEAST_WEIGHT, MOST_WEIGHT))
    """Weight of words that are learned from their annotation; 1e-6 to 1e6."""
    head_learn_rate_factor = Setting(head_factor)
    """Factor of the learning rate behind `tok2vec`; 1e-6 to 1e6."""
    threshold = Setting(share_for_spans)
    """The least probability of an entity or span that is written; 0 to 1."""
    store_probs = Setting(truth_value)
    """Whether to keep every word's distribution for `token._.tag_probs`."""

    def __init__(
        self,
        vocab: Vocab,
        model: TaggerModel,
        name: str = "halfree_tagger",
        *,
        target: str = "ents",
        spans_key: str = "sc",
        labels: Sequence[str] = (),
        use_soft_labels: bool | None = None,
        temperature: float = 1.0,
        gold_weight: float = 1.0,
        head_learn_rate_factor: float = 1.0,
        threshold: float = 0.0,
        store_probs: bool = False,
        scorer: TaggerScorer | None = score_tagger,
    ) -> None:
        """Make a component; `nlp.add_pipe("halfree_tagger")` is the usual way.

        vocab: The shared vocabulary.
        model: One of the architectures `halfree.*`.
        name: The component's name in the pipeline.
        target: What to write and to learn from: "ents" (`Doc.ents`), "tags" (`Token.tag_`) or
            "spans" (`Doc.spans[spans_key]`).
        spans_key: The span group, if the target is "spans".
        labels: The labels; empty to take those given or found when initializing.
        use_soft_labels: Whether to learn from a teacher's distributions where a training text has
            them, rather than from its annotation. With True, a warning (W054) tells if no training
            text has any; None is True without the warning.
        temperature: Flattens both distributions when learning from a teacher (above 1) or sharpens
            them (below 1).
        gold_weight: Weight in the loss of words that are learned from their annotation, relative
            to words learned from a teacher's distributions.
        head_learn_rate_factor: What the optimizer's learning rate is multiplied with for the part
            behind `tok2vec`, which starts from nothing when the encoder is pretrained.
        threshold: The least probability of an entity or span that is written; every one has it in
            `span._.confidence`.
        store_probs: Whether to keep every word's distribution for `token._.tag_probs`.
        scorer: Scores the component's annotation.
        RAISES: ValueError (H013) for a setting out of range, (H028) for a factor for a part that
            the model does not have.
        """
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: dict[str, Any] = {
            **{"target": target, "spans_key": spans_key, LABELS: [], ARE_GIVEN: bool(labels)},
            # as trained; what `spacy halfree calibrate` finds stands here
            "calibration": 1.0,
        }
        self._set_labels(labels)
        self.use_soft_labels = use_soft_labels
        self.temperature = temperature
        self.gold_weight = gold_weight
        self.head_learn_rate_factor = head_learn_rate_factor
        self.threshold = threshold
        self.store_probs = store_probs
        keep_config(self)
        self._soft_label_watch = SoftLabelWatch()

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Settle the labels and make the model's parameters.

        Labels named in the config or with `add_label` come first; then `labels`; if there are
        none of these, the labels found in the examples are taken, in alphabetical order.

        Of a component that is initialized already, the labels stay, and those that are new come
        behind them, as with spaCy's `ner`. Its parameters are made anew: it has to be trained from
        the start.

        get_examples: Gives a representative sample of examples.
        nlp: The pipeline.
        labels: The labels.
        RAISES: ValueError (H001) if there is no label.
        """
        validate_get_examples(get_examples, "HalfreeTagger.initialize")
        config = {} if nlp is None else nlp.config.interpolate()
        warn_of_no_evaluation(config.get("training", {}))
        more = list(labels or [])
        found = TrainingTexts()
        if not more and not self.cfg[ARE_GIVEN]:
            found = read_labels(get_examples(), self.layer, soft=self._learns_from_soft_labels)
            more = self._sort_labels(found)
        elif self.use_soft_labels:
            found = read_until_soft(get_examples())
        if self._learns_from_soft_labels:
            is_asked_for = bool(self.use_soft_labels)
            tell_of_no_soft_labels(self.name, found, config, is_asked_for=is_asked_for)
        self._soft_label_watch.is_over = True
        self._set_labels([*self.labels, *more])
        self.cfg["calibration"] = 1.0
        if self.is_initialized:
            forget_size(self.model)
        docs = [example.predicted for example in islice(get_examples(), N_SAMPLES)]
        self.model.initialize(X=(self._batch(docs), None))

    @property
    def _learns_from_soft_labels(self) -> bool:
        return self.use_soft_labels is not False

    def _sort_labels(self, found: TrainingTexts) -> list[str]:
        """The labels of training texts, in alphabetical order.

        RAISES: ValueError (H001) if there is none, and the component has none either.
        """
        if not found.labels and not self.labels:
            what = self.layer.description
            raise ValueError(Errors.H001.format(name=self.name, n_docs=found.n_texts, what=what))
        return sorted(found.labels)

    def _require_initialized(self) -> None:
        if not self.is_initialized:
            raise ValueError(SpacyErrors.E109.format(name=self.name))

    def _batch(self, docs: Sequence[Doc]) -> TaggingBatch:
        return make_batch(docs, self._label_tags, self.layer)

    def _targets(self, examples: Sequence[Example], batch: TaggingBatch) -> Targets:
        read = TargetReader(
            label_tags=self._label_tags,
            layer=self.layer,
            name=self.name,
            use_soft_labels=self._learns_from_soft_labels,
            gold_weight=self.gold_weight,
        )
        return read(examples, batch)

    def predict(self, docs: Iterable[Doc]) -> Tagged:
        """Decode a batch, without changing the docs.

        docs: The docs.
        RETURNS: The batch, and for each of its words a tag and the distribution over all tags.
        RAISES: ValueError (E109) if the component is not initialized.
        """
        self._require_initialized()
        batch = self._batch(list(docs))
        if batch.n_words == 0:
            ops = self.model.ops
            return batch, Prediction(
                ops.xp.zeros((0,), dtype="int64"), ops.alloc2f(0, self.scheme.n_tags)
            )
        return batch, self.model.predict((batch, None))

    def distributions(self, docs: Iterable[Doc], tags: Ints) -> Floats:
        """The distributions under tags that are given rather than decoded.

        docs: The docs.
        tags (n_words, int64): A tag for each word.
        RETURNS (n_words x n_tags, float32): p(tag | the given tags before, text).
        RAISES: ValueError (E109) if the component is not initialized.
        """
        self._require_initialized()
        batch = self._batch(list(docs))
        targets = Targets(
            tags=tags,
            previous_tags=self.scheme.previous_tags(tags, batch.lengths),
            distributions=np.zeros((batch.n_words, batch.n_tags), dtype=np.float32),
            weights=np.zeros(batch.n_words, dtype=np.float32),
            is_soft=np.zeros(batch.n_words, dtype=bool),
        )
        prediction = self.model.predict((batch, targets))
        probabilities: Floats = self.model.ops.to_numpy(prediction.probabilities)
        return probabilities

    def marginals(self, docs: Iterable[Doc]) -> Floats:
        """How probable each tag is at each word, whatever the tags before it.

        docs: The docs. Entities or tags that are on them are taken as given, so ask about docs
            that the component has not tagged yet.
        RETURNS (n_words x n_tags, float32): p(tag | text), exact, and not calibrated.
        RAISES: ValueError (E109) if the component is not initialized, NotImplementedError (H043)
            if its model is none of the first order.
        """
        self._require_initialized()
        batch = self._batch(list(docs))
        if not batch.n_words:
            return np.zeros((0, batch.n_tags), dtype=np.float32)
        found = tag_marginals(self.model, batch) if self.model.has_ref("head") else None
        if found is None:
            raise NotImplementedError(Errors.H043.format(name=self.name, model=self.model.name))
        marginals: Floats = self.model.ops.to_numpy(found)
        return marginals

    def explain(self, doc: Doc, n_others: int = 3) -> Explanation:
        """Tell each word's tag and what else it might have been; the doc is not changed.

        doc: A doc, tagged or not. What is on it is not taken as given: this is what the tagger
            itself thinks.
        n_others: How many other tags are named for each word.
        RETURNS: A sequence of words, which prints as a table; probabilities are calibrated.
        RAISES: ValueError (E109) if the component is not initialized, TypeError (H093) for
            something else than a doc.
        """
        if not isinstance(doc, Doc):
            raise TypeError(Errors.H093.format(kind=type(doc).__name__))
        batch, prediction = self.predict([self.layer.cleared(doc)])
        to_numpy = self.model.ops.to_numpy
        return explain_words(
            [doc[int(i)].text for i in batch.words],
            self.scheme.tag_names,
            to_numpy(prediction.tags),
            apply_temperature(to_numpy(prediction.probabilities), self.calibration),
            n_others,
        )

    def set_annotations(self, docs: Iterable[Doc], scores: Tagged) -> None:
        """Write what was predicted; entities and tags that stood there before are kept.

        docs: The docs.
        scores: What `predict` returned for them.
        RAISES: ValueError (H159) if a span group of another component would be lost.
        """
        self.write(docs, scores, threshold=self.threshold, store_probs=self.store_probs)

    def write(
        self,
        docs: Iterable[Doc],
        scores: Tagged,
        *,
        threshold: float = 0.0,
        store_probs: bool = False,
        soft_labels: bool = False,
    ) -> None:
        """Write a prediction with other options than the component's own.

        docs: The docs.
        scores: What `predict` returned for them, or another prediction for the same batch.
        threshold: The least probability of an entity or span that is written.
        store_probs: Whether to store every word's distribution for `token._.tag_probs`.
        soft_labels: Whether to store the distributions in `Doc.user_data`, for students.
        RAISES: ValueError (H159) if a span group of another component would be lost.
        """
        batch, prediction = scores
        batch = replace(batch, docs=list(docs))
        if not batch.docs:
            return
        to_numpy = self.model.ops.to_numpy
        tags, probabilities = to_numpy(prediction.tags), to_numpy(prediction.probabilities)
        calibrated = apply_temperature(probabilities, self.calibration)
        decoded = Decoded(batch, tags, calibrated, self._label_tags.hashes, self.name)
        self.layer.write(decoded, threshold)
        if store_probs:
            store_tag_probabilities(batch, self.scheme, calibrated)
        if soft_labels:
            bounds = np.cumsum(batch.lengths)[:-1]
            rows = zip(np.split(tags, bounds), np.split(probabilities, bounds), strict=True)
            for doc, (of_doc, distributions) in zip(batch.docs, rows, strict=True):
                soft = SoftLabels(self.labels, self.layer.name, of_doc, distributions)
                store_soft_labels(doc, soft)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch of examples, by teacher forcing.

        examples: The examples; a reference that carries soft labels is learned from these (unless
            `use_soft_labels` is off), any other from its annotation. Words whose annotation is
            missing give no gradient.
        drop: The dropout rate.
        sgd: The optimizer; None to gather gradients only.
        losses: Is added to, under the component's name: nats per word.
        RETURNS: The losses.
        RAISES: ValueError (E109) if the component is not initialized, (H003 to H009) if the
            examples do not suit it.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "HalfreeTagger.update")
        self._require_initialized()
        batch = self._batch([example.predicted for example in examples])
        if batch.n_words == 0:
            return losses
        if self.use_soft_labels:
            self._soft_label_watch(self.name, examples)
        set_dropout_rate(self.model, drop)
        targets = self._targets(examples, batch)
        prediction, backprop = self.model.begin_update((batch, targets))
        loss, d_logits = self._loss(targets, prediction)
        backprop(d_logits)
        if sgd:
            self.finish_update(sgd)
        losses[self.name] += loss
        if not math.isfinite(loss):
            self._warn_of_divergence(f"its loss is {loss}")
        return losses

    def _warn_of_divergence(self, what: str) -> None:
        warnings.warn(Warnings.W053.format(name=self.name, what=what), stacklevel=3)

    def get_loss(self, examples: Iterable[Example], scores: Tagged) -> tuple[float, Any]:
        """The loss of distributions that were predicted under the examples' own previous tags.

        examples: The examples.
        scores: The batch of the predicted docs and their prediction.
        RETURNS: The loss in nats per word and its gradient with respect to the logits
            (n_words x n_tags).
        """
        batch, prediction = scores
        return self._loss(self._targets(list(examples), batch), prediction)

    def _loss(self, targets: Targets, prediction: Prediction) -> tuple[float, Any]:
        if prediction.probabilities is None:
            return prediction.text_loss, None
        loss, d_logits = cross_entropy(
            self.model.ops, prediction.probabilities, targets, self.temperature
        )
        return loss + prediction.text_loss, d_logits

    def finish_update(self, sgd: Optimizer) -> None:
        """Change the parameters by the gathered gradients.

        sgd: The optimizer; the part behind `tok2vec`, if the model has such parts, gets its
            learning rate times `head_learn_rate_factor`.
        """
        if not self.model.has_ref("head"):
            self.model.finish_update(sgd)
        else:
            self.model.get_ref("tok2vec").finish_update(sgd)
            head_sgd = ScaledOptimizer(sgd, self.head_learn_rate_factor)
            self.model.get_ref("head").finish_update(head_sgd)
        # constraints hold whatever the weights are, so that losses would not tell
        if not has_finite_weights(self.model):
            self._warn_of_divergence("its weights are infinite, or no numbers")

    def rehearse(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, float]:
        """RAISES: NotImplementedError (H005), always: there is no such method here."""
        raise NotImplementedError(Errors.H005.format(name=self.name))


class ScaledOptimizer:
    """Calls an optimizer with its learning rate multiplied.

    A pretrained encoder wants a small learning rate; what is behind it starts from nothing and
    would hardly move at that rate.

    optimizer: The optimizer.
    factor: What to multiply its learning rate with.
    """

    def __init__(self, optimizer: Optimizer, factor: float) -> None:
        self.optimizer = optimizer
        self.factor = factor

    def __call__(
        self, key: Any, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> tuple[FloatsXd, FloatsXd]:
        """Update weights; see `thinc.api.Optimizer`."""
        return self.optimizer(key, weights, gradient, lr_scale=lr_scale * self.factor)
