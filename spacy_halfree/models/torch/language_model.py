"""A pretrained encoder-decoder, asked for the scores of single tokens."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from ...errors import Errors
from ...types import Ints
from .attention import KeyValues
from .decoder_memory import Continuation, DecoderMemory, Step
from .transformers_versions import cache_argument, key_values, new_cache, takes_positions


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
        self._cache_argument = cache_argument(pretrained.get_decoder())
        self._takes_positions = takes_positions(pretrained.get_decoder())
        # T5 multiplies states before the output layer if its weights are tied
        self.scale = 1.0
        # whether tokens can stand side by side at one position: not where positions are counted
        # from the tokens themselves, as M2M100 does, and all of `transformers` 5
        self.takes_alternatives = True
        self._probe()

    @property
    def start_token(self) -> int:
        """What a target starts with before its first token."""
        config = self.pretrained.config
        # T5 has no such attributes where nothing sets them
        for name in ("decoder_start_token_id", "bos_token_id", "pad_token_id"):
            if (token := getattr(config, name, None)) is not None:
                return int(token)
        raise ValueError(self._unsupported("it names no token that a target starts with"))

    @property
    def end_token(self) -> int | None:
        token = getattr(self.pretrained.config, "eos_token_id", None)
        if isinstance(token, list):
            token = next(iter(token), None)
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
        cache = new_cache() if remember else None
        output = self.pretrained.get_decoder()(
            input_ids=targets,
            encoder_hidden_states=states,
            encoder_attention_mask=mask,
            use_cache=remember,
            return_dict=True,
            **{self._cache_argument: cache},
        )
        if cache is None:
            return output.last_hidden_state, None
        memory = DecoderMemory(
            states,
            mask,
            key_values(cache.cross_attention_cache),
            key_values(cache.self_attention_cache),
            lengths.copy(),
        )
        return output.last_hidden_state, memory

    def decode_step(self, memory: DecoderMemory, step: Step) -> tuple[Tensor, list[KeyValues]]:
        """Read further tokens of targets.

        Alternatives share all that comes before them. They stand side by side, but at one
        position; decoders that know distances only take what stands after a token to be as near as
        itself, so that an alternative's distance to itself is right wherever it stands.

        memory: What was read before.
        step: What to read now.
        RETURNS: The decoder's states (n_rows x n_new x width), and the new keys and values.
        """
        n_rows, n_new = step.tokens.shape
        if step.alternatives and not self.takes_alternatives and n_new > 1:
            return self._decode_in_rows(memory, step)
        if not self.is_relative and (step.lengths != step.lengths[0]).any():
            return self._decode_by_length(memory, step)
        cache = Continuation(memory, step)
        where = {}
        if self._takes_positions:
            offsets = torch.arange(n_new) * (not step.alternatives)
            where["cache_position"] = (cache.n_seen + offsets).to(step.tokens.device)
        states = self.pretrained.get_decoder()(
            input_ids=step.tokens,
            attention_mask=cache.mask,
            # its keys and values are known, so that only its shape is asked for
            encoder_hidden_states=memory.states[:1].expand(n_rows, -1, -1),
            encoder_attention_mask=cache.select(memory.mask),
            use_cache=True,
            return_dict=True,
            **{self._cache_argument: cache.with_encoder()},
            **where,
        ).last_hidden_state
        if step.append:
            if not cache.in_place:
                memory.write(step.texts, step.lengths, cache.new)
            memory.lengths[step.texts] = step.lengths + n_new
        return states, cache.new

    def _decode_in_rows(self, memory: DecoderMemory, step: Step) -> tuple[Tensor, list[KeyValues]]:
        """Alternatives as rows of their own."""
        n_rows, n_new = step.tokens.shape
        again = step.rows(np.repeat(np.arange(n_rows), n_new))
        states, new = self.decode_step(
            memory, replace(again, tokens=step.tokens.reshape(-1, 1), alternatives=False)
        )

        def side_by_side(tensor: Tensor) -> Tensor:
            return tensor[:, :, 0].unflatten(0, (n_rows, n_new)).transpose(1, 2)

        return states[:, 0].unflatten(0, (n_rows, n_new)), [kv.map(side_by_side) for kv in new]

    def _decode_by_length(
        self, memory: DecoderMemory, step: Step
    ) -> tuple[Tensor, list[KeyValues]]:
        """Rows with targets of one length at a time."""
        order = np.argsort(step.lengths, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(step.lengths[order])) + 1)
        states, new = zip(
            *(self.decode_step(memory, step.rows(rows)) for rows in groups), strict=True
        )
        back = torch.as_tensor(np.argsort(order), device=step.tokens.device)
        return torch.cat(states)[back], [
            KeyValues.cat(layers).map(lambda tensor: tensor[back])
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
        mask, lengths = torch.ones_like(start), np.array([1])
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
        step = Step(other, np.array([0]), lengths)
        alone, _ = self.decode_step(memory, step)
        step = replace(step, tokens=other.repeat(1, 2), alternatives=True)
        pair, _ = self.decode_step(memory, step)
        self.takes_alternatives = torch.allclose(alone.expand_as(pair), pair, rtol=1e-3, atol=1e-4)

    def _unsupported(self, reason: str) -> str:
        config = self.pretrained.config
        return Errors.H033.format(
            source=config.name_or_path or "the model", family=config.model_type, reason=reason
        )
