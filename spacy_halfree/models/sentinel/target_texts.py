"""What an encoder-decoder reads and writes for stretches of words."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ...errors import Errors
from ...types import Bools, Floats, Ints
from ..constrained import UNKNOWN
from ..windows import TokenLimit, WindowBatch
from .formats import TargetFormat
from .ragged import Ragged, interleave, pad


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that texts are made of.

    sentinels (n_sentinels, int64): The sentinels.
    tags: The tokens of each tag, and last those that stand for a tag that is not known.
    before, after (int64): What the tokenizer puts before and after a text.
    start: What the decoder starts with.
    padding: What fills shorter texts.
    max_length: The most tokens read or written at a time.
    has_new: Whether some of these tokens were added to the pretrained ones.
    """

    sentinels: Ints
    tags: Ragged
    before: Ints
    after: Ints
    start: int
    padding: int
    max_length: int
    has_new: bool = False

    @property
    def n_tags(self) -> int:
        return len(self.tags) - 1

    @property
    def tag_tokens(self) -> Ints:
        """The tokens of the tags, if each has one of its own."""
        return self.tags.data[:-1]

    @property
    def longest_tag(self) -> int:
        return int(self.tags.lengths.max())

    def limits(self, target_format: TargetFormat, piece_lengths: Ints) -> list[TokenLimit]:
        """The limits of windows: room in the encoder and in the decoder.

        target_format: The format.
        piece_lengths (n_words, int64): How many pieces each word has.
        """
        in_encoder = target_format.input_lengths(piece_lengths)
        in_decoder = target_format.mark_lengths(piece_lengths) + self.longest_tag
        return [
            TokenLimit(in_encoder, self.max_length - len(self.before) - len(self.after)),
            # beside the start and the last mark
            TokenLimit(in_decoder, self.max_length - 2),
        ]

    def longest_word(self, target_format: TargetFormat) -> int:
        """The most pieces of a word.

        RAISES: ValueError (H034) if there is no room for any.
        """
        n_pieces = np.arange(1, self.max_length + 1)
        in_encoder, in_decoder = self.limits(target_format, n_pieces)
        fits = (in_encoder.costs <= in_encoder.limit) & (in_decoder.costs <= in_decoder.limit)
        if not fits[0]:
            needed = int(in_decoder.costs[0])
            raise ValueError(Errors.H034.format(limit=self.max_length, needed=needed))
        return int(n_pieces[fits].max())

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays = {name: values[name].tolist() for name in ("sentinels", "before", "after")}
        tags = [self.tags[i].tolist() for i in range(len(self.tags))]
        return {**values, **arrays, "tags": tags}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Vocabulary":
        """What `to_dict` returned."""

        def array(name: str) -> Ints:
            return np.array(values[name], dtype=np.int64)

        return cls(
            sentinels=array("sentinels"),
            tags=Ragged.of(values["tags"]),
            before=array("before"),
            after=array("after"),
            start=int(values["start"]),
            padding=int(values["padding"]),
            max_length=int(values["max_length"]),
            has_new=bool(values["has_new"]),
        )


@dataclass
class WindowTexts:
    """The texts of several windows side by side; the columns of words are those of the windows.

    inputs (n_windows x input length, int64): The encoder's input.
    mask (n_windows x input length, int64): 1 where it is no padding.
    targets (n_windows x target length, int64): The decoder's input.
    lengths (n_windows, int64): The lengths of the targets.
    tag_positions (n_windows x longest, int64): How many tokens of the target come before each tag.
    marks (n_windows x longest x longest mark, int64): What is written after each tag.
    mark_lengths (n_windows x longest, int64): How many tokens that is.
    words (n_windows x target length, int64): The column of the word that each token of the target
        belongs to; what comes before the first tag belongs to the first word.
    """

    inputs: Ints
    mask: Ints
    targets: Ints
    lengths: Ints
    tag_positions: Ints
    marks: Ints
    mark_lengths: Ints
    words: Ints

    def prefixes(self, n_words: Ints) -> tuple[Ints, Ints]:
        """The beginnings of the targets.

        n_words (n_windows, int64): The column of the word before whose tag to stop.
        RETURNS: The targets, padded (n_windows x longest), and their lengths (n_windows).
        """
        lengths = self.tag_positions[np.arange(len(n_words)), n_words]
        return self.targets[:, : int(lengths.max())], lengths

    def part(self, rows: Ints) -> "WindowTexts":
        """The same texts in another order."""
        return WindowTexts(*(getattr(self, field.name)[rows] for field in fields(self)))


