"""A pretrained encoder-decoder that is only asked how likely each allowed tag is."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...types import Ints, TaggingBatch, Targets
from ..sentinel.formats import TargetFormat
from ..sentinel.ragged import Ragged
from ..sentinel.target_texts import Vocabulary, WindowTexts, text_weights, write_texts
from ..sentinel.trie import TagTrie, build_trie
from ..windows import WindowBatch, join_rounds, window_rounds
from .decoding import Decoding
from .language_model import LanguageModel
from .sentinel_decoder import SentinelDecoder
from .wording_scores import TagPositions, WordingScores

WANTED = 0.01
"""From which probability on a tag of the targets is scored in full in training."""


@dataclass(frozen=True)
class InputSettings:
    """How texts are cut into windows and batches, and written as tokens.

    target_format: What the model reads and writes.
    window: The most words at a time; None for as many as there are sentinels for.
    margin: Words at inner edges of windows that serve as context only.
    max_batch_items: The most tokens that the encoder reads at a time, padding included.
    """

    target_format: TargetFormat
    window: int | None
    margin: int
    max_batch_items: int


@dataclass(frozen=True)
class Objective:
    """What is learned: the distribution over the tags, the target text, or both."""

    tags: bool
    text: bool


@dataclass
class TaggerOutput:
    """What the tagger says about the words of a batch.

    scores (n_words x n_tags, float32): Logits; None if the objective is the text alone.
    previous_tags (n_words, int64): The tag before each word under which they were computed.
    tags (n_words, int64): The decoded tags; None where targets were given.
    text_loss: The loss of the target texts in nats per known word; None if it is not learned.
    """

    scores: Tensor | None
    previous_tags: Tensor
    tags: Tensor | None
    text_loss: Tensor | None


class SentinelTagger(nn.Module):
    """Scores tags by what an encoder-decoder would write, after Farina et al. 2023.

    The score of tag t at word i is log p(wording of t, next mark | text, target so far), as in
    their SenTScore (arXiv 2302.05454). If every tag is one token of its own, what follows need not
    be asked for: no tag can be the beginning of another.

    language_model: The model.
    vocabulary: Its tokens.
    input_settings: How texts are read.
    one_token: Whether every tag is one token that stands for nothing else.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        vocabulary: Vocabulary,
        input_settings: InputSettings,
        *,
        one_token: bool,
    ) -> None:
        super().__init__()
        self.language_model = language_model
        self.vocabulary = vocabulary
        self.input_settings = input_settings
        self.one_token = one_token
        tags = vocabulary.tags
        self.trie = build_trie([tags[tag].tolist() for tag in range(vocabulary.n_tags)])
        self.objective = Objective(tags=True, text=False)
        self.mixed_precision = False

    def forward(
        self, batch: TaggingBatch, pieces: Ragged, targets: Targets | None = None
    ) -> TaggerOutput:
        """Score all words, under given targets or under the tags decoded on the way.

        batch: The batch; at least one text has a word.
        pieces: The pieces of each word.
        targets: What to condition on, and to learn the text of; None to decode greedily.
        """
        rounds = self._windows(batch, pieces)
        # here and not around the call, because thinc switches it off for the calls that it makes
        device_type = self.language_model.device.type
        with torch.autocast(device_type, torch.bfloat16, enabled=self.mixed_precision):
            if targets is None:
                return self._decode(batch, pieces, rounds)
            return self._teacher_force(batch, pieces, join_rounds(rounds), targets)

    def _windows(self, batch: TaggingBatch, pieces: Ragged) -> list[WindowBatch]:
        target_format = self.input_settings.target_format
        sizes = [
            self.input_settings.window,
            target_format.max_words(len(self.vocabulary.sentinels)),
            self.vocabulary.max_length,
        ]
        size = min(size for size in sizes if size is not None)
        limits = self.vocabulary.limits(target_format, pieces.lengths)
        # at least half of what is read is decided, however few sentinels there are
        margin = min(self.input_settings.margin, size // 4)
        return window_rounds(batch.lengths, size, margin, limits)

    def _parts(self, windows: WindowBatch, pieces: Ragged) -> list[WindowBatch]:
        """Split windows into batches that the encoder reads at a time, similar lengths together."""
        per_word = self.input_settings.target_format.input_lengths(pieces.lengths)
        lengths = np.where(windows.padding, 0, per_word[windows.positions]).sum(axis=1)
        lengths += len(self.vocabulary.before) + len(self.vocabulary.after)
        order = np.argsort(-lengths, kind="stable")
        parts = []
        while len(order):
            n = max(1, self.input_settings.max_batch_items // int(lengths[order[0]]))
            parts.append(windows.part(order[:n]))
            order = order[n:]
        return parts

    def _write(self, windows: WindowBatch, pieces: Ragged, tags: Ints) -> WindowTexts:
        target_format = self.input_settings.target_format
        return write_texts(windows, pieces, tags, self.vocabulary, target_format)

    def _tree(self) -> TagTrie[Tensor] | None:
        """The tags' wordings on the model's device; None if every tag is one token."""
        device = self.language_model.device
        if self.one_token:
            return None
        return self.trie.map(lambda array: torch.as_tensor(array, device=device))

    def _decode(
        self, batch: TaggingBatch, pieces: Ragged, rounds: list[WindowBatch]
    ) -> TaggerOutput:
        device = self.language_model.device
        decoding = Decoding.start(
            batch.lengths, batch.transitions, batch.allowed, torch.float32, device
        )
        tree = self._tree()
        for windows in rounds:
            for part in self._parts(windows, pieces):
                texts = self._write(part, pieces, decoding.tags[1:].cpu().numpy())
                SentinelDecoder(self.language_model, self.vocabulary, tree, decoding).decode(
                    part, texts
                )
        return TaggerOutput(decoding.logits, decoding.previous_tags, decoding.tags[1:], None)

    def _teacher_force(
        self, batch: TaggingBatch, pieces: Ragged, windows: WindowBatch, targets: Targets
    ) -> TaggerOutput:
        """Score all words in parallel, given the tags before them."""
        texts = self._write(windows, pieces, targets.tags)
        objective = self.objective if self.training else Objective(tags=True, text=False)
        tree = self._tree()
        states, memory = self.language_model.encode(
            texts.inputs,
            texts.mask,
            texts.targets,
            texts.lengths,
            remember=objective.tags and tree is not None,
        )
        device = states.device
        previous_tags = torch.as_tensor(targets.previous_tags, device=device)
        text_loss = self._text_loss(states, texts, windows, targets) if objective.text else None
        if not objective.tags:
            return TaggerOutput(None, previous_tags, None, text_loss)
        rows, columns = np.nonzero(windows.decided)
        words = windows.positions[rows, columns]
        positions = texts.tag_positions[rows, columns]
        own_states = states[rows, positions - 1]
        if tree is None or memory is None:
            scores = self.language_model.logits(own_states, self.vocabulary.tag_tokens).float()
        else:
            legal = batch.transitions[targets.previous_tags[words]]
            if batch.allowed is not None:
                legal = legal & batch.allowed[words]
            where = TagPositions(
                rows,
                positions,
                own_states,
                torch.as_tensor(texts.marks[rows, columns, 0], device=device),
                torch.as_tensor(legal, device=device),
                # what is to be learned is scored in full, however improbable it is
                torch.as_tensor(targets.distributions[words] > WANTED, device=device),
            )
            scores = WordingScores(self.language_model, memory, tree, where).scores
        order = torch.as_tensor(np.argsort(words), device=device)
        return TaggerOutput(scores[order], previous_tags, None, text_loss)

    def _text_loss(
        self, states: Tensor, texts: WindowTexts, windows: WindowBatch, targets: Targets
    ) -> Tensor:
        """Cross-entropy of the whole targets, as Raman et al. 2022 (arXiv 2203.08378) train."""
        weights = text_weights(texts, targets.weights[windows.positions], windows.decided)
        following = np.full_like(texts.targets, self.vocabulary.padding)
        following[:, :-1] = texts.targets[:, 1:]
        end = self.language_model.end_token
        last = (np.arange(len(following)), texts.lengths - 1)
        if end is None:
            weights[last] = 0.0
        else:
            following[last] = end
        rows, columns = np.nonzero(weights)
        logits = self.language_model.logits(states[rows, columns]).float()
        expected = torch.as_tensor(following[rows, columns], device=states.device)
        losses = F.cross_entropy(logits, expected, reduction="none")
        n_known = max(int((targets.weights > 0).sum()), 1)
        known = torch.as_tensor(weights[rows, columns], device=states.device)
        return (losses * known).sum() / n_known
