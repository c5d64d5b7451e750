"""Multi-head attention that returns its weights, and the residual block built on it.

Shapes: `B` batch, `Q` queries, `C` context items, `H` heads, `D` width.
"""

from torch import Tensor, nn


class Attention(nn.Module):
    """Scaled dot-product attention (Vaswani et al., 2017, eq. 1) with H heads; weights are returned, never stored."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} does not divide into {heads} heads")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, context_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Let every item of `x` attend to the real items of `context`.

        Args:
            x: (B, Q, D) float.
            context: (B, C, D) float.
            context_mask: (B, C) bool, True where real; at least one per row.

        Returns:
            output: (B, Q, D).
            weights: (B, H, Q, C); each row sums to 1 over real items, exactly 0 on padding.
        """
        batch, queries, width = x.shape
        part = width // self.heads
        q = self.query(x).view(batch, queries, self.heads, part).transpose(1, 2)
        k, v = self.key_value(context).view(batch, -1, 2, self.heads, part).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) * part**-0.5
        scores = scores.masked_fill(~context_mask[:, None, None, :], float("-inf"))
        weights = scores.softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, queries, width)), weights


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, expansion: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class SelfAttentionBlock(nn.Module):
    """Self-attention, then feed-forward, each with a layer norm before it and a residual around it (pre-norm: our choice)."""

    def __init__(self, width: int, heads: int, expansion: int, dropout: float):
        super().__init__()
        self.norm_attention, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feed = FeedForward(width, expansion)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, Q, D) float and (B, Q) bool, True where real -> (B, Q, D)."""
        y = self.norm_attention(x)
        x = x + self.dropout(self.attention(y, y, mask)[0])
        return x + self.dropout(self.feed(self.norm_feed(x)))
