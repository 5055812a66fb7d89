"""Muon, with all matrices of one shape orthogonalised in one batch.

Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024): momentum, then five Newton-Schulz
steps towards the nearest orthogonal matrix. `torch.optim.Muon` does each matrix alone, which for a model of a few
million parameters spends half of every step on launching kernels.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(batch: Tensor) -> Tensor:
    """Moves each matrix of `[count, rows, columns]` (rows at most columns) towards an orthogonal one."""
    x = batch.bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Muon for hidden matrices; the step is scaled to the size that AdamW's would have."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.1
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Makes one step over all matrices that have a gradient."""
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[Tensor]] = {}
            for p in group["params"]:
                shapes.setdefault((min(p.shape), max(p.shape)), []).append(p)
            for (rows, columns), matrices in shapes.items():
                grads = torch.stack([p.grad if p.shape[0] == rows else p.grad.mT for p in matrices])
                state = self.state[matrices[0]]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(grads)
                state["momentum"].lerp_(grads, 1 - group["momentum"])
                updates = orthogonalise(grads.lerp(state["momentum"], group["momentum"])).float()
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                size = -group["lr"] * 0.2 * columns**0.5
                turned = [u if p.shape[0] == rows else u.mT for u, p in zip(updates, matrices, strict=True)]
                torch._foreach_add_(matrices, turned, alpha=size)
