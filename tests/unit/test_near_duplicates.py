"""Copies are the same picture; pictures that only look poor in detail are not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from lbf_model.gallery import near_duplicates
from lbf_model.gallery.near_duplicates import PerceptualHashes, difference, group_near_duplicates
from lbf_model.vision.perceptual_hash import perceptual_hash


def stacked(hashes) -> np.ndarray:
    return np.stack(list(hashes)).astype(np.uint8)


def flat(gray: int = 100) -> np.ndarray:
    """The bytes of a gray square: (385,)."""
    return np.concatenate([[128], np.full(256, gray), np.full(128, 128)]).astype(np.uint8)


def same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    return difference(one, other) <= 1


def random_hashes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 385), np.uint8)


# Pictures that were once taken for one another


def page(seed: int) -> Image.Image:
    rng, font = np.random.default_rng(seed), ImageFont.load_default(11)
    picture = Image.new("RGB", (600, 800), "white")
    for top in range(40, 760, 13):
        line = "".join(rng.choice(list("abcdefghij klmnop qrstuv wxyz "), 95))
        ImageDraw.Draw(picture).text((40, top), line, "black", font)
    return picture


def sketch(corners: tuple) -> Image.Image:
    picture = Image.new("RGB", (600, 600), "white")
    ImageDraw.Draw(picture).line([*corners, corners[0]], "black", 2)
    return picture


def garment(color: tuple, outline: tuple = ((100, 80), (200, 80), (200, 240), (100, 240))) -> Image.Image:
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).polygon(outline, color)
    return picture


def scene(color: tuple | None) -> Image.Image:
    """Boxes on a gray ground; the last is small and may be another, or missing."""
    picture = Image.linear_gradient("L").resize((180, 120)).point(lambda v: 180 + v // 4).convert("RGB")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 30, 55, 65), (42, 75, 215))
    pen.ellipse((100, 20, 125, 45), (41, 208, 208))
    if color:
        pen.rectangle((92, 76, 106, 90), color)
    return picture


LONG_SLEEVES = (
    *((100, 80), (200, 80), (260, 200), (235, 215), (200, 150)),
    *((200, 240), (100, 240), (100, 150), (65, 215), (40, 200)),
)
LOOKALIKES = {
    "pages": [page(seed) for seed in range(6)],
    "drawings": [
        sketch(((120, 120), (480, 120), (480, 480), (120, 480))),
        sketch(((300, 80), (520, 480), (80, 480))),
        sketch(((300, 80), (540, 480), (60, 480))),
    ],
    "pale garments": [
        garment((240, 240, 240)),
        garment((228, 240, 250)),
        garment((244, 232, 232), LONG_SLEEVES),
        garment((246, 246, 230), LONG_SLEEVES),
    ],
    # Gray, brown and purple of these are equally bright.
    "scenes": [scene(None), scene((87, 87, 87)), scene((129, 74, 25)), scene((129, 38, 192)), scene((255, 238, 51))],
}
EVERYTHING = stacked(perceptual_hash(picture) for pictures in LOOKALIKES.values() for picture in pictures)


def saved(picture: Image.Image, factor: float = 1, **settings) -> Image.Image:
    file = io.BytesIO()
    picture.resize([round(side * factor) for side in picture.size], Image.Resampling.BICUBIC).save(file, **settings)
    with Image.open(file) as again:
        return again.convert("RGB")


COPIES = {
    "jpeg 50": {"format": "JPEG", "quality": 50},
    "the page's own": {"format": "JPEG", "quality": 92, "subsampling": 0},
    "webp": {"format": "WEBP", "quality": 80},
    "half": {"factor": 0.5, "format": "JPEG", "quality": 85},
    "larger": {"factor": 1.5, "format": "JPEG", "quality": 85},
}


def test_lookalikes_stay_apart():
    groups = group_near_duplicates(EVERYTHING)
    assert groups.tolist() == list(range(len(EVERYTHING)))


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("name", LOOKALIKES)
def test_copies_are_found_and_nothing_else(name, kind):
    hashes = PerceptualHashes(EVERYTHING)
    for picture in LOOKALIKES[name]:
        copy = perceptual_hash(saved(picture, **COPIES[kind]))
        assert np.array_equal(EVERYTHING[hashes.find_same(copy)], perceptual_hash(picture)[None])


# The decision, byte by byte


def changed(byte: int, by: int, gray: int = 100) -> np.ndarray:
    values = flat(gray).astype(int)
    values[byte] += by
    return values.astype(np.uint8)


@pytest.mark.parametrize(("byte", "limit"), [(0, 1), (1, 6), (256, 6), (257, 4), (384, 4)])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_byte_decides(byte, limit, sign):
    assert same_picture(flat(), changed(byte, sign * limit))
    assert not same_picture(flat(), changed(byte, sign * (limit + 1)))


def test_difference_is_a_multiple_of_the_limit_and_knows_no_order():
    one, other = flat(), changed(300, 6)
    assert difference(one, other) == difference(other, one) == 1.5
    assert difference(one, one) == 0
    assert difference(flat(250), flat(3)) == 247 / 6, "bytes do not wrap around"
    assert not same_picture(flat(3), flat(255))


# Grouping and finding


def test_grouping_does_not_chain():
    a, b, c = (flat(gray) for gray in (100, 105, 110))
    assert same_picture(a, b) and same_picture(b, c) and not same_picture(a, c)
    assert group_near_duplicates(stacked([a, b, c])).tolist() == [0, 0, 2]
    assert group_near_duplicates(stacked([b, a, c])).tolist() == [0, 0, 0]
    assert group_near_duplicates(stacked([a, c, b])).tolist() == [0, 1, 0], "the first of two that fit"
    assert group_near_duplicates(stacked([a, b, c, b])).tolist() == [0, 0, 2, 0], "equal hashes go together"


def test_grouping_agrees_with_the_decision_pair_by_pair(monkeypatch):
    monkeypatch.setattr(near_duplicates, "_BLOCK", 16)
    rng = np.random.default_rng(1)
    # A few pictures, each many times with noise about as large as the limits.
    originals = rng.integers(20, 236, (12, 385))
    rows = rng.integers(0, 12, 60)
    noise = rng.integers(-2, 3, (60, 385))
    noise[:, 0] = 0
    noise[::3, 300] += 4
    hashes = stacked([*(originals[rows] + noise), *(flat(int(gray)) for gray in rng.integers(90, 120, 30))])
    expected: list[int] = []
    for row, text in enumerate(hashes):
        leaders = [i for i, leader in enumerate(expected) if leader == i]
        expected.append(next((i for i in leaders if same_picture(hashes[i], text)), row))
    found = group_near_duplicates(hashes)
    assert found.dtype == np.int64 and found.tolist() == expected
    assert 12 < len(set(expected)) < 80, "some join, some do not"
    decoded = PerceptualHashes(hashes)
    for text in hashes[::10]:
        assert decoded.find_same(text).tolist() == [i for i, other in enumerate(hashes) if same_picture(other, text)]


def test_no_pair_is_ruled_out_too_early():
    """Every cell at its limit: no copy lies further from its picture. Many rows between them, in another block."""
    darker = np.concatenate([[128], np.full(128, 40), np.full(128, 240), np.full(128, 120)])
    lighter = darker + np.repeat([1, 6, 4], [1, 256, 128])
    darker, lighter = darker.astype(np.uint8), lighter.astype(np.uint8)
    assert difference(darker, lighter) == 1
    for one, other in ((darker, lighter), (lighter, darker)):
        hashes = stacked([one, *random_hashes(300), other])
        assert PerceptualHashes(hashes).find_same(one).tolist() == [0, 301]
        assert group_near_duplicates(hashes)[-1] == 0


@pytest.mark.parametrize("kind", ["noise", "one place differs"])
def test_a_picture_is_compared_with_few_others(kind, monkeypatch):
    """What differs is found, wherever it lies, and pictures are compared only where they agree in it."""
    hashes = random_hashes(600)
    if kind == "one place differs":
        hashes = np.where(np.arange(385) // 8 == 20, hashes, flat())
    compared, same = [], PerceptualHashes._same

    def counted(self, rows, value):
        compared.append(len(rows))
        return same(self, rows, value)

    monkeypatch.setattr(PerceptualHashes, "_same", counted)
    assert group_near_duplicates(hashes).tolist() == list(range(600))
    assert sum(compared) < 600 * 599 / 2 / 1000


def test_empty_galleries_and_strangers():
    empty = np.zeros((0, 385), np.uint8)
    assert group_near_duplicates(empty).shape == (0,)
    assert len(PerceptualHashes(empty)) == 0 and PerceptualHashes(empty).find_same(flat()).shape == (0,)
    found = PerceptualHashes(random_hashes(5)).find_same(flat())
    assert found.shape == (0,) and found.dtype == np.int64


@pytest.mark.parametrize("values", [flat()[:-1], flat().astype(int), np.append(flat(), 0).astype(np.uint8)], ids=len)
def test_what_is_not_a_hash_is_refused(values):
    for attempt in (
        lambda: same_picture(values, values),
        lambda: PerceptualHashes(values[None]),
        lambda: PerceptualHashes(flat()[None]).find_same(values),
        lambda: group_near_duplicates(values[None]),
    ):
        with pytest.raises(ValueError, match="index the pictures again"):
            attempt()
