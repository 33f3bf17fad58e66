"""The registered architectures."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..ranges import check, check_count
from .first_order import first_order_head
from .sentinel.formats import SentinelTagFormat, TargetFormat
from .sentinel.wording import TagStyle
from .tagger_model import TaggerModel, build_tagger

TRANSFORMER_LISTENER = "transformer-listener"
"""The layer that stands for an encoder which another component runs with torch."""


def build_first_order_tagger(tok2vec: Model[list[Doc], list[Floats2d]]) -> TaggerModel:
    """Registered as `halfree.FirstOrderTagger.v1`: any tok2vec, and a table of transitions.

    The distribution of a word's tag is softmax(W h_i + b + A[tag before]) over the allowed tags.
    Small, fast and free of torch (unless the tok2vec brings it): the student.

    tok2vec: Gives a vector for each token, e.g. `spacy.HashEmbedCNN.v2` or a transformer listener.
    """
    if any(node.shims or node.name == TRANSFORMER_LISTENER for node in tok2vec.walk()):
        from .torch.threads import set_up_threads

        set_up_threads()
    return build_tagger(tok2vec, first_order_head())


def build_aligned_seq2seq(
    tok2vec: Model[list[Doc], list[Floats2d]],
    layers: int = 1,
    heads: int = 12,
    hidden_factor: int = 4,
    dropout: float | None = None,
    window: int = 256,
    margin: int = 32,
    share_label_words: bool = True,
) -> TaggerModel:
    """Registered as `halfree.AlignedSeq2Seq.v1`: an encoder and a small causal decoder.

    At step i the decoder reads LN(h_i + E[tag before]) (the encoder's own state of word i stands
    where Farina et al. 2023 have a sentinel), looks at the tags and words before through causal
    self-attention and at the whole text through cross-attention, and scores the tags of word i.

    tok2vec: The encoder: gives a vector for each token.
    layers: The number of decoder layers.
    heads: The number of attention heads; must divide the encoder's width.
    hidden_factor: Width of the feed-forward layers, as a multiple of the encoder's width.
    dropout: The decoder's dropout in training; None to follow `training.dropout`.
    window: The most words that the decoder sees at a time; longer texts are cut into overlapping
        windows, each conditioned on the tags decoded before it.
    margin: How many words at each inner edge of a window serve as context only.
    share_label_words: Whether labels whose names have words in common (`fromloc.city_name` and
        `toloc.city_name`) share a part of their embeddings and of their output rows.
    """
    check_count(layers=layers, heads=heads, hidden_factor=hidden_factor)
    _check_dropout(dropout)
    _check_window(window, margin)
    try:
        from .aligned_layer import aligned_decoder
    except ImportError as error:
        raise ImportError(Errors.H016.format(what="halfree.AlignedSeq2Seq.v1")) from error
    sizes = {
        "layers": layers,
        "heads": heads,
        "hidden_factor": hidden_factor,
        "window": window,
        "margin": margin,
    }
    head = aligned_decoder(sizes, dropout=dropout, share_label_words=share_label_words)
    return build_tagger(tok2vec, head)


LORA_SETTINGS = (
    *("r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "use_rslora"),
    *("layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern"),
)
"""What of `peft.LoraConfig` can be added to the weights when a pipeline is saved."""
LabelStyle = Literal["words", "token"]
Loss = Literal["tags", "lm", "both"]


def build_sentinel_seq2seq(
    name: str,
    revision: str | None = None,
    local_files_only: bool = False,
    label_style: LabelStyle = "token",
    label_words: Mapping[str, str] | None = None,
    outside_words: str = "O",
    inside_words: str = "I",
    format: TargetFormat | None = None,
    loss: Loss = "both",
    window: int | None = None,
    margin: int = 16,
    max_batch_items: int = 4096,
    dropout: float | None = None,
    mixed_precision: bool = False,
    gradient_checkpointing: bool = False,
    lora: Mapping[str, Any] | None = None,
) -> TaggerModel:
    """Registered as `halfree.SentinelSeq2Seq.v1`: a pretrained encoder-decoder, T5 for instance.

    It reads the words between sentinels and is asked, word by word, how probable it is that it
    would write each tag there (SenTScore of Farina et al. 2023, arXiv 2302.05454). Model and
    tokenizer are read once, when initializing, and are part of the saved pipeline from then on.

    name: Name on the hub, or folder, of any `AutoModelForSeq2SeqLM` with safetensors.
    revision: Branch, tag or commit on the hub; None for its main branch.
    local_files_only: Whether to use nothing but what is on disk already.
    label_style: "words" for tags in the words of a language, scored as whole sequences of tokens
        with the mark that follows; "token" for one new token a tag, which starts as the mean of
        its wording's pieces: one step per word, whatever the number of tags.
    label_words: Wordings for labels that are not to be derived from these.
    outside_words: The wording of O.
    inside_words: The wording of I.
    format: What is read and written; None for `halfree.SentinelTagFormat.v1`.
    loss: What is learned: "tags", the distribution over the tags of each word; "lm", the target
        text as a language model does, from the tags alone; "both".
    window: The most words read at a time; None for as many as the sentinels suffice for. Longer
        texts, and those with more tokens than the model takes, are cut into overlapping windows.
    margin: How many words at each inner edge of a window serve as context only.
    max_batch_items: The most tokens that the encoder reads at a time when predicting, padding
        included.
    dropout: The rate in training; None to follow `training.dropout`.
    mixed_precision: Whether to compute in bfloat16, weights staying in float32. (T5 overflows in
        float16.)
    gradient_checkpointing: Whether to compute activations twice rather than keep them.
    lora: Arguments of `peft.LoraConfig` (those in `LORA_SETTINGS`), to train low-rank adapters
        instead of all weights.
    """
    styles, losses = get_args(LabelStyle), get_args(Loss)
    check("label_style", label_style, label_style in styles, f"in {styles}")
    check("loss", loss, loss in losses, f"in {losses}")
    check_count(max_batch_items=max_batch_items)
    _check_window(window, margin)
    _check_dropout(dropout)
    for setting in lora or ():
        expected = f"one of {LORA_SETTINGS}"
        check(f"lora.{setting}", setting, setting in LORA_SETTINGS, expected)
    if gradient_checkpointing and label_style == "words" and loss != "lm":
        raise ValueError(Errors.H037.format(loss=loss))
    try:
        from .sentinel_layer import Source, Training, sentinel_tagger
        from .torch.sentinel_tagger import InputSettings, Objective
    except ImportError as error:
        raise ImportError(Errors.H016.format(what="halfree.SentinelSeq2Seq.v1")) from error
    return sentinel_tagger(
        source=Source(name, revision, local_files_only),
        style=TagStyle(
            one_token=label_style == "token",
            label_words=dict(label_words or {}),
            outside_words=outside_words,
            inside_words=inside_words,
        ),
        input_settings=InputSettings(
            format or SentinelTagFormat(), window, margin, max_batch_items
        ),
        training=Training(
            objective=Objective(tags=loss != "lm", text=loss != "tags"),
            mixed_precision=mixed_precision,
            gradient_checkpointing=gradient_checkpointing,
            lora=None if lora is None else dict(lora),
        ),
        dropout=dropout,
    )


def _check_dropout(dropout: float | None) -> None:
    is_valid = dropout is None or 0 <= dropout < 1
    check("dropout", dropout, is_valid, "from 0 to below 1")


def _check_window(window: int | None, margin: int) -> None:
    is_valid = margin >= 0 and (window is None or window > 2 * margin)
    check("window", window, is_valid, f"above twice the margin ({margin})")
