"""The config fields that all compositors share. It imports no torch, so that the command line starts quickly."""

from dataclasses import dataclass, field, fields
from typing import ClassVar

_MAY_BE_ZERO = ("vep_layers", "tep_layers")


@dataclass(frozen=True)
class CompositorConfig:
    """Model facts; they travel in the checkpoint. The paper gives K and the parts; every width and count is our choice.

    A row of the paper's table adds its own fields in a subclass.

    Attributes:
        reads: what the compositor reads of a picture: its "regions", or the "feature_map" of the whole. Fixed by each class.
        vocabulary: words the network knows, in id order from 1; for "minilm", words that typos are corrected to.
        feature_width: F of a region's feature, or C of the feature map, whichever is read.
        aliases: other spellings -> words of the vocabulary; none for "minilm".
        max_regions: K: 36 is the paper's "big", 18 its "small" setting.
        max_words: longest sentence in words.
        width: D.
        heads: H.
        tep_layers: self-attention layers over words; 0 leaves words as they come in.
        expansion: hidden width of feed-forward layers, as a multiple of D.
        embedding_width: E, of the joint space.
        dropout: on residual branches, in training.
        words: "learned" embeddings of the vocabulary as in the paper, or features of the pretrained "minilm" for free text.
        word_width: W, the width of such features.
        topics: words for what can be asked for, for "minilm": a word that is not in the vocabulary, not an everyday word, names
            no colour and is near no topic is left out of the sentence, and reported. Without topics, no word is left out for
            its meaning.
    """

    reads: ClassVar[str] = "regions"

    vocabulary: tuple[str, ...]
    feature_width: int
    aliases: dict[str, str] = field(default_factory=dict)
    max_regions: int = 36
    max_words: int = 32
    width: int = 128
    heads: int = 4
    tep_layers: int = 2
    expansion: int = 2
    embedding_width: int = 256
    dropout: float = 0.0
    words: str = "learned"
    word_width: int = 772
    topics: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "vocabulary", tuple(self.vocabulary))
        object.__setattr__(self, "topics", tuple(self.topics))
        if self.words not in ("learned", "minilm"):
            raise ValueError(f'words are "learned" or "minilm", not {self.words!r}')
        if self.words == "learned" and not self.vocabulary:
            raise ValueError("the vocabulary has no words")
        if self.words == "minilm" and self.aliases:
            raise ValueError("aliases belong to a learned vocabulary; minilm reads other spellings by itself")
        counts = {f.name: getattr(self, f.name) for f in fields(self) if f.type in (int, "int")}
        if wrong := {name: count for name, count in counts.items() if count < (name not in _MAY_BE_ZERO)}:
            raise ValueError(f"widths and counts start at 1, and those of {' and '.join(_MAY_BE_ZERO)} at 0: {wrong}")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide into {self.heads} heads")
        shares = {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("dropout")}
        if not all(0 <= share < 1 for share in shares.values()):
            raise ValueError(f"dropout must be in [0, 1): {shares}")

    @property
    def attends(self) -> bool:
        """Whether words and regions attend to each other."""
        return False


@dataclass(frozen=True)
class RegionCompositorConfig(CompositorConfig):
    """Hyper-parameters of every compositor that reads regions.

    Attributes:
        vep_layers: self-attention layers over regions; 0 leaves regions as they come in.
    """

    vep_layers: int = 2


@dataclass(frozen=True)
class FeatureMapCompositorConfig(CompositorConfig):
    """Hyper-parameters of every compositor that reads the feature map of the whole picture.

    Attributes:
        tep_layers: one, since the sentence encoders in these rows' papers have one layer.
        cells: h * w, of the feature map.
        cell_width: hidden width of the layers that are learned for each cell.
    """

    reads: ClassVar[str] = "feature_map"

    tep_layers: int = 1
    cells: int = 36
    cell_width: int = 128
