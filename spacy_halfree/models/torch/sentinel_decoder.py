"""Greedy decoding by a pretrained encoder-decoder that is asked for the scores of tags."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...types import Ints
from ..constrained import greedy_order
from ..sentinel.target_texts import Vocabulary, WindowTexts
from ..sentinel.trie import TagTrie
from ..windows import WindowBatch
from .decoder_memory import DecoderMemory, Step
from .decoding import Decoding
from .language_model import LanguageModel
from .wording_scores import TagPositions, WordingScores


@dataclass(frozen=True)
class SentinelDecoder:
    """Decodes one window of each of several texts at a time.

    language_model: The model.
    vocabulary: Its tokens.
    tree: The tags' wordings; None if every tag is one token.
    decoding: The tags so far.
    """

    language_model: LanguageModel
    vocabulary: Vocabulary
    tree: TagTrie[Tensor] | None
    decoding: Decoding

    def decode(self, windows: WindowBatch, texts: WindowTexts) -> None:
        """Choose the tags that windows decide, step by step, a word of each window at a time.

        windows: The windows.
        texts: Their texts.
        """
        order, n_active = greedy_order(windows.stop - windows.first)
        windows, texts = windows.part(order), texts.part(order)
        prefixes, lengths = texts.prefixes(windows.first)
        states, memory = self.language_model.encode(
            texts.inputs, texts.mask, prefixes, lengths, remember=True
        )
        assert memory is not None
        capacity = texts.lengths + windows.seen * self.vocabulary.longest_tag
        memory = memory.with_room(int(capacity.max()))
        states = states[np.arange(len(lengths)), lengths - 1]
        device = states.device
        for step, n in enumerate(n_active):
            rows, columns = np.arange(n), windows.first[:n] + step
            words = torch.as_tensor(windows.positions[rows, columns], device=device)
            legal = self.decoding.legal(words, self.decoding.before(words))
            wordings = None
            if self.tree is None:
                scores = self.language_model.logits(states[:n], self.vocabulary.tag_tokens)
            else:
                ends = torch.as_tensor(texts.marks[rows, columns, 0], device=device)
                where = TagPositions(rows, memory.lengths[:n], states[:n], ends, legal)
                wordings = WordingScores(self.language_model, memory, self.tree, where)
                scores = wordings.scores
            best = self.decoding.choose(words, scores, legal)
            if step + 1 < len(n_active):
                n_next = n_active[step + 1]
                marks = texts.marks[rows[:n_next], columns[:n_next]]
                mark_lengths = texts.mark_lengths[rows[:n_next], columns[:n_next]]
                states = self._append(memory, best[:n_next], marks, mark_lengths, wordings)

    def _append(
        self,
        memory: DecoderMemory,
        tags: Tensor,
        marks: Ints,
        lengths: Ints,
        wordings: WordingScores | None,
    ) -> Tensor:
        """Write the tags of the first n texts and the marks after them.

        memory: What was read before.
        tags (n, int64): The tags.
        marks (n x longest mark, int64): The marks.
        lengths (n, int64): The lengths of these.
        wordings: The scored wordings; None if every tag is one token.
        RETURNS (n x width): The states before the next tags.
        """
        tokens = torch.as_tensor(marks, device=tags.device)
        if wordings is None:
            own = torch.as_tensor(self.vocabulary.tags.data, device=tags.device)
            tokens = torch.cat([own[tags][:, None], tokens], dim=1)
            lengths = lengths + 1
        else:
            wordings.append(tags)
        longest = int(lengths.max())
        # one by one, unless all are of one length
        size = longest if (lengths == longest).all() else 1
        states = memory.states
        for start in range(0, longest, size):
            rows = np.flatnonzero(lengths > start)
            chosen = torch.as_tensor(rows, device=tags.device)
            new = tokens[chosen, start : start + size]
            step = Step(new, rows, memory.lengths[rows], append=True)
            new_states = self.language_model.decode_step(memory, step)[0][:, -1]
            states = states.index_put((chosen,), new_states) if start else new_states
        return states
