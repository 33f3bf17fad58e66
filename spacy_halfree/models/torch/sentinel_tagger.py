"""A pretrained encoder-decoder that is only asked how likely each allowed tag is."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...types import Ints, TaggingBatch, Targets
from ..constrained import BOUND, greedy_order
from ..sentinel.formats import TargetFormat
from ..sentinel.ragged import Ragged
from ..sentinel.target_texts import UNKNOWN, Vocabulary, WindowTexts, text_weights, write_texts
from ..sentinel.trie import build_trie
from ..windows import WindowBatch, join_rounds, window_rounds
from .decoder_memory import DecoderMemory
from .language_model import LanguageModel
from .wording_scores import Places, WordingScores, WordingTree

WANTED = 0.01
"""From which probability on a tag of the targets is scored in full in training."""


@dataclass(frozen=True)
class Reading:
    """How texts are read.

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
class Lesson:
    """What is learned: the distribution over the tags, the target text, or both."""

    tags: bool
    text: bool


@dataclass
class TaggerOutput:
    """What the tagger says about the words of a batch.

    scores (n_words x n_tags, float32): Logits; None if the lesson is the text alone.
    history (n_words, int64): The tag before each word under which they were computed.
    tags (n_words, int64): The decoded tags; None where targets were given.
    text_loss: The loss of the target texts in nats per known word; None if it is not learned.
    """

    scores: Tensor | None
    history: Tensor
    tags: Tensor | None
    text_loss: Tensor | None


