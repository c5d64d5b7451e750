"""What a region's attributes are read from, besides the box head: its foreground, colours and texture, and a frozen body."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_align

from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels

PIXEL_MEAN, PIXEL_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet; pictures are normalised with them
CELLS = 14  # cells per side in which colours and textures are read
FROZEN_STRIDES = {"2": 16, "3": 32}  # of the frozen body's maps that are read


class ForegroundHead(nn.Module):
    """Which cells of a region show the object itself: a small Mask R-CNN head on the pooled region."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 1, 1),
        )

    def forward(self, pooled: Tensor) -> Tensor:
        """(N, C, 7, 7) float -> (N, 1, 14, 14) float, logits."""
        return self.layers(pooled)


class PixelEncoder(nn.Module):
    """A region's colours without its shape: the same two layers on each of some pixels of the box, then the mean.

    A deep feature encodes the shape, and a colour branch that reads it learns which colours a shape had in training. It is then
    often wrong on shape-colour pairs that it has never seen. Single pixels have no shape to rely on.
    """

    def __init__(self, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 32, 1), nn.ReLU(), nn.Conv2d(32, outputs, 1), nn.ReLU())

    def forward(self, images: Tensor, boxes: list[Tensor], foreground: Tensor | None = None) -> Tensor:
        """Encode the colours of N boxes.

        Args:
            images: (B, 3, height, width) float.
            boxes: B tensors (N_i, 4), xyxy pixels.
            foreground: (N, 1, 14, 14) float in [0, 1], the weight of each cell; None uses 7x7 cells of equal weight.

        Returns:
            (N, outputs) float.
        """
        if foreground is None:
            return self.layers(roi_align(images, boxes, 7, sampling_ratio=1, aligned=True)).mean((2, 3))
        return _weighted_mean(self.layers(roi_align(images, boxes, CELLS, sampling_ratio=1, aligned=True)), foreground)


class PaletteEncoder(nn.Module):
    """How much of a region's foreground has each colour, and the colours' mean and spread; nothing here is learned.

    Colours are cells of CIELAB, where equal steps look equally far apart. On photographs, a branch that reads this names 74 %
    of the colours as people do; one that reads the mean encoding of single pixels, 66 %.
    """

    cells = (8, 9, 9)  # of lightness, a and b
    outputs = 8 * 9 * 9 + 6
    _lowest, _highest = (0.0, -60.0, -60.0), (100.0, 60.0, 60.0)

    @torch.no_grad()
    def forward(self, images: Tensor, boxes: list[Tensor], foreground: Tensor) -> Tensor:
        """(B, 3, height, width) float as the body sees it, B box tensors, (N, 1, 14, 14) in [0, 1] -> (N, outputs) float."""
        seen = roi_align(images, boxes, 2 * CELLS, sampling_ratio=1, aligned=True)
        mean, std = (seen.new_tensor(numbers)[:, None, None] for numbers in (PIXEL_MEAN, PIXEL_STD))
        lab = rgb_to_lab((seen * std + mean).clamp(0, 1)).flatten(2)
        weights = F.interpolate(foreground, scale_factor=2, mode="bilinear", align_corners=False).flatten(1)
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-3)
        light, a, b = (
            _shares(lab[:, axis], low, high, cells)
            for axis, (low, high, cells) in enumerate(zip(self._lowest, self._highest, self.cells, strict=True))
        )
        hue = (a[..., :, None] * b[..., None, :]).flatten(2)
        histogram = (light * weights[..., None]).transpose(1, 2) @ hue
        mean = (lab * weights[:, None]).sum(2)
        spread = ((lab - mean[..., None]).square() * weights[:, None]).sum(2).sqrt()
        # Square roots, so that rare colours count; the factors bring the values to about the scale that other branches read.
        return torch.cat([20 * histogram.flatten(1).sqrt(), mean / 2.5, spread / 2.5], 1)


def rgb_to_lab(pixels: Tensor) -> Tensor:
    """sRGB (N, 3, ...) float in [0, 1] -> CIELAB under daylight (D65): lightness in [0, 100], a and b about [-100, 100]."""
    linear = torch.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    r, g, b = linear.unbind(1)
    xyz = torch.stack(
        [
            (0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.950456,
            0.212671 * r + 0.715160 * g + 0.072169 * b,
            (0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754,
        ]
    )
    x, y, z = torch.where(xyz > 0.008856, xyz.clamp(min=1e-6) ** (1 / 3), 7.787 * xyz + 16 / 116)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _shares(values: Tensor, low: float, high: float, cells: int) -> Tensor:
    """(N, S) -> (N, S, cells): each value, split between the two cells whose centres it lies between; rows sum to 1."""
    place = ((values - low) / (high - low) * cells - 0.5).clamp(0, cells - 1)
    return (1 - (place[..., None] - torch.arange(cells, device=values.device)).abs()).clamp(min=0)


def pool_frozen(maps: dict[str, Tensor], boxes: list[Tensor]) -> Tensor:
    """(N, `frozen_channels`) float: mean and maximum of the frozen body's maps over N boxes in pixels of the scaled picture."""
    cells = [
        roi_align(maps[f"frozen {level}"], boxes, 7, spatial_scale=1 / stride, sampling_ratio=1, aligned=True).flatten(2)
        for level, stride in FROZEN_STRIDES.items()
    ]
    return torch.cat([pooled for c in cells for pooled in (c.mean(2), c.amax(2))], 1)


def frozen_channels(body: str) -> int:
    """Width of what `pool_frozen` returns."""
    return 2 * sum(pyramid_channels(body)[int(level)] for level in FROZEN_STRIDES)


class FrozenReader(nn.Module):
    """Classifies a region from what `pool_frozen` returns for it.

    It has a loss of its own. If its logits were added to the trained body's in training, it would learn nothing: the trained
    body memorises the training pictures, and leaves nothing to learn.
    """

    def __init__(self, inputs: int, width: int, values: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(inputs, affine=False)
        self.hidden = nn.Linear(inputs, width)
        self.classify = nn.Linear(width, values)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """(N, inputs) float -> hidden activations (N, width) and logits (N, values)."""
        # A single row has no variance to normalise by.
        scaled = self.norm(seen) if len(seen) > 1 or not self.training else seen
        hidden = F.relu(self.hidden(F.dropout(scaled, 0.5, self.training)))
        return hidden, self.classify(hidden)


class TextureEncoder(nn.Module):
    """A region's texture without its shape: mean and spread of a fine feature map over the region's foreground."""

    stride = 8

    def forward(self, fine: Tensor, boxes: list[Tensor], foreground: Tensor) -> Tensor:
        """(B, C, h, w) float at stride 8, B box tensors in pixels of the picture, (N, 1, 14, 14) -> (N, 2 C)."""
        cells = roi_align(fine, boxes, CELLS, spatial_scale=1 / self.stride, sampling_ratio=1, aligned=True)
        mean = _weighted_mean(cells, foreground)
        spread = _weighted_mean((cells - mean[:, :, None, None]).square(), foreground)
        return torch.cat([mean, (spread + 1e-4).sqrt()], 1)


def _weighted_mean(cells: Tensor, weights: Tensor) -> Tensor:
    return (cells * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1e-3)
