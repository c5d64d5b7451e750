"""Cross-modal fusion: two streams that attend to each other."""

from torch import Tensor, nn

from lbf_model.network.attention import Attention, SelfAttentionBlock

STREAMS = ("both", "visual", "linguistic")


class FusionLayer(nn.Module):
    """One of the paper's layers T_0..T_L: cross-attention, self-attention, linear, in both streams.

    Visual stream: Q from regions, K and V from words. Linguistic stream: the mirror image. Both read the other stream as it
    was before this layer. Residuals and pre-norm are our choice; the paper does not specify them.

    With only the visual or the linguistic stream, the other one passes through unchanged.
    """

    def __init__(self, width: int, heads: int, expansion: int, dropout: float, streams: str = "both"):
        super().__init__()
        visual, linguistic = streams != "linguistic", streams != "visual"
        self.norm_regions, self.norm_words = nn.LayerNorm(width), nn.LayerNorm(width)
        self.regions_to_words = Attention(width, heads) if visual else None
        self.words_to_regions = Attention(width, heads) if linguistic else None
        self.region_block = SelfAttentionBlock(width, heads, expansion, dropout) if visual else None
        self.word_block = SelfAttentionBlock(width, heads, expansion, dropout) if linguistic else None
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, regions: Tensor, words: Tensor, region_mask: Tensor, word_mask: Tensor, links: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Let regions and words attend to each other once.

        Args:
            regions: (B, R, D) float.
            words: (B, T, D) float.
            region_mask: (B, R) bool, True where real.
            word_mask: (B, T) bool, True where real.
            links: (B, R) bool, regions that words may touch: no word attends to the others, nor they to any word. At least
                one per row. None links all real regions.

        Returns:
            regions: (B, R, D).
            words: (B, T, D).
            word_to_region: (B, H, T, R), rows sum to 1 over linked regions; None without the linguistic stream.
            region_to_word: (B, H, R, T), rows sum to 1, and are 0 for regions without a link; None without the visual stream.
        """
        r, w = self.norm_regions(regions), self.norm_words(words)
        word_to_region = region_to_word = None
        if self.regions_to_words is not None:
            from_words, region_to_word = self.regions_to_words(r, w, word_mask)
            if links is not None:
                from_words = from_words * links[..., None]
                region_to_word = region_to_word * links[:, None, :, None]
            regions = self.region_block(regions + self.dropout(from_words), region_mask)
        if self.words_to_regions is not None:
            from_regions, word_to_region = self.words_to_regions(w, r, region_mask if links is None else region_mask & links)
            words = self.word_block(words + self.dropout(from_regions), word_mask)
        return regions, words, word_to_region, region_to_word
