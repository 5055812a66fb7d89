"""Rounds matrices while they learn, so that a model is used to what quantization will do to it.

Rows that llama.cpp's blocks of 256 do not fit become Q5_0 in its "4-bit" formats: blocks of 32, each with a scale d,
and numbers from -16 to 15 (`quantize_row_q5_0_ref` in ggml). Here d has four significant bits, so that d times one
is exact in BF16, and the number of greatest size is -16: llama.cpp then finds the same d and the same numbers again.
Rows that the large blocks fit become Q4_K, which is only imitated: 16 levels between the least and the greatest of 32.

Gradients are those of the rounded matrices and go to the exact ones (Bengio et al. 2013, "straight-through").
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

BLOCK = 32
SUPER_BLOCK = 256
#: The matrices of a layer that formats below eight bits round; the ranks of the low-rank parts fit no block.
_ROUNDED = ("receptance", "key", "value", "output")


def q5_0(x: Tensor) -> Tensor:
    """Rounds blocks `[count, 32]` to what Q5_0 keeps without a loss."""
    at = x.abs().argmax(dim=1, keepdim=True)
    scale = rounded(x.gather(1, at) / -16, 3)
    levels = torch.where(scale == 0, 0.0, x / scale).round().clamp(-16, 15)
    return levels.scatter(1, at, -16.0) * scale


def q4_k(x: Tensor) -> Tensor:
    """Rounds blocks `[count, 32]` about as Q4_K does: to 16 even levels, of which one is 0 or all are above it."""
    least = x.amin(dim=1, keepdim=True).clamp(max=0)
    step = (x.amax(dim=1, keepdim=True) - least) / 15
    return torch.where(step > 0, (x - least) / step, 0.0).round() * step + least


def rounded(tensor: Tensor, mantissa: int) -> Tensor:
    """Rounds to so many bits of mantissa, ties to even; up to BF16's seven the result is exact as BF16."""
    dropped = 23 - mantissa
    bits = tensor.float().contiguous().view(torch.int32)
    bits = bits + ((1 << (dropped - 1)) - 1) + ((bits >> dropped) & 1)
    return (bits >> dropped << dropped).view(torch.float32)


class Rounding:
    """Puts rounded matrices in the place of a model's own, and its own back."""

    def __init__(self, model: nn.Module) -> None:
        """Takes the model; its parameters must stay where they are, since GPU graphs read them there."""
        matrices = [p for n, p in model.named_parameters() if n.rpartition(".")[2] in _ROUNDED]
        self._fine = [p for p in matrices if p.shape[1] % SUPER_BLOCK]
        self._coarse = [p for p in matrices if p.shape[1] % SUPER_BLOCK == 0]
        self._all = [*self._fine, *self._coarse]
        self._own = [torch.empty_like(p) for p in self._all]

    @torch.no_grad()
    def apply(self) -> None:
        """Rounds every matrix, after its own numbers are put aside."""
        torch._foreach_copy_(self._own, self._all)
        _replace(self._fine, q5_0)
        _replace(self._coarse, q4_k)

    @torch.no_grad()
    def restore(self) -> None:
        """Puts back what `apply` put aside."""
        torch._foreach_copy_(self._all, self._own)

    @torch.no_grad()
    def finish(self) -> None:
        """Leaves those rounded that stay so without a loss in BF16."""
        _replace(self._fine, q5_0)


def _replace(matrices: list[nn.Parameter], form: Callable[[Tensor], Tensor]) -> None:
    if not matrices:
        return
    # All matrices at once: one by one, the launches take longer than the step.
    blocks = form(torch.cat([each.view(-1, BLOCK) for each in matrices]))
    pieces = blocks.split([each.numel() // BLOCK for each in matrices])
    torch._foreach_copy_(matrices, [piece.view_as(own) for piece, own in zip(pieces, matrices, strict=True)])