def write_texts(
    windows: WindowBatch,
    pieces: Ragged,
    tags: Ints,
    vocabulary: Vocabulary,
    target_format: TargetFormat,
) -> WindowTexts:
    """Write the texts of windows.

    windows: The windows.
    pieces: The pieces of all words.
    tags (n_words, int64): The tags of all words, -1 where they are not known.
    vocabulary: The tokens.
    target_format: How to put them together.
    """
    inputs, targets, tag_positions, words = [], [], [], []
    marks: list[Ragged] = []
    unknown = vocabulary.n_tags
    start = np.array([vocabulary.start])
    for row, n_words in zip(windows.positions, windows.seen.tolist(), strict=True):
        positions = row[:n_words]
        own_pieces = pieces.take(positions)
        own_marks = target_format.write_marks(own_pieces, vocabulary.sentinels)
        own_tags = tags[positions]
        wordings = vocabulary.tags.take(np.where(own_tags == UNKNOWN, unknown, own_tags))
        target = interleave(own_marks, wordings)
        text = target_format.write_input(own_pieces, vocabulary.sentinels)
        inputs.append(np.concatenate([vocabulary.before, text, vocabulary.after]))
        targets.append(np.concatenate([start, target.data]))
        tag_positions.append(1 + target.starts[1::2])
        owners = np.repeat(np.arange(n_words), 2)
        words.append(np.repeat(np.concatenate([[0, 0], owners]), [1, *target.lengths]))
        marks.append(own_marks.take(np.arange(1, n_words + 1)))
    padded = pad(inputs, vocabulary.padding)
    columns = np.arange(padded.shape[1])
    input_lengths = np.array([len(text) for text in inputs])
    mark_lengths = pad([own.lengths for own in marks], 0)
    mark_table = np.full((*mark_lengths.shape, mark_lengths.max()), vocabulary.padding)
    is_there = np.arange(mark_table.shape[2]) < mark_lengths[:, :, None]
    mark_table[is_there] = np.concatenate([own.data for own in marks])
    return WindowTexts(
        inputs=padded,
        mask=(columns < input_lengths[:, None]).astype(np.int64),
        targets=pad(targets, vocabulary.padding),
        lengths=np.array([len(target) for target in targets]),
        tag_positions=pad(tag_positions, 0),
        marks=mark_table,
        mark_lengths=mark_lengths,
        words=pad(words, 0),
    )


def text_weights(texts: WindowTexts, weights: Floats, decided: Bools) -> Floats:
    """How much each token of the targets counts in the loss of the whole text.

    texts: The texts.
    weights (n_windows x longest, float32): The weight of each word.
    decided (n_windows x longest, bool): The words that the window decides; the others are learned
        in the window that decides them.
    RETURNS (n_windows x target length, float32): For each token that is *read* the weight of the
        one that is to be written after it; the last token's is that of the text's end.
    """
    rows = np.arange(len(weights))[:, None]
    own = np.where(decided, weights, 0.0)[rows, texts.words]
    following = np.concatenate([own[:, 1:], own[:, -1:]], axis=1)
    last = texts.lengths - 1
    following[rows[:, 0], last] = own[rows[:, 0], last]
    columns = np.arange(own.shape[1])
    return np.where(columns < texts.lengths[:, None], following, 0.0).astype(np.float32)