class SentinelTagger(nn.Module):
    """Scores tags by what an encoder-decoder would write, after Farina et al. 2023.

    The score of tag t at word i is log p(wording of t, next mark | text, target so far), as in
    their SenTScore (arXiv 2302.05454). If every tag is one token of its own, what follows need not
    be asked for: no tag can be the beginning of another.

    language_model: The model.
    vocabulary: Its tokens.
    reading: How texts are read.
    one_token: Whether every tag is one token that stands for nothing else.
    """

    def __init__(
        self,
        language_model: LanguageModel,
        vocabulary: Vocabulary,
        reading: Reading,
        *,
        one_token: bool,
    ) -> None:
        super().__init__()
        self.language_model = language_model
        self.vocabulary = vocabulary
        self.reading = reading
        self.one_token = one_token
        wordings = [vocabulary.tags[tag].tolist() for tag in range(len(vocabulary.tags) - 1)]
        self.n_tags = len(wordings)
        self.trie = build_trie(wordings)
        self.lesson = Lesson(tags=True, text=False)
        self.mixed_precision = False

    def forward(
        self, batch: TaggingBatch, pieces: Ragged, targets: Targets | None = None
    ) -> TaggerOutput:
        """Score all words, under given targets or under the tags decoded on the way.

        batch: The batch; at least one text has a word.
        pieces: The pieces of each word.
        targets: What to condition on, and to learn the text of; None to decode greedily.
        """
        # here and not around the call, because thinc switches it off for the calls that it makes
        device_type = self.language_model.device.type
        with torch.autocast(device_type, torch.bfloat16, enabled=self.mixed_precision):
            return self._forward(batch, pieces, targets)

    def _forward(
        self, batch: TaggingBatch, pieces: Ragged, targets: Targets | None
    ) -> TaggerOutput:
        rounds = self._windows(batch, pieces)
        if targets is not None:
            return self._force(batch, pieces, rounds, targets)
        device = self.language_model.device
        scores = torch.zeros((batch.n_words, self.n_tags), device=device)
        tags = np.full(batch.n_words, UNKNOWN, dtype=np.int64)
        for windows in rounds:
            for part in self._parts(windows, pieces):
                texts = self._write(part, pieces, tags)
                decoding = _Decoding(self, batch, part, texts)
                decoding.run(scores, tags)
        history = self._history(batch, tags)
        return TaggerOutput(scores, history, torch.as_tensor(tags, device=device), None)

    def _windows(self, batch: TaggingBatch, pieces: Ragged) -> list[WindowBatch]:
        target_format = self.reading.target_format
        sizes = [
            self.reading.window,
            target_format.max_words(len(self.vocabulary.sentinels)),
            self.vocabulary.max_length,
        ]
        size = min(size for size in sizes if size is not None)
        budgets = self.vocabulary.budgets(target_format, pieces.lengths)
        # at least half of what is read is decided, however few sentinels there are
        margin = min(self.reading.margin, size // 4)
        return window_rounds(batch.lengths, size, margin, budgets)

    def _parts(self, windows: WindowBatch, pieces: Ragged) -> list[WindowBatch]:
        """Split windows into batches that the encoder reads at a time, similar lengths together."""
        per_word = self.reading.target_format.input_lengths(pieces.lengths)
        lengths = np.where(windows.padding, 0, per_word[windows.positions]).sum(axis=1)
        lengths += len(self.vocabulary.before) + len(self.vocabulary.after)
        order = np.argsort(-lengths, kind="stable")
        parts = []
        while len(order):
            n = max(1, self.reading.max_batch_items // int(lengths[order[0]]))
            parts.append(windows.part(order[:n]))
            order = order[n:]
        return parts

    def _write(self, windows: WindowBatch, pieces: Ragged, tags: Ints) -> WindowTexts:
        return write_texts(windows, pieces, tags, self.vocabulary, self.reading.target_format)

    def _history(self, batch: TaggingBatch, tags: Ints) -> Tensor:
        history = np.full(batch.n_words, batch.start, dtype=np.int64)
        history[1:] = tags[:-1]
        starts = np.cumsum(batch.lengths) - batch.lengths
        history[starts[batch.lengths > 0]] = batch.start
        return torch.as_tensor(history, device=self.language_model.device)

    def tree(self) -> WordingTree:
        """The wordings, on the model's device."""
        return WordingTree.of(self.trie, self.language_model.device)

    def read(
        self, texts: WindowTexts, targets: Ints, lengths: Ints, *, remember: bool
    ) -> tuple[Tensor, DecoderMemory | None]:
        """Read texts and targets (n_windows x target length) of some lengths (n_windows)."""
        device = self.language_model.device
        return self.language_model.read(
            torch.as_tensor(texts.inputs, device=device),
            torch.as_tensor(texts.mask, device=device),
            torch.as_tensor(targets, device=device),
            lengths,
            remember=remember,
        )

    def tag_logits(self, states: Tensor) -> Tensor:
        """Scores of tags that are one token each (n_words x n_tags, float32)."""
        tokens = torch.as_tensor(self.vocabulary.tags.data[: self.n_tags], device=states.device)
        return self.language_model.logits(states, tokens).float()

    def _force(
        self, batch: TaggingBatch, pieces: Ragged, rounds: list[WindowBatch], targets: Targets
    ) -> TaggerOutput:
        windows = join_rounds(rounds)
        texts = self._write(windows, pieces, targets.tags)
        lesson = self.lesson if self.training else Lesson(tags=True, text=False)
        states, memory = self.read(
            texts, texts.targets, texts.lengths, remember=lesson.tags and not self.one_token
        )
        history = torch.as_tensor(targets.history, device=states.device)
        text_loss = self._text_loss(states, texts, windows, targets) if lesson.text else None
        if not lesson.tags:
            return TaggerOutput(None, history, None, text_loss)
        rows, columns = np.nonzero(windows.decided)
        words = windows.positions[rows, columns]
        places = texts.places[rows, columns]
        own_states = states[rows, places - 1]
        if memory is None:
            scores = self.tag_logits(own_states)
        else:
            legal = batch.transitions[targets.history[words]]
            if batch.allowed is not None:
                legal = legal & batch.allowed[words]
            ends = texts.marks[rows, columns, 0]
            where = Places(
                rows,
                places,
                own_states,
                torch.as_tensor(ends, device=states.device),
                torch.as_tensor(legal, device=states.device),
                # what is to be learned is scored in full, however improbable it is
                torch.as_tensor(targets.distributions[words] > WANTED, device=states.device),
            )
            scores = WordingScores(self.language_model, memory, self.tree(), where).scores
        order = torch.as_tensor(np.argsort(words), device=states.device)
        return TaggerOutput(scores[order], history, None, text_loss)

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


class _Decoding:
    """Greedy decoding of one window of each of several texts."""

    def __init__(
        self, tagger: SentinelTagger, batch: TaggingBatch, windows: WindowBatch, texts: WindowTexts
    ) -> None:
        self.tagger = tagger
        self.batch = batch
        self.windows = windows
        self.texts = texts
        self.device = tagger.language_model.device

    def run(self, scores: Tensor, tags: Ints) -> None:
        """Decode step by step, a word of each window; writes into `scores` and `tags`.

        scores (n_words x n_tags, float32): Of the words of all texts.
        tags (n_words, int64): Holds those of the windows before.
        """
        windows, texts = self.windows, self.texts
        order, n_active = greedy_order(windows.stop - windows.first)
        windows, texts = windows.part(order), texts.part(order)
        self.windows, self.texts = windows, texts
        prefixes, lengths = texts.prefixes(windows.first)
        states, memory = self.tagger.read(texts, prefixes, lengths, remember=True)
        assert memory is not None
        capacity = texts.lengths + windows.seen * self.tagger.vocabulary.longest_tag
        memory = memory.with_room(int(capacity.max()))
        states = states[np.arange(len(lengths)), lengths - 1]
        tree = None if self.tagger.one_token else self.tagger.tree()
        is_first = np.zeros(self.batch.n_words, dtype=bool)
        starts = np.cumsum(self.batch.lengths) - self.batch.lengths
        is_first[starts[self.batch.lengths > 0]] = True
        for step, n in enumerate(n_active):
            columns = windows.first[:n] + step
            words = windows.positions[np.arange(n), columns]
            before = np.where(is_first[words], self.batch.start, tags[words - 1])
            legal = self._legal(words, before)
            wordings = None
            if tree is None:
                own = self.tagger.tag_logits(states[:n])
            else:
                ends = torch.as_tensor(texts.marks[np.arange(n), columns, 0], device=self.device)
                places = Places(np.arange(n), memory.lengths[:n], states[:n], ends, legal)
                wordings = WordingScores(self.tagger.language_model, memory, tree, places)
                own = wordings.scores
            finite = torch.nan_to_num(own, nan=-BOUND).clamp(-BOUND, BOUND)
            best = finite.masked_fill(~legal, -torch.inf).argmax(dim=1)
            scores[torch.as_tensor(words, device=self.device)] = own
            tags[words] = best.cpu().numpy()
            n_next = n_active[step + 1] if step + 1 < len(n_active) else 0
            if n_next:
                states = self._advance(memory, best[:n_next], columns[:n_next], wordings)

    def _legal(self, words: Ints, before: Ints) -> Tensor:
        legal = self.batch.transitions[before]
        if self.batch.allowed is not None:
            legal = legal & self.batch.allowed[words]
        return torch.as_tensor(legal, device=self.device)

    def _advance(
        self,
        memory: DecoderMemory,
        best: Tensor,
        columns: Ints,
        wordings: WordingScores | None,
    ) -> Tensor:
        """Write the chosen tags of the first n texts and the marks after them.

        RETURNS (n x width): The states before the next tags.
        """
        n = len(best)
        rows = np.arange(n)
        lengths = self.texts.mark_lengths[rows, columns]
        tokens = torch.as_tensor(self.texts.marks[rows, columns], device=self.device)
        if wordings is None:
            one_each = torch.as_tensor(self.tagger.vocabulary.tags.data, device=self.device)
            tokens = torch.cat([one_each[best][:, None], tokens], dim=1)
            lengths = lengths + 1
        else:
            wordings.keep(best)
        language_model = self.tagger.language_model
        if (lengths == lengths[0]).all():
            tokens = tokens[:, : int(lengths[0])]
            new_states, _ = language_model.go_on(
                memory, tokens, rows, memory.lengths[:n], append=True
            )
            return new_states[:, -1]
        states = None
        for step in range(int(lengths.max())):
            rows = np.flatnonzero(lengths > step)
            chosen = torch.as_tensor(rows, device=self.device)
            new_states, _ = language_model.go_on(
                memory, tokens[chosen, step : step + 1], rows, memory.lengths[rows], append=True
            )
            if states is None:
                states = new_states.new_zeros((n, new_states.shape[2]))
            states[chosen] = new_states[:, 0]
        assert states is not None
        return states
