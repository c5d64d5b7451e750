"""From a set of vectors to one."""

import torch
from torch import Tensor, nn


class GatedPooling(nn.Module):
    """Pool a set: sum_i sigmoid(gate(x_i)) * MLP(x_i).

    The paper leaves pooling open. A sum keeps how many objects there are, and the gate lets an item add nothing: a removed
    object, a word that only points. The MLP gives every object (place, shape, colour, size together) a direction of its own.
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
        return (gate * self.value(x)).float().sum(1)  # embeddings are float32, whatever the layers compute in
