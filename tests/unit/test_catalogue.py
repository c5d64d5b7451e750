"""The drawn garment catalogue: words, pictures, files."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PARTS, PATTERNS
from lbf_model.tasks.garments.catalogue.cuts import cut_of, texture_of
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.fabrics import SHADES, texture_tile, to_lab
from lbf_model.tasks.garments.catalogue.garment import VARIES, change, options, sample_garment, sample_twin
from lbf_model.tasks.garments.catalogue.generate import catalogue_garment, load_catalogue, write_catalogue
from lbf_model.tasks.garments.catalogue.panels import build_panels

SMALL = 64
# What each of these kinds always shows, beside its sleeves and a baby's legs.
PARTS_OF = {
    "blazer": {"body", "collar", "pocket"},
    "blouse": {"body", "collar"},
    "bodysuit": {"body", "collar"},
    "hoodie": {"body", "collar", "hem", "pocket"},
    "polo": {"body", "collar"},
    "top": {"body", "collar"},
    "undershirt": {"body", "collar"},
}


def sampled(seed=0, **given):
    return sample_garment(np.random.default_rng(seed), **given)


def nearest_color(rgb):
    """The colour name with the shade nearest in CIELAB to one sRGB colour in [0, 255]."""
    lab = to_lab(rgb)

    def distance(shade):
        return np.linalg.norm(to_lab(ImageColor.getrgb(f"#{shade}")) - lab)

    return min(SHADES, key=lambda name: min(map(distance, SHADES[name])))


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("category", "pattern"), itertools.product(CATEGORIES, PATTERNS))
def test_every_category_and_pattern_draws(category, pattern):
    drawing = draw(sampled(len(category), category=category, pattern=pattern), SMALL)
    height, width = drawing.mask.shape
    assert drawing.picture.size == (width, height) and min(width, height) == SMALL
    x0, y0, x1, y1 = drawing.box
    rows, columns = np.flatnonzero(drawing.mask.any(1)), np.flatnonzero(drawing.mask.any(0))
    assert np.allclose((x0, y0, x1, y1), (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), atol=2)
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    assert drawing.parts
    for name, (a, b, c, d) in drawing.parts:
        assert name in PARTS and 0 <= a < c <= width and 0 <= b < d <= height
        assert drawing.mask[int(b) : int(np.ceil(d)), int(a) : int(np.ceil(c))].any()


def test_every_allowed_word_draws():
    for category, attributes in VARIES.items():
        for name, values in attributes.items():
            for value in values:
                garment = sampled(3, category=category)
                if value == "strap":
                    garment = change(garment, sleeve="sleeveless")
                if name == "sleeve" and garment.neckline == "strap":
                    garment = change(garment, neckline="round")
                changed = change(garment, **{name: value})
                assert getattr(changed, name) == value and draw(changed, 48).mask.any()


@pytest.mark.parametrize("category", PARTS_OF)
def test_every_part_of_a_kind_is_there(category):
    for seed in range(12):
        garment = sampled(seed, category=category)
        names = [name for name, _ in draw(garment, SMALL).parts]
        assert PARTS_OF[category] <= set(names)
        assert names.count("sleeve") == (0 if garment.sleeve == "sleeveless" else 2)
        assert names.count("body") == names.count("collar") == 1 and names.count("hem") <= 1
        legs = category == "bodysuit" and cut_of(garment) != "bodysuit"
        assert names.count("leg") == 2 * legs
        if category == "bodysuit":
            assert names.count("hem") == (not legs)


@pytest.mark.parametrize(
    ("category", "cuts"),
    [
        ("blazer", {"blazer", "double-breasted"}),
        ("blouse", {"buttoned", "pullover"}),
        ("bodysuit", {"bodysuit", "romper", "sleepsuit"}),
        ("hoodie", {"hoodie", "zip hoodie"}),
        ("longsleeve", {"sweater", "tee", "sweatshirt", "polo"}),
        ("outwear", {"bomber", "cardigan", "coat", "denim", "parka", "puffer", "trucker"}),
        ("polo", {"polo"}),
        ("top", {"camisole", "crop", "flared", "peplum"}),
        ("undershirt", {"undershirt"}),
    ],
)
def test_every_cut_of_a_kind_draws(category, cuts):
    garments = {cut_of(g): g for g in (sampled(seed, category=category) for seed in range(150))}
    assert garments.keys() == cuts
    for garment in garments.values():
        assert draw(garment, 48).mask.mean() > 0.05


def test_every_cloth_is_known():
    plain = texture_tile("plain")
    clothes = {texture_of(sampled(seed, category=c)) for c in CATEGORIES for seed in range(20)} | {"lace"}
    assert not [name for name in clothes - {"plain"} if (texture_tile(name) == plain).all()]


@pytest.mark.parametrize(
    ("category", "attribute", "kept"),
    [
        ("blouse", "neckline", {"sleeve"}),
        ("bodysuit", "neckline", {"sleeve", "hem", "leg"}),
        ("bodysuit", "sleeve", {"hem", "leg"}),
        ("outwear", "length", {"sleeve"}),
    ],
)
def test_a_change_leaves_the_other_parts_as_they_were(category, attribute, kept):
    for seed in range(12):
        garment = sampled(seed, category=category)
        before = build_panels(garment)
        for value in options(garment, attribute):
            after = build_panels(change(garment, **{attribute: value}))
            for part in kept:
                old, new = ([p.outline for p in panels if p.part == part] for panels in (before, after))
                assert len(old) == len(new) and all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))


def test_same_garment_same_picture():
    for seed in range(4):
        assert draw(sampled(seed), SMALL).picture.tobytes() == draw(sampled(seed), SMALL).picture.tobytes()


def test_samples_cover_the_words():
    rng = np.random.default_rng(0)
    garments = [sample_garment(rng) for _ in range(3000)]
    assert {(g.category, g.color) for g in garments} == set(itertools.product(CATEGORIES, COLORS))
    assert {g.pattern for g in garments} == set(PATTERNS)
    assert 0.4 < np.mean([g.pattern == "solid" for g in garments]) < 0.5


def test_change_of_colour_keeps_the_shape():
    garment = sampled(5, category="longsleeve", color="green", pattern="solid")
    pink = change(garment, color="pink")
    assert pink == replace(garment, color="pink")
    before, after = draw(garment, 96), draw(pink, 96)
    assert (before.mask == after.mask).all() and before.parts == after.parts
    outside = ~before.mask
    apart = np.abs(np.asarray(before.picture, int) - np.asarray(after.picture, int)).max(-1)
    assert apart[outside].mean() < 3 and apart[before.mask].mean() > 30


@pytest.mark.parametrize("category", CATEGORIES)
def test_colour_and_pattern_never_change_a_cut(category):
    for seed in range(3):
        garment = sampled(seed, category=category, pattern="solid", color="blue")
        for other in (change(garment, color="orange"), change(garment, pattern="striped")):
            assert (draw(garment, SMALL).mask == draw(other, SMALL).mask).all()


def test_change_of_sleeve_changes_the_mask():
    garment = change(sampled(6, category="dress"), neckline="round", sleeve="sleeveless")
    assert draw(change(garment, sleeve="long-sleeved"), SMALL).mask.sum() != draw(garment, SMALL).mask.sum()


@pytest.mark.parametrize(
    ("category", "wanted"),
    [
        ("hat", {"sleeve": "long-sleeved"}),
        ("blazer", {"neckline": "hooded"}),
        ("bodysuit", {"length": "short"}),
        ("hoodie", {"neckline": "round"}),
        ("longsleeve", {"neckline": "hooded"}),
        ("outwear", {"sleeve": "short-sleeved"}),
        ("polo", {"sleeve": "long-sleeved"}),
        ("undershirt", {"sleeve": "short-sleeved"}),
        ("pants", {"length": "short"}),
        ("dress", {"neckline": "hooded"}),
        ("shirt", {"color": "teal"}),
        ("shirt", {"category": "dress"}),
        ("shirt", {"style": 3}),
    ],
)
def test_change_refuses_what_the_category_lacks(category, wanted):
    with pytest.raises(ValueError):
        change(sampled(1, category=category), **wanted)


def test_strap_needs_sleeveless():
    garment = change(sampled(1, category="t-shirt"), neckline="round", sleeve="short-sleeved")
    assert "strap" not in options(garment, "neckline")
    with pytest.raises(ValueError, match="strap"):
        change(garment, neckline="strap")


def test_options_can_all_be_had():
    for seed in range(20):
        garment = sampled(seed)
        for name in ("color", "pattern", "sleeve", "length", "neckline"):
            for value in options(garment, name):
                assert getattr(change(garment, **{name: value}), name) == value


def test_a_twin_differs_in_one_attribute_and_lies_elsewhere():
    names = ("category", "color", "pattern", "sleeve", "length", "neckline")
    for index in range(0, 120, 2):
        garment, twin = catalogue_garment(5, index), catalogue_garment(5, index + 1)
        assert sum(getattr(garment, n) != getattr(twin, n) for n in names) == 1
        assert garment.style == twin.style and garment.pose != twin.pose


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_twin_of_every_kind_differs_in_one_attribute(category):
    for seed in range(20):
        garment = sampled(seed, category=category)
        twin = sample_twin(np.random.default_rng(seed), garment)
        changed = {n for n in ("color", "pattern", "sleeve", "length", "neckline") if getattr(garment, n) != getattr(twin, n)}
        assert len(changed) == 1 and changed <= {"color", "pattern", *VARIES[category]} and twin.category == category


def test_unknown_words_are_refused():
    for given in ({"category": "sock"}, {"color": "teal"}, {"pattern": "plain"}):
        with pytest.raises(ValueError, match="give one of"):
            sampled(0, **given)
    with pytest.raises(ValueError, match="size"):
        draw(sampled(), 8)


@pytest.mark.parametrize("color", ["black", "white", "red", "pink", "orange", "yellow", "green", "blue", "purple"])
def test_solid_garments_have_the_colour_of_their_name(color):
    hits = 0
    for seed, category in enumerate(("t-shirt", "skirt", "dress", "longsleeve", "pants")):
        drawing = draw(sampled(seed, category=category, color=color, pattern="solid"), SMALL)
        hits += nearest_color(np.asarray(drawing.picture, float)[drawing.mask].mean(0)) == color
    assert hits >= 4


def test_a_part_of_several_panels_has_one_box():
    for seed in range(12):
        garment = sampled(seed, category="outwear")
        names = [name for name, _ in draw(garment, SMALL).parts]
        assert names.count("sleeve") == 2 and names.count("collar") == 1


def test_writer_is_deterministic_and_resumes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    summary = write_catalogue(first, seed=4, count=5, workers=1, size=40, progress=False)
    assert summary["count"] == 5 and sum(summary["counts"]["category"].values()) == 5
    write_catalogue(second, seed=4, count=3, workers=1, size=40, progress=False)
    kept = (second / "pictures" / "000001.webp").stat().st_mtime_ns
    (second / "pictures" / "000002.webp").unlink()
    (second / "masks" / "000000.png").unlink()
    write_catalogue(second, seed=4, count=5, workers=1, size=40, progress=False)
    assert (second / "pictures" / "000001.webp").stat().st_mtime_ns == kept
    drop = lambda found: {k: v for k, v in found.items() if not k.startswith("lines")}  # noqa: E731
    assert drop(files(first)) == drop(files(second))
    assert summary == json.loads((second / "catalogue.json").read_text())


def test_loaded_items_describe_their_pictures(tmp_path):
    write_catalogue(tmp_path, seed=1, count=4, workers=1, size=40, progress=False)
    items = load_catalogue(tmp_path)
    assert [i.file for i in items] == [f"pictures/{n:06d}.webp" for n in range(4)]
    for item in items:
        picture = Image.open(tmp_path / item.file)
        mask = Image.open((tmp_path / item.file.replace("pictures", "masks")).with_suffix(".png"))
        assert picture.size == mask.size == (item.width, item.height) and mask.mode == "1"
        assert mask.getbbox() == item.box and item.caption.endswith(item.category)


def test_writer_and_reader_refuse(tmp_path):
    with pytest.raises(ValueError, match="missing"):
        load_catalogue(tmp_path)
    with pytest.raises(ValueError, match="count"):
        write_catalogue(tmp_path, seed=1, count=0)
    write_catalogue(tmp_path, seed=1, count=1, workers=1, size=40, progress=False)
    with pytest.raises(ValueError, match="another folder"):
        write_catalogue(tmp_path, seed=2, count=1, workers=1, size=40, progress=False)
    lines = tmp_path / "garments.jsonl"
    lines.write_text(lines.read_text().replace('"category"', '"kind"'))
    with pytest.raises(ValueError, match="broken"):
        load_catalogue(tmp_path)
    lines.write_text("")
    with pytest.raises(ValueError, match="promises"):
        load_catalogue(tmp_path)
    (tmp_path / "catalogue.json").unlink()  # which is written last
    with pytest.raises(ValueError, match="unfinished; run make-catalogue again"):
        load_catalogue(tmp_path)
