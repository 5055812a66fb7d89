"""The recurrence of RWKV-7 as a differentiable operation, run by a kernel of our own."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from training.kernel import HEAD_SIZE, KEPT, KernelError, library


def _call(name: str, shape: torch.Size, tensors: tuple[Tensor, ...]) -> None:
    batch, time, heads, _ = shape
    gpu = tensors[0].is_cuda
    stream = torch.cuda.current_stream().cuda_stream if gpu else 0
    pointers = [ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors]
    code = getattr(library(gpu), name)(batch, time, heads, *pointers, ctypes.c_void_p(stream))
    if code:
        raise KernelError(f"{name}: CUDA error {code}")


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs: Tensor) -> Tensor:  # type: ignore[no-untyped-def,override]
        inputs = tuple(x.contiguous() for x in inputs)
        shape = inputs[0].shape
        batch, time, heads, size = shape
        out = torch.empty_like(inputs[0])
        removed = torch.empty(shape, dtype=torch.float32, device=out.device)
        kept = torch.empty(batch, heads, time // KEPT, size, size, dtype=torch.float32, device=out.device)
        _call("forward", shape, (*inputs, out, removed, kept))
        ctx.save_for_backward(*inputs, removed, kept)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, ...]:  # type: ignore[no-untyped-def,override]
        *inputs, removed, kept = ctx.saved_tensors
        grads = tuple(torch.empty_like(x) for x in inputs)
        _call("backward", inputs[0].shape, (*inputs, grad.contiguous(), removed, kept, *grads))
        return grads


def fused_recurrence(r: Tensor, w: Tensor, k: Tensor, v: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Runs `training.model.recurrence`; gradients flow to every argument.

    Args:
        r: Receptance, `[batch, time, heads, 64]`, as are all others: bfloat16 on a GPU, float32 else. The time
            is a multiple of 16.
        w: Logarithm of the decay, between -0.61 and 0.
        k: Key.
        v: Value.
        a: Minus the removal key.
        b: The replacement key.

    Raises:
        ValueError: A tensor has another shape or type.
        KernelError: The kernel cannot be built or run.
    """
    wanted = torch.bfloat16 if r.is_cuda else torch.float32
    for x in (r, w, k, v, a, b):
        if x.dtype != wanted or x.shape != r.shape or x.shape[-1] != HEAD_SIZE or x.shape[1] % KEPT:
            raise ValueError(
                f"{wanted} tensors [batch, time, heads, 64] wanted, time in 16s; got {x.dtype} {x.shape}"
            )
    return _Recurrence.apply(r, w, k, v, a, b)  # type: ignore[no-any-return]
