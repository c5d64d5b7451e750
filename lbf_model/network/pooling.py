"""From a set of vectors to one."""

import torch
from torch import Tensor, nn


class GatedPooling(nn.Module):
    """Pool a set: sum_i sigmoid(gate(x_i)) * MLP(x_i).

    The paper does not specify the pooling. A sum preserves the number of objects, and the gate lets an item add nothing, such
    as a removed object or a word that only points. The MLP gives every object (its place, shape, colour and size together) a
    direction of its own.
    """

    def __init__(self, width: int, outputs: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 1)
        self.value = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, outputs))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, N, D) float and (B, N) bool, True where real -> (B, E)."""
        x = self.norm(x)
        gate = torch.sigmoid(self.gate(x)) * mask[..., None]
        return (gate * self.value(x)).float().sum(1)  # embeddings are float32, whatever dtype the layers compute in
