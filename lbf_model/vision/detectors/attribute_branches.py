"""How the project's own detector describes a region: a small branch per attribute, whose activations are its feature."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.vision.detectors.detector_config import DetectorConfig
from lbf_model.vision.detectors.region_readers import (
    ForegroundHead,
    FrozenReader,
    PaletteEncoder,
    PixelEncoder,
    TextureEncoder,
    frozen_channels,
    pool_frozen,
)


class Description(NamedTuple):
    """The description of N regions.

    Attributes:
        features: (N, DetectorConfig.feature_width) float, the branches' hidden activations side by side.
        logits: attribute -> (N, values) float, from the attribute's own branch.
        frozen: the same from the frozen body, for the attributes that are read from it.
        foreground: (N, 1, 14, 14) float logits, or None.
        wholes: (N,) float in [0, 1], the frozen body's probability that each is a whole object; None without min_frozen_score.
    """

    features: Tensor
    logits: dict[str, Tensor]
    frozen: dict[str, Tensor]
    foreground: Tensor | None
    wholes: Tensor | None = None

    @property
    def together(self) -> dict[str, Tensor]:
        """The logits of both, added as independent evidence."""
        return {name: own + self.frozen[name] if name in self.frozen else own for name, own in self.logits.items()}


class AttributeBranches(nn.Module):
    """One hidden layer and one classifier per attribute, from the box head's output and the normalised box, or from pixels."""

    def __init__(self, config: DetectorConfig):
        super().__init__()
        width, channels, attributes = config.attribute_width, config.pyramid_channels, config.attributes
        self.config = config
        self.foreground = ForegroundHead(channels) if config.foreground else None
        self.pixels = PixelEncoder(width) if config.from_pixels else None
        self.palette = PaletteEncoder() if config.from_palette else None
        self.texture = TextureEncoder() if config.from_cloth else None

        def inputs(name: str) -> int:
            if name in config.from_pixels:
                return width
            if name in config.from_palette:
                return PaletteEncoder.outputs
            return config.hidden + 4 + 2 * channels * (name in config.from_cloth)

        self.hidden = nn.ModuleDict({name: nn.Linear(inputs(name), width) for name in attributes})
        self.classify = nn.ModuleDict({name: nn.Linear(width, len(values)) for name, values in attributes.items()})
        inputs_frozen = frozen_channels(config.frozen_body) if config.frozen_body else 0
        readers = {name: FrozenReader(inputs_frozen, width, len(attributes[name])) for name in config.from_frozen}
        self.frozen = nn.ModuleDict(readers)
        self.whole = FrozenReader(inputs_frozen, width, 2) if config.min_frozen_score else None

    def quick_parameters(self) -> list[nn.Parameter]:
        """Parameters of the branches that do not use the box head: small networks, which can take a higher learning rate."""
        alone = (*self.config.from_pixels, *self.config.from_palette)
        modules = [*self.frozen.values(), *(part[name] for part in (self.hidden, self.classify) for name in alone)]
        return [p for module in (*modules, *filter(None, [self.pixels])) for p in module.parameters()]

    def forward(
        self, pooled: Tensor, hidden: Tensor, boxes_unit: Tensor, maps: dict[str, Tensor], boxes: list[Tensor]
    ) -> Description:
        """Describe N boxes.

        Args:
            pooled: (N, C, 7, 7) float, from the feature pyramid.
            hidden: (N, hidden) float, the box head's output.
            boxes_unit: (N, 4) float, xyxy in [0, 1]. An object's size is read from its box and position, which RoI pooling has
                normalised away.
            maps: the pyramid; "pixels", (B, 3, height, width) float, the pictures as the detector sees them; and the frozen
                body's maps.
            boxes: B tensors of the same N boxes, xyxy in pixels of `maps["pixels"]`.
        """
        x = torch.cat([hidden, boxes_unit], 1)
        foreground = self.foreground(pooled) if self.foreground else None
        # The foreground is trained by its own loss; the branches that read through it must not change it.
        weights = foreground.detach().sigmoid() if self.foreground else None
        colors = self.pixels(maps["pixels"], boxes, weights) if self.pixels else None
        palette = self.palette(maps["pixels"], boxes, weights) if self.palette else None
        cloth = torch.cat([x, self.texture(maps["1"], boxes, weights)], 1) if self.texture else None

        def seen(name: str) -> Tensor:
            if name in self.config.from_pixels:
                return colors
            if name in self.config.from_palette:
                return palette
            return cloth if name in self.config.from_cloth else x

        branches = {name: F.relu(layer(seen(name))) for name, layer in self.hidden.items()}
        logits = {name: self.classify[name](h) for name, h in branches.items()}
        pooled_frozen = pool_frozen(maps, boxes) if self.config.frozen_body else None
        read = {name: reader(pooled_frozen) for name, reader in self.frozen.items()}
        features = torch.cat([*branches.values(), *(own for own, _ in read.values())], 1)
        wholes = self.whole(pooled_frozen)[1].softmax(1)[:, 1] if self.whole else None
        return Description(features, logits, {name: told for name, (_, told) in read.items()}, foreground, wholes)

    def tell(self, features: Tensor, name: str) -> Tensor:
        """Logits of one attribute, (M, values), from region features (M, F)."""
        own = self.classify[name](features[:, self.config.slice_of(name)])
        more = self.config.frozen_slice_of(name)
        return own if more is None else own + self.frozen[name].classify(features[:, more])
