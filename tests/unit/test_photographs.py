"""Folders of photographs -> records; drawn garments stand in for photographs."""

import json
import multiprocessing.dummy
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.garments import photographs
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PARTS, PATTERNS, VALUES
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import sample_garment
from lbf_model.tasks.garments.garment_masks import bounding_box
from lbf_model.tasks.garments.photographs import (
    SPLITS,
    judged_boxes,
    judged_parts,
    load_photographs,
    prepare_photographs,
    second_colors,
)

JUDGED = {split: json.loads((photographs._JUDGED / f"{split}.json").read_text()) for split in ("train", "validation", "more")}
SECOND = next(f for f in second_colors() if f.startswith("validation/dress/"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Folder of photographs, work folder, and what preparing them said."""
    root, out = tmp_path_factory.mktemp("photographs"), tmp_path_factory.mktemp("prepared")
    files = [("train/t-shirt/a.jpg", "blue"), ("train/hat/b.jpg", "red"), ("validation/skirt/c.jpg", "green")]
    for seed, (file, color) in enumerate([*files, (SECOND, second_colors()[SECOND])]):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        category = file.split("/")[1]
        draw(sample_garment(np.random.default_rng(seed), category, color, "solid"), 64).picture.save(root / file, quality=95)
    with pytest.MonkeyPatch.context() as patch:  # threads do here, and start at once
        patch.setattr(photographs, "get_context", lambda _: multiprocessing.dummy)
        yield root, out, prepare_photographs(root, out, workers=1)


def test_records_say_what_was_found_and_what_people_judged(prepared):
    root, out, _ = prepared
    shirt = next(r for r in load_photographs(out, "train") if r.category == "t-shirt")
    assert (shirt.file, shirt.color, shirt.pattern, shirt.sleeve) == ("train/t-shirt/a.jpg", "blue", None, "short-sleeved")
    judged = next(r for r in load_photographs(out, "validation") if r.file == SECOND)
    assert judged.color == JUDGED["validation"][SECOND]["color"] and judged.sleeve is None
    for record in (shirt, judged):
        with Image.open(root / record.file) as picture, Image.open(out / record.mask) as mask:
            assert picture.size == mask.size == (record.width, record.height) and mask.mode == "1"
            assert np.array_equal(bounding_box(np.asarray(mask)), record.box)


def test_agreement_counts_either_name(prepared):
    summary = prepared[2]
    assert summary["train"] == {"photographs": 2}, "nobody judged these"
    assert summary["validation"] == {"photographs": 2, "judged": 1, "agreement": 0, "agreement_with_second_name": 100}


def test_a_mask_that_exists_is_not_sought_again(prepared):
    root, out, summary = prepared
    lines = {split: (out / f"{split}.jsonl").read_text() for split in SPLITS}
    mask = np.zeros((5, 5), bool)
    mask[1:3, 2:4] = True
    record = load_photographs(out, "train")[0]
    whole = (out / record.mask).read_bytes()
    Image.fromarray(mask).resize((record.width, record.height)).save(out / record.mask)
    prepare_photographs(root, out, workers=1)
    assert load_photographs(out, "train")[0].box != record.box
    (out / record.mask).unlink()
    assert prepare_photographs(root, out, workers=1) == summary
    (out / record.mask).write_bytes(whole[:20])
    assert prepare_photographs(root, out, workers=1) == summary
    assert (out / record.mask).read_bytes() == whole and sorted(p.suffix for p in (out / "masks").iterdir()) == [".png"] * 4
    assert lines == {split: (out / f"{split}.jsonl").read_text() for split in SPLITS}


def test_photographs_of_the_same_name_have_masks_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "get_context", lambda _: multiprocessing.dummy)
    root, out = tmp_path / "photographs", tmp_path / "prepared"
    files = ["train/hat/a.jpg", "train/skirt/a.jpg", "train/skirt/b.jpg", "validation/dress/A.jpg"]
    for size, file in enumerate(files, start=40):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        category = file.split("/")[1]
        draw(sample_garment(np.random.default_rng(size), category, "red", "solid"), size).picture.save(root / file)
    prepare_photographs(root, out, workers=1)
    records = [record for split in SPLITS for record in load_photographs(out, split)]
    assert [r.file for r in records] == files
    assert [r.mask for r in records] == [f"masks/{n}.png" for n in ("train/hat/a", "train/skirt/a", "b", "validation/dress/A")]
    for record in records:
        with Image.open(out / record.mask) as mask:
            assert mask.size == (record.width, record.height)


def test_a_photograph_that_cannot_be_decoded_is_named_and_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "get_context", lambda _: multiprocessing.dummy)
    root, out = tmp_path / "photographs", tmp_path / "prepared"
    for size, file in enumerate(("train/hat/a.jpg", "train/hat/b.jpg", "validation/dress/c.jpg"), start=40):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        draw(sample_garment(np.random.default_rng(size), "hat", "red", "solid"), size).picture.save(root / file)
    whole = (root / "train/hat/a.jpg").read_bytes()
    (root / "train/hat/a.jpg").write_bytes(whole[: len(whole) // 2])
    summary = prepare_photographs(root, out, workers=1)
    assert summary["train"] == {"photographs": 1} and summary["passed over"] == 1
    assert summary["passed over, for example"][0].startswith(f"{root / 'train/hat/a.jpg'}: cannot be decoded (")
    assert [record.file for record in load_photographs(out, "train")] == ["train/hat/b.jpg"]


def test_without_photographs_it_says_where_they_should_be(tmp_path):
    with pytest.raises(ValueError, match=rf"train: holds no CATEGORY/\*\.jpg of {CATEGORIES[0]}, "):
        prepare_photographs(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(ValueError, match="prepare-photographs"):
        load_photographs(tmp_path / "out", "train")


@pytest.mark.parametrize("split", ["train", "validation"])
def test_judged_words_are_known(split):
    for file, facts in JUDGED[split].items():
        assert file.split("/")[0] == split and file.split("/")[1] in CATEGORIES and file.endswith(".jpg")
        assert facts.keys() <= {"color", "also", "pattern"}
        assert facts["color"] in COLORS and facts.get("also") in (None, *COLORS) and facts.get("also") != facts["color"]
        assert facts.get("pattern") in (None, "other", *PATTERNS)


def test_masks_of_all_judged_photographs_have_names_of_their_own():
    names = Counter(file.rsplit("/", 1)[1] for judged in JUDGED.values() for file in judged)
    assert max(names.values()) == 1


def test_judged_boxes_lie_in_judged_photographs():
    boxes = judged_boxes()
    assert boxes.keys() <= JUDGED["validation"].keys() and len(boxes) > 20
    for box in boxes.values():
        assert box.dtype == np.float32 and (box >= 0).all() and (box <= 1).all() and (box[:2] < box[2:]).all()


def test_further_photographs_are_judged_whole_and_parted():
    for file, facts in JUDGED["more"].items():
        assert file.startswith("more/") and facts["split"] in ("train", "validation") and facts["category"] in CATEGORIES
        assert facts["color"] in COLORS and facts.get("also") in (None, *COLORS) and facts["pattern"] in (*PATTERNS, "other")
        assert all(facts.get(name) in (None, *VALUES[name]) for name in ("sleeve", "length", "neckline"))
    kinds = {
        split: {f["category"] for f in JUDGED["more"].values() if f["split"] == split} for split in ("train", "validation")
    }
    assert kinds["train"] == kinds["validation"] == set(CATEGORIES)


def test_further_photographs_are_what_people_judged_and_not_what_their_folder_says(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "get_context", lambda _: multiprocessing.dummy)
    root, out = tmp_path / "photographs", tmp_path / "prepared"
    wrong = {f: j for f, j in JUDGED["more"].items() if f.split("/")[1] not in (j["category"], "body")}
    learned, measured = (next(f for f, j in wrong.items() if j["split"] == split) for split in ("train", "validation"))
    for file in ("train/hat/a.jpg", "validation/hat/b.jpg", learned, measured, "more/hat/nobody-judged-it.jpg"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        draw(sample_garment(np.random.default_rng(5), "hat", "red", "solid"), 64).picture.save(root / file)
    assert prepare_photographs(root, out, workers=1)["further"]["photographs"] == 1
    assert [r.file for r in load_photographs(out, "train")] == ["train/hat/a.jpg", learned]
    (record,) = load_photographs(out, "further")
    facts = JUDGED["more"][measured]
    assert (record.file, record.category, record.color) == (measured, facts["category"], facts["color"])
    assert (record.sleeve, record.neckline) == (facts.get("sleeve"), facts.get("neckline"))


def test_judged_parts_lie_in_judged_photographs():
    parts = judged_parts()
    assert parts.keys() <= JUDGED["validation"].keys() and len(parts) >= 60
    assert {name for of_picture in parts.values() for name in of_picture} <= set(PARTS)
    for boxes in (boxes for of_picture in parts.values() for boxes in of_picture.values()):
        assert boxes.dtype == np.float32 and boxes.shape[1:] == (4,) and (boxes >= 0).all() and (boxes <= 1).all()
        assert (boxes[:, :2] < boxes[:, 2:]).all()
