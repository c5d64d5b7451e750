"""What a detector of garments learns from: pictures, masks, parts and labels."""

import shutil
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import read_config, save_checkpoint
from lbf_model.tasks.garments import reader_fitting
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.augmentation import ground_beside
from lbf_model.tasks.garments.detector_pictures import GARMENT_ATTRIBUTES, GarmentPictures, GarmentSource, attribute_labels
from lbf_model.tasks.garments.other_pictures import TAUGHT
from lbf_model.tasks.garments.reader_fitting import fit_readers
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.detector_config import IGNORED
from lbf_model.vision.detectors.registry import load_detector
from tests.small import GARMENTS
from tests.unit.garments.small_garments import SEED


def test_readers_are_fitted_and_all_else_stays(photographs, drawings, tmp_path, monkeypatch):
    monkeypatch.setattr(reader_fitting, "_OTHERS", 1)
    torch.manual_seed(0)
    config, start = replace(GARMENTS, attribute_width=16), tmp_path / "start"
    save_checkpoint(start, "detector", build_faster_rcnn(config), config, {"training": {"steps": 5}}, half=True)
    told = fit_readers(start, tmp_path / "fitted", photographs, drawings, SEED)
    assert told["palettes"] > len(photographs.records) + len(drawings.records) // 2, "plain photographs count twice"
    assert told["pictures without a garment"] == len(TAUGHT)
    header = read_config(tmp_path / "fitted", "detector")
    assert header["training"] == {"steps": 5, "readers": told}
    before, after = (load_detector(folder) for folder in (start, tmp_path / "fitted"))
    own, new = (detector.model.state_dict() for detector in (before, after))
    changed = {
        name.removeprefix("roi_heads.branches.") for name in new if name not in own or not torch.equal(own[name], new[name])
    }
    assert {name.split(".")[0] for name in changed} == {"hidden", "classify", "frozen", "whole"}
    layers = {f"frozen.kind.{part}.{kind}" for part in ("hidden", "classify") for kind in ("weight", "bias")}
    assert layers <= changed
    assert {name for name in changed if name.startswith(("hidden", "classify"))} == {
        f"{part}.color.{kind}" for part in ("hidden", "classify") for kind in ("weight", "bias")
    }
    records = [record for record in photographs.records if record.color in ("red", "blue")]
    pictures = [Image.fromarray(photographs.open(record)[0]) for record in records]
    found = [after.describe_boxes(p, np.array([r.box], np.float32)) for p, r in zip(pictures, records, strict=True)]
    read = [COLORS[after.read_attribute(regions.features, "color")[0]] for regions in found]
    assert np.mean([color == record.color for color, record in zip(read, records, strict=True)]) > 0.5  # of 13
    with pytest.raises(ValueError, match="nothing to fit"):
        plain = replace(GARMENTS, from_palette=())
        save_checkpoint(tmp_path / "plain", "detector", build_faster_rcnn(plain), plain, {"training": {}})
        fit_readers(tmp_path / "plain", tmp_path / "never", photographs, drawings, SEED)


def broken(source: GarmentSource, folder, places) -> GarmentSource:
    """A copy whose pictures at some places are cut off, and the mask of the last of these is gone instead."""
    shutil.copytree(source.pictures, folder)
    *cut, gone = (source.records[place] for place in places)
    for record in cut:
        whole = (folder / record.file).read_bytes()
        (folder / record.file).write_bytes(whole[: len(whole) // 2])
    (folder / gone.mask).unlink()
    return GarmentSource(list(source.records), folder, folder)


def test_what_cannot_be_decoded_is_passed_over(photographs, drawings, tmp_path):
    assert photographs.keep_decoded() == photographs and drawings.keep_decoded(together=2) == drawings
    found = broken(photographs, tmp_path / "photographs", (0, 3)).keep_decoded()
    assert [record.file for record in found.records] == [r.file for i, r in enumerate(photographs.records) if i not in (0, 3)]
    cut, gone = found.passed_over
    assert f"{photographs.records[0].file}: cannot be decoded" in cut and photographs.records[3].mask in gone
    pairs = broken(drawings, tmp_path / "drawings", (2, 5, 7)).keep_decoded(together=2)
    assert pairs.records == [*drawings.records[:2], *drawings.records[8:]], "twins go together"
    shutil.rmtree(tmp_path / "drawings")
    with pytest.raises(ValueError, match=r"drawings: none of 16 pictures can be used, for example .*0.png"):
        replace(pairs, records=drawings.records).keep_decoded(together=2)
    one_gone = broken(drawings, tmp_path / "one gone", (1,))
    with pytest.raises(ValueError, match=rf"none of 2 pictures can be used, for example .*{drawings.records[1].mask}"):
        replace(one_gone, records=drawings.records[:2]).keep_decoded(together=2)


def test_examples_of_a_batch_share_a_frame_and_fit_together(photographs, drawings):
    pictures = GarmentPictures(photographs, drawings, share_empty=0)
    seen = set()
    for seed in range(8):
        batch = pictures.batch(np.random.default_rng(seed), 4)
        assert len({image.shape for image, _ in batch}) == 1
        for image, target in batch:
            (_, height, width), boxes, count = image.shape, target["boxes"], len(target["boxes"])
            assert image.dtype == torch.float32 and image.min() >= 0 and image.max() <= 1
            assert count and target["labels"].tolist() == [1] * count and target["attributes"].shape == (count, 6)
            assert (boxes >= 0).all() and (boxes <= torch.tensor([width, height, width, height])).all()
            assert target["masks"].shape == (1, height, width) and target["masks"].any()
            wholes = int((target["attributes"][:, 2] < len(CATEGORIES)).sum())
            seen.add((wholes, bool(target["partial"])))
            assert wholes == 1 or width > height
    assert seen == set(product((1, 2), (False, True)))
    one, same = (pictures.batch(np.random.default_rng(5), 2) for _ in range(2))
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1]["boxes"], b[1]["boxes"]) for a, b in zip(one, same, strict=True))


