"""The precision networks compute in: float32 on a CPU, 16-bit on a GPU. Their outputs are float32 everywhere."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def usual_dtype(device: str | torch.device) -> torch.dtype:
    """The default dtype for computing answers on a device.

    On a GPU it is float16: as fast as bfloat16, and far closer to float32 (benchmarks/device_agreement.json).
    """
    return torch.float16 if torch.device(device).type == "cuda" else torch.float32


def computing_in(dtype: torch.dtype, device: str | torch.device) -> AbstractContextManager:
    """Run matrix products and convolutions in `dtype`; weights stay as they are, and float32 changes nothing at all."""
    return nullcontext() if dtype == torch.float32 else torch.autocast(torch.device(device).type, dtype)
