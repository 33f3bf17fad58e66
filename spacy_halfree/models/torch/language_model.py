"""A pretrained encoder-decoder, asked for the scores of single tokens."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from ...errors import Errors
from ...types import Ints
from .attention import KeyValues
from .decoder_memory import Continuation, DecoderMemory


class LanguageModel(nn.Module):
    """Reads texts once, and continues their targets from any position.

    pretrained: An encoder-decoder of `transformers` with an output layer over its vocabulary.
    RAISES: ValueError (H033) if its decoder does not work as those of T5 and BART do.
    """

    def __init__(self, pretrained: PreTrainedModel) -> None:
        super().__init__()
        self.pretrained = pretrained
        # T5 and its kin know distances only, so that targets may be shifted to end together; where
        # positions are counted from the start, only targets of one length can be run together
        self.is_relative = hasattr(
            pretrained.config, "relative_attention_num_buckets"
        ) and not hasattr(pretrained.get_decoder(), "embed_positions")
        # T5 multiplies states before the output layer if its weights are tied
        self.scale = 1.0
        # whether tokens can stand side by side at one position: not where positions are counted
        # from the tokens themselves, as M2M100 does
        self.takes_alternatives = True
        self._probe()

    @property
    def start_token(self) -> int:
        """What a target starts with before its first token."""
        config = self.pretrained.config
        for token in (config.decoder_start_token_id, config.bos_token_id, config.pad_token_id):
            if token is not None:
                return int(token)
        raise ValueError(self._unsupported("it names no token that a target starts with"))

    @property
    def end_token(self) -> int | None:
        token = self.pretrained.config.eos_token_id
        return None if token is None else int(token)

    @property
    def pad_token(self) -> int:
        return int(self.pretrained.config.pad_token_id or 0)

    @property
    def n_tokens(self) -> int:
        """The size of the vocabulary."""
        return int(self.pretrained.get_output_embeddings().weight.shape[0])

    @property
    def device(self) -> torch.device:
        return self.pretrained.device

    def encode(
        self,
        inputs: Ints | Tensor,
        mask: Ints | Tensor,
        targets: Ints | Tensor,
        lengths: Ints,
        *,
        remember: bool,
    ) -> tuple[Tensor, DecoderMemory | None]:
        """Read texts and the beginnings of their targets.

        inputs (n_texts x input length, int64): The encoder's input.
        mask (n_texts x input length, int64): 1 where it is no padding.
        targets (n_texts x target length, int64): The decoder's input, padded at the end.
        lengths (n_texts, int64): The lengths of the targets.
        remember: Whether `decode_step` is to follow.
        RETURNS: The decoder's states (n_texts x target length x width), and what it has read.
        """
        inputs, mask, targets = (
            torch.as_tensor(array, device=self.device) for array in (inputs, mask, targets)
        )
        encoder = self.pretrained.get_encoder()
        states = encoder(input_ids=inputs, attention_mask=mask, return_dict=True).last_hidden_state
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache()) if remember else None
        output = self.pretrained.get_decoder()(
            input_ids=targets,
            encoder_hidden_states=states,
            encoder_attention_mask=mask,
            past_key_values=cache,
            use_cache=remember,
            return_dict=True,
        )
        if cache is None:
            return output.last_hidden_state, None
        own, cross = cache.self_attention_cache, cache.cross_attention_cache
        memory = DecoderMemory(
            states,
            mask,
            [KeyValues(*pair) for pair in zip(cross.key_cache, cross.value_cache, strict=True)],
            [KeyValues(*pair) for pair in zip(own.key_cache, own.value_cache, strict=True)],
            lengths.copy(),
        )
        return output.last_hidden_state, memory

    def decode_step(
        self,
        memory: DecoderMemory,
        tokens: Tensor,
        texts: Ints,
        lengths: Ints,
        path: list[KeyValues] | None = None,
        *,
        append: bool = False,
        alternatives: bool = False,
    ) -> tuple[Tensor, list[KeyValues]]:
        """Read further tokens of targets; several rows may continue the same text.

        Alternatives to each other share all that comes before them. They stand side by side, but
        at one position; decoders that know distances only take what stands after a token to be as
        near as itself, so that an alternative's distance to itself is right wherever it stands.

        memory: What was read before.
        tokens (n_rows x n_new, int64): The further tokens.
        texts (n_rows, int64): The text that each row belongs to.
        lengths (n_rows, int64): How much of its target each row has before it.
        path: Keys and values of tokens after these (n_rows x heads x n_between x width of a head),
            per layer, that were not appended.
        append: Whether to write the new tokens into the memory; each text stands once, then.
        alternatives: Whether a row's new tokens are alternatives.
        RETURNS: The decoder's states (n_rows x n_new x width), and the new keys and values.
        """
        if alternatives and not self.takes_alternatives and tokens.shape[1] > 1:
            return self._decode_in_rows(memory, tokens, texts, lengths, path)
        if not self.is_relative and (lengths != lengths[0]).any():
            return self._decode_by_length(
                memory, tokens, texts, lengths, path, append=append, alternatives=alternatives
            )
        n_new = tokens.shape[1]
        cache = Continuation(memory, texts, lengths, path, n_new, append, alternatives)
        steps = torch.zeros(n_new, dtype=torch.int64) if alternatives else torch.arange(n_new)
        columns = (cache.n_seen + steps).to(tokens.device)
        states = self.pretrained.get_decoder()(
            input_ids=tokens,
            attention_mask=cache.mask,
            # its keys and values are known, so that only its shape is asked for
            encoder_hidden_states=memory.states[:1].expand(len(tokens), -1, -1),
            encoder_attention_mask=cache.select(memory.mask),
            past_key_values=cache.with_encoder(),
            use_cache=True,
            cache_position=columns,
            return_dict=True,
        ).last_hidden_state
        if cache.writes:
            memory.write(texts, lengths, cache.new)
        if append:
            memory.lengths[texts] = lengths + n_new
        return states, cache.new

    def _decode_in_rows(
        self,
        memory: DecoderMemory,
        tokens: Tensor,
        texts: Ints,
        lengths: Ints,
        path: list[KeyValues] | None,
    ) -> tuple[Tensor, list[KeyValues]]:
        """Alternatives as rows of their own."""
        n_rows, n_new = tokens.shape
        again = torch.arange(n_rows, device=tokens.device).repeat_interleave(n_new)
        own_path = None if path is None else [layer.rows(again) for layer in path]
        states, new = self.decode_step(
            memory, tokens.reshape(-1, 1), texts.repeat(n_new), lengths.repeat(n_new), own_path
        )

        def side_by_side(tensor: Tensor) -> Tensor:
            return tensor[:, :, 0].unflatten(0, (n_rows, n_new)).transpose(1, 2)

        return states.unflatten(0, (n_rows, n_new))[:, :, 0], [
            KeyValues(side_by_side(layer.keys), side_by_side(layer.values)) for layer in new
        ]

    def _decode_by_length(
        self,
        memory: DecoderMemory,
        tokens: Tensor,
        texts: Ints,
        lengths: Ints,
        path: list[KeyValues] | None,
        *,
        append: bool,
        alternatives: bool,
    ) -> tuple[Tensor, list[KeyValues]]:
        order = np.argsort(lengths, kind="stable")
        bounds = np.flatnonzero(np.diff(lengths[order])) + 1
        states: list[Tensor] = []
        new: list[list[KeyValues]] = []
        for rows in np.split(order, bounds):
            chosen = torch.as_tensor(rows, device=tokens.device)
            own_path = None if path is None else [layer.rows(chosen) for layer in path]
            own_states, own_new = self.decode_step(
                memory,
                tokens[chosen],
                texts[rows],
                lengths[rows],
                own_path,
                append=append,
                alternatives=alternatives,
            )
            states.append(own_states)
            new.append(own_new)
        back = torch.as_tensor(np.argsort(order), device=tokens.device)
        return torch.cat(states)[back], [
            KeyValues(
                torch.cat([layer.keys for layer in layers])[back],
                torch.cat([layer.values for layer in layers])[back],
            )
            for layers in zip(*new, strict=True)
        ]

    def logits(self, states: Tensor, tokens: Ints | Tensor | None = None) -> Tensor:
        """Score tokens by the decoder's states.

        states (... x width): The states.
        tokens (n_tokens, int64): The tokens; None for the whole vocabulary. Only their rows of the
            output layer are multiplied.
        RETURNS (... x n_tokens, float): The logits.
        """
        layer = self.pretrained.get_output_embeddings()
        weight, bias = layer.weight, getattr(layer, "bias", None)
        final_bias = getattr(self.pretrained, "final_logits_bias", None)
        if final_bias is not None:
            bias = final_bias[0] if bias is None else bias + final_bias[0]
        if tokens is not None:
            tokens = torch.as_tensor(tokens, device=states.device)
            weight = weight[tokens]
            bias = None if bias is None else bias[tokens]
        return F.linear(states * self.scale, weight, bias)

    def _probe(self) -> None:
        """Set `scale` and `takes_alternatives` by comparing with the model's own output, so that
        nothing is taken for granted."""
        was_training = self.pretrained.training
        self.pretrained.eval()
        try:
            with torch.no_grad():
                self._compare()
        except (AttributeError, TypeError, LookupError, RuntimeError) as error:
            raise ValueError(self._unsupported(f"{type(error).__name__}: {error}")) from error
        finally:
            self.pretrained.train(was_training)

    def _compare(self) -> None:
        start = torch.tensor([[self.start_token]], device=self.device)
        mask, texts, lengths = torch.ones_like(start), np.array([0]), np.array([1])
        states, memory = self.encode(start, mask, start, lengths, remember=True)
        assert memory is not None
        expected = self.pretrained(
            input_ids=start, attention_mask=mask, decoder_input_ids=start, use_cache=False
        ).logits
        for self.scale in (1.0, float(states.shape[-1]) ** -0.5):
            if torch.allclose(self.logits(states), expected, rtol=1e-3, atol=1e-4):
                break
        else:
            raise ValueError(self._unsupported("its output layer is not a matrix over its states"))
        # not the padding, which some models know by its number
        other = torch.full_like(start, (self.pad_token + 1) % self.n_tokens)
        alone, _ = self.decode_step(memory, other, texts, lengths)
        pair, _ = self.decode_step(memory, other.repeat(1, 2), texts, lengths, alternatives=True)
        self.takes_alternatives = torch.allclose(alone.expand_as(pair), pair, rtol=1e-3, atol=1e-4)

    def _unsupported(self, reason: str) -> str:
        config = self.pretrained.config
        return Errors.H033.format(
            source=config.name_or_path or "the model", family=config.model_type, reason=reason
        )