def test_a_share_of_plain_photographs_is_dyed(photographs, drawings):
    plain = replace(photographs, records=[r for r in photographs.records if r.color == "blue"])
    rng = np.random.default_rng(0)
    for share, colors in ((0.0, {COLORS.index("blue")}), (1.0, set(range(len(COLORS) - 1)))):
        pictures = GarmentPictures(plain, drawings, share_photographs=1, share_dyed=share, share_pairs=0, share_empty=0)
        made = {int(target["attributes"][0, 1]) for _, target in pictures.batch(rng, 60)}
        assert made <= colors and len(made) >= min(len(colors), 8)


def test_some_pictures_show_no_garment(photographs, drawings):
    pictures = GarmentPictures(photographs, drawings, share_empty=1)
    for image, target in pictures.batch(np.random.default_rng(0), 6):
        assert target["boxes"].shape == (0, 4) and target["attributes"].shape == (0, 6) and not target["masks"].any()
        assert not target["partial"] and image.std() > 0
    shares = [np.mean([len(t["boxes"]) == 0 for _, t in GarmentPictures(photographs, drawings, share_empty=s).batch(
        np.random.default_rng(1), 60)]) for s in (0.0, 0.5)]  # fmt: skip
    assert shares[0] == 0 and 0.3 < shares[1] < 0.7


def test_the_ground_beside_a_garment_shows_none_of_it():
    pixels, mask = np.full((40, 60, 3), 200, np.uint8), np.zeros((40, 60), bool)
    pixels[5:35, 20:58], mask[5:35, 20:58] = 10, True
    ground = ground_beside(pixels, mask, (32, 24))
    assert ground.shape == (24, 32, 3) and (ground == 200).all()
    assert ground_beside(pixels, np.ones_like(mask), (32, 24)) is None


def test_photographs_whose_parts_are_known_are_drawn_more_often(photographs, drawings):
    records = list(photographs.records)
    x1, y1, x2, y2 = records[0].box
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    records[0] = replace(records[0], parts=(("sleeve", (x1, y1, *middle)),))
    some = GarmentPictures(replace(photographs, records=records), drawings, 1, 0, 0, share_parted=1, share_empty=0)
    for _, target in some.batch(np.random.default_rng(0), 4):
        assert len(target["boxes"]) == 2 and not target["partial"], "what people set by eye is all that there is"
    none = GarmentPictures(photographs, drawings, 1, 0, 0, share_parted=1, share_empty=0)
    for _, target in none.batch(np.random.default_rng(0), 4):
        assert len(target["boxes"]) == 1 and target["partial"], "there may be parts that nobody set"


def test_parts_look_like_their_garment_but_prints_do_not():
    own = {"pattern": "striped", "color": "red", "category": "dress", "sleeve": None, "length": "long", "neckline": "round"}
    box = (0, 0, 9, 9)
    record = GarmentPicture("a", "b", 9, 9, **own, box=box, parts=(("sleeve", box), ("print", box)))
    whole, sleeve, printed = attribute_labels(record, "blue")
    told = [PATTERNS.index("striped"), COLORS.index("blue")]
    kinds = GARMENT_ATTRIBUTES["kind"]
    assert whole.tolist() == [*told, kinds.index("dress"), IGNORED, 2, 0]
    assert sleeve.tolist() == [*told, kinds.index("sleeve"), *[IGNORED] * 3]
    assert printed.tolist() == [IGNORED, IGNORED, kinds.index("print"), *[IGNORED] * 3]


def test_a_detector_takes_a_step_on_a_batch(photographs, drawings):
    torch.manual_seed(0)
    images, targets = zip(*GarmentPictures(photographs, drawings).batch(np.random.default_rng(0), 4), strict=True)
    model = build_faster_rcnn(GARMENTS).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(2):
        losses = model(list(images), list(targets))
        assert {"loss_foreground", *(f"loss_{name}" for name in GARMENT_ATTRIBUTES)} <= losses.keys()
        assert all(torch.isfinite(v) and v > 0 for v in losses.values())
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
