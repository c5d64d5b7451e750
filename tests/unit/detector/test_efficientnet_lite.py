"""The detector's body has the published channels, takes ImageNet weights, and answers the same when made faster."""

import pytest
import torch

from lbf_model.vision.detectors.efficientnet_lite import EfficientNetLite, pyramid_channels


@pytest.mark.parametrize("body, channels", [("lite0", (24, 40, 112, 320)), ("lite2", (24, 48, 120, 352))])
def test_each_body_has_the_published_channels_at_four_strides(body, channels):
    assert pyramid_channels(body) == channels
    maps = EfficientNetLite(body).eval()(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps.values()] == [
        (c, 64 // s, 96 // s) for c, s in zip(channels, (4, 8, 16, 32), strict=True)
    ]


def test_imagenet_weights_must_fit():
    body = EfficientNetLite()
    tensors = {name: t + 1 if t.is_floating_point() else t for name, t in body.state_dict().items()}
    body.load_imagenet(tensors)
    assert all(torch.equal(values, tensors[name]) for name, values in body.state_dict().items())
    first = next(iter(tensors))
    with pytest.raises(ValueError, match="do not fit"):
        body.load_imagenet({**tensors, first: torch.zeros(1)})


@pytest.mark.parametrize("faster", [EfficientNetLite.multiply_pointwise, EfficientNetLite.convolve_with_onednn])
def test_a_body_that_was_made_faster_gives_the_same_numbers(faster):
    torch.manual_seed(0)
    body = EfficientNetLite().eval()
    for name, buffer in body.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            buffer.normal_()
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = body(images)
        body.fold_norms()
        folded = body(images)
        faster(body)
        faster_still = body(images)
    for level, wanted in before.items():
        for after in (folded, faster_still):
            assert torch.allclose(after[level], wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    left = [module for module in body.modules() if isinstance(module, torch.nn.Conv2d)]
    assert left and all(module.kernel_size != (1, 1) for module in left)
