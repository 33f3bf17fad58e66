"""Make a tiny T5 with random weights and a tokenizer of its own, to be trained from nothing.

    python scripts/make_tiny_t5.py pool.txt assets/tiny_t5

It stands in for a pretrained one where there is none: everything runs as it would with a real T5,
in minutes, and learns less. The tokenizer is a SentencePiece-like one, trained on the texts
(byte-pair merges, because a unigram model would come out differently every time).
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from tokenizers import SentencePieceBPETokenizer
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.utils import logging

from spacy_halfree.models.sentinel.wording import wording

N_SENTINELS = 100
"""As many as T5 has."""
REPEATS = 100
"""How often the words of labels are read by the tokenizer."""


def train_tokenizer(texts: list[str], n_pieces: int) -> PreTrainedTokenizerFast:
    """A T5 tokenizer of at most so many pieces.

    Args:
        texts: what to train it on.
        n_pieces: how many pieces to learn.
    """
    tokenizer = SentencePieceBPETokenizer()
    tokenizer.train_from_iterator(
        texts,
        vocab_size=n_pieces,
        show_progress=False,
        special_tokens=["<pad>", "</s>", "<unk>"],
    )
    pieces = tokenizer._tokenizer
    pieces.add_special_tokens([f"<extra_id_{i}>" for i in range(N_SENTINELS)])
    pieces.post_processor = TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", pieces.token_to_id("</s>"))]
    )
    # not T5's own class: from `transformers` 5 on, that is for unigram models only
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=512,
    )


def label_wordings(path: Path) -> list[str]:
    """The words of the entity labels in a `.spacy` file, and those of O and I."""
    docs = DocBin().from_disk(path).get_docs(Vocab())
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    return ["O", "I", *(wording(label) for label in labels)]


def make_model(n_tokens: int, width: int, layers: int) -> T5ForConditionalGeneration:
    """A T5 with random weights.

    Args:
        n_tokens: the size of the vocabulary.
        width: of its states.
        layers: of its encoder, and of its decoder.
    """
    config = T5Config(
        vocab_size=n_tokens,
        d_model=width,
        d_kv=32,
        num_heads=max(1, width // 32),
        d_ff=4 * width,
        num_layers=layers,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    even_out(model)
    return model


def even_out(model: T5ForConditionalGeneration) -> None:
    """Let training start where Adam gets on.

    T5's weights start at scales that differ a hundredfold, made for an optimizer whose steps are
    relative to them; Adam's are not, so that they are brought near each other. And keys of the
    cross-attention start as its queries, so that a token in the decoder looks at the same token in
    the encoder from the beginning: pretrained models have learned that, a few hundred texts do not
    teach it.

    Args:
        model: changed in place.
    """
    with torch.no_grad():
        model.shared.weight.mul_(0.1)
        model.decoder.final_layer_norm.weight.mul_(5.0)
        for module in model.modules():
            if isinstance(module, T5Attention):
                scale = (module.k.weight.std() / module.q.weight.std()).sqrt()
                module.q.weight.mul_(scale)
                module.k.weight.div_(scale)
        for block in model.decoder.block:
            attention = block.layer[1].EncDecAttention
            attention.k.weight.copy_(attention.q.weight)


def main(
    texts: Annotated[Path, typer.Argument(help="Texts for the tokenizer, one a line.")],
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
    pieces: Annotated[int, typer.Option(help="Pieces of the tokenizer.")] = 2000,
    gold: Annotated[
        Path | None,
        typer.Option(help="Annotated texts (.spacy), whose labels' words get pieces as well."),
    ] = None,
    width: Annotated[int, typer.Option(help="Width of the model, a multiple of 32.")] = 128,
    layers: Annotated[int, typer.Option(help="Layers of encoder and decoder.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the weights.")] = 1,
) -> None:
    """Write a T5 with random weights to OUTPUT, with a tokenizer trained on TEXTS."""
    if not texts.is_file():
        typer.echo(f"[S019] {texts}: no such file; name a file with a text a line", err=True)
        raise typer.Exit(1)
    logging.set_verbosity_error()
    torch.manual_seed(seed)
    lines = texts.read_text(encoding="utf-8").splitlines()
    if gold is not None:
        # often enough to become pieces of their own, as in a tokenizer trained on a language
        lines += label_wordings(gold) * REPEATS
    tokenizer = train_tokenizer(lines, pieces)
    model = make_model(len(tokenizer), width, layers)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    typer.echo(f"{output}: {len(tokenizer)} tokens, {model.num_parameters():,} weights")


if __name__ == "__main__":
    typer.run(main)
