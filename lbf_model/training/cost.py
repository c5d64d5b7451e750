"""What a compositor costs: its parameters, and the multiplications and additions of one query."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.vision.detectors.base import FEATURE_MAP_SIDE

REGIONS, WORDS = 10, 8  # in the query whose operations are counted


@torch.inference_mode()
def query_cost(model: Compositor) -> dict[str, float]:
    """The cost of a query without detection, which all compositors share, and without search.

    Returns:
        "parameters"; and "MFLOP a query", counting matrix products, for a picture with REGIONS regions and WORDS words.
    """
    c = model.config
    device = next(model.parameters()).device
    maps = None
    if c.reads == "feature_map":
        maps = torch.zeros(1, c.feature_width, FEATURE_MAP_SIDE, FEATURE_MAP_SIDE)
    features, boxes = torch.zeros(1, REGIONS, c.feature_width), torch.zeros(1, REGIONS, 4)
    pictures = RegionBatch(features, boxes, torch.ones(1, REGIONS, dtype=torch.bool), maps)
    values = torch.zeros(1, WORDS, c.word_width) if c.words == "minilm" else torch.ones(1, WORDS, dtype=torch.int64)
    words = WordBatch(values, torch.ones(1, WORDS, dtype=torch.bool))
    with FlopCounterMode(display=False) as counter:
        model.eval().compose_query(pictures.to(device), words.to(device))
    recurrent = sum(_lstm_flops(m, 1 + WORDS) for m in model.modules() if isinstance(m, nn.LSTM))
    count = sum(p.numel() for p in model.parameters())
    return {"parameters": count, "MFLOP a query": round((counter.get_total_flops() + recurrent) / 1e6, 3)}


def _lstm_flops(lstm: nn.LSTM, steps: int) -> int:
    """FLOPs of all steps; on a CPU, PyTorch's counter sees the LSTM as one opaque operation and counts nothing."""
    return steps * sum(2 * weight.numel() for name, weight in lstm.named_parameters() if name.startswith("weight"))
