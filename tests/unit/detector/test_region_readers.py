"""Colours and textures of a region are read from its foreground alone."""

import cv2
import numpy as np
import pytest
import torch

from lbf_model.vision.detectors.region_readers import CELLS, PIXEL_MEAN, PIXEL_STD, PaletteEncoder, PixelEncoder, TextureEncoder


@pytest.mark.parametrize("encoder", ["colours", "textures"])
def test_what_is_not_foreground_is_not_read(encoder):
    torch.manual_seed(0)
    maps, weights = torch.rand(1, 3, 28, 28), torch.zeros(1, 1, CELLS, CELLS)
    weights[..., : CELLS // 2] = torch.rand(CELLS, CELLS // 2)
    elsewhere, there = maps.clone(), maps.clone()
    elsewhere[..., 16:] += 1
    there[..., :12] += 1
    if encoder == "colours":
        read = lambda seen: PixelEncoder(4)(seen, [torch.tensor([[0.0, 0, 28, 28]])], weights)  # noqa: E731
    else:
        read = lambda seen: TextureEncoder()(seen, [torch.tensor([[0.0, 0, 224, 224]])], weights)  # noqa: E731
    answers = []
    for seen in (maps, elsewhere, there):
        torch.manual_seed(1)
        answers.append(read(seen))
    assert torch.allclose(answers[0], answers[1]) and not torch.allclose(answers[0], answers[2], atol=0.01)


def test_a_palette_is_of_the_foreground_alone_and_its_colors_are_those_of_cielab():
    pixels = torch.zeros(1, 3, 32, 64)
    pixels[:, 0, :, :32], pixels[:, 2, :, 32:] = 0.8, 0.6  # red on the left, blue on the right
    seen = (pixels - torch.tensor(PIXEL_MEAN)[:, None, None]) / torch.tensor(PIXEL_STD)[:, None, None]
    left = torch.zeros(1, 1, CELLS, CELLS)
    left[..., : CELLS // 2 - 1] = 1
    both = torch.ones_like(left)
    boxes = [torch.tensor([[0.0, 0, 64, 32]])]
    red, mixed = (PaletteEncoder()(seen, boxes, foreground)[0] for foreground in (left, both))
    wanted = cv2.cvtColor(np.full((1, 1, 3), (0.8, 0, 0), np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    mean, spread = red[-6:-3] * 2.5, red[-3:] * 2.5
    assert mean.numpy() == pytest.approx(wanted, abs=0.5) and spread.abs().max() < 0.5
    for palette in (red, mixed):
        shares = (palette[:-6] / 20) ** 2
        assert shares.sum() == pytest.approx(1, abs=1e-4) and shares.count_nonzero() <= 16
    assert mixed[-3:].max() * 2.5 > 20


def test_texture_is_mean_and_spread_of_the_foreground():
    cells = torch.rand(1, 2, CELLS, CELLS).repeat_interleave(2, 2).repeat_interleave(2, 3)
    mean, spread = TextureEncoder()(cells, [torch.tensor([[0.0, 0, 224, 224]])], torch.ones(1, 1, CELLS, CELLS)).view(2, 2)
    assert torch.allclose(mean, cells.mean((2, 3))[0], atol=1e-5)
    assert torch.allclose(spread, cells.std((2, 3), correction=0)[0], atol=1e-3)
