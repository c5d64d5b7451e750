"""From pictures of garments to a trained compositor: examples, queries, sentences, training, figures; drawn and tiny."""

import copy
import json
import shutil
import zlib
from collections import defaultdict
from dataclasses import replace
from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, read_config, save_checkpoint
from lbf_model.compositors.base import Composition
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.network.batching import RegionBatch
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.garments import detector_protocol, reader_fitting
from lbf_model.tasks.garments import pointed_protocol as pointing
from lbf_model.tasks.garments import protocol as measuring
from lbf_model.tasks.garments import training_data as garment_data
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS, VALUES
from lbf_model.tasks.garments.augmentation import dye, ground_beside
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import sample_garment, sample_twin
from lbf_model.tasks.garments.detector_pictures import GARMENT_ATTRIBUTES, GarmentPictures, GarmentSource, attribute_labels
from lbf_model.tasks.garments.detector_protocol import evaluate_garment_detector
from lbf_model.tasks.garments.garment_pool import GarmentPool
from lbf_model.tasks.garments.grounding import KINDS, Meaning, word_meanings
from lbf_model.tasks.garments.judge import GarmentJudge, color_queries
from lbf_model.tasks.garments.other_pictures import HELD_OUT, TAUGHT
from lbf_model.tasks.garments.photographs import judged_boxes
from lbf_model.tasks.garments.protocol import draw_pairs, evaluate_garments
from lbf_model.tasks.garments.reader_fitting import fit_readers
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.tasks.garments.regions import (
    UNKNOWN,
    ShownGarment,
    compatible,
    dyed_colors,
    facts_of,
    gather,
    side_by_side,
)
from lbf_model.tasks.garments.right_answers import Asked, false_negatives, soft_negatives
from lbf_model.tasks.garments.sentence_bank import Sentence, write_bank
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.garments.training_data import load_garment_queries
from lbf_model.tasks.garments.training_queries import GarmentQueries, GarmentSampling
from lbf_model.text.vocabulary import TextError
from lbf_model.training.metrics import success
from lbf_model.training.region_store import RegionTable, extract_regions
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor
from lbf_model.types import Regions, Tokens
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.attribute_rcnn_network import IGNORED, build_faster_rcnn
from lbf_model.vision.detectors.registry import load_detector
from tests.small import GARMENTS

CONFIG = LbfConfig(
    (), GARMENTS.feature_width, words="minilm", word_width=8, width=16, heads=2, embedding_width=24,
    vep_layers=1, tep_layers=1, fusion_layers=1, dropout=0.1,
)  # fmt: skip
TRAINING = CompositorTraining(updates=4, warmup=1, validate_every=2)
NAMES = tuple(VALUES)
RED, GREEN, BLUE = (COLORS.index(name) for name in ("red", "green", "blue"))
SEED = 3


class HashedWords:
    """In place of the pretrained reader: a word's feature follows from its letters alone."""

    def tokenize_text(self, text: str) -> Tokens:
        words = tuple(text.split())
        drawn = [np.random.default_rng(zlib.crc32(w.encode())).normal(size=CONFIG.word_width) for w in words]
        return Tokens(words, np.array(drawn, np.float32))

    def tokenize_texts(self, texts) -> list[Tokens]:
        return [self.tokenize_text(text) for text in texts]


def drawn_source(folder, garments, files=None, photographed=False) -> GarmentSource:
    """Draw garments; photographed ones know no parts."""
    records = []
    for number, garment in enumerate(garments):
        drawing = draw(garment, 48)
        file = files[number] if files else f"{number}.png"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        drawing.picture.save(folder / file)
        Image.fromarray(drawing.mask).save(folder / f"mask{number}.png")
        said = {name: getattr(garment, name) for name in NAMES}
        parts = None if photographed else drawing.parts
        records.append(GarmentPicture(file, f"mask{number}.png", *drawing.picture.size, **said, box=drawing.box, parts=parts))
    return GarmentSource(records, folder, folder)


def sampled(count: int) -> list:
    """Plain t-shirts and skirts of up to four colours."""
    rng, kinds = np.random.default_rng(count), product(("blue", "red", "green", "yellow"), ("t-shirt", "skirt"))
    return [sample_garment(rng, category, color, "solid") for color, category in list(kinds)[:count]]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """12 of solid colours, then a striped one, one of many colours, and one whose pattern nobody judged."""
    rng = np.random.default_rng(1)
    others = [sample_garment(rng, "skirt", "red", "striped"), sample_garment(rng, "skirt", "multicolor", "solid")]
    garments = [*sampled(8), *sampled(4), *others, sample_garment(rng, "t-shirt", "red", "floral")]
    source = drawn_source(tmp_path_factory.mktemp("train"), garments, photographed=True)
    source.records[-1] = replace(source.records[-1], pattern=None)
    return source


@pytest.fixture(scope="module")
def validation(tmp_path_factory):
    """Garments under the names of photographs whose boxes people judged."""
    return drawn_source(tmp_path_factory.mktemp("validation"), sampled(8), list(judged_boxes()), photographed=True)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    rng = np.random.default_rng(2)
    twins = [twin for garment in sampled(8) for twin in (garment, sample_twin(rng, garment))]
    return drawn_source(tmp_path_factory.mktemp("drawings"), twins)


@pytest.fixture(scope="module")
def detector_folder(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoints") / "detector"
    save_checkpoint(folder, "detector", build_faster_rcnn(GARMENTS), GARMENTS, {})
    return folder


@pytest.fixture(scope="module")
def detector(detector_folder):
    return load_detector(detector_folder)


@pytest.fixture(scope="module", autouse=True)
def words():
    with pytest.MonkeyPatch.context() as patch:
        for module in (garment_data, measuring):
            patch.setattr(module, "load_reader", lambda config: HashedWords())
        patch.setattr(measuring, "PAIRS", 3)
        patch.setattr(pointing, "PAIRS", 3)
        patch.setattr(measuring, "_PER_WORD", 1)
        yield HashedWords()


@pytest.fixture(scope="module")
def queries(photographs, drawings, detector, tmp_path_factory):
    regions = tmp_path_factory.mktemp("regions")
    few = GarmentSampling(sources=3, modifications=2)
    return load_garment_queries(photographs, drawings, detector, "detector", regions, CONFIG, SEED, few, 300, 5)


# Pictures


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
    with pytest.raises(ValueError, match=r"drawings: none of 16 pictures can be decoded, for example .*0.png"):
        replace(pairs, records=drawings.records).keep_decoded(together=2)


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


# Facts


def test_facts_say_what_a_record_says(photographs, drawings):
    for record in (*photographs.records, *drawings.records):
        facts = facts_of(record)
        said = [None if v == UNKNOWN else values[v] for v, values in zip(facts, VALUES.values(), strict=True)]
        assert said == [getattr(record, name) for name in NAMES]
        assert facts_of(record, "pink").tolist() == [facts[0], COLORS.index("pink"), *facts[2:]]


def test_what_nobody_said_contradicts_nothing():
    rng = np.random.default_rng(0)
    facts = rng.integers(-1, 2, (40, 6))
    fits = compatible(facts[:, None], facts[None])
    assert fits.shape == (40, 40) and fits.diagonal().all() and np.array_equal(fits, fits.T)
    assert compatible(facts, np.full(6, UNKNOWN)).all()
    assert not compatible(np.zeros(6), np.eye(6)).any() and compatible(np.zeros(6), -np.eye(6)).all()


@pytest.mark.parametrize("each", [1, 3])
def test_dyed_colours_are_what_dyeing_gives(photographs, each):
    dyes = dyed_colors(photographs.records, each, SEED)
    assert [(place, number) for place, number, _ in dyes] == list(product(range(12), range(each))), "plain ones alone"
    for place, number, color in dyes[:: 2 * each]:
        pixels, mask = photographs.open(photographs.records[place])
        assert dye(pixels, mask, np.random.default_rng([SEED, place, number]))[1] == color


# Queries: a table whose regions tell which picture they are of, and a bank whose sentences tell what was asked


class TellingBank:
    """One word a sentence: column, old and new value of the first change and of the second, category, side; -1 is unsaid."""

    def draw(self, rng, attributes, old, new, garment, side=None):
        told = np.full((2, 3), -1)
        for row, attribute in enumerate(attributes):
            values = VALUES[attribute]
            told[row] = NAMES.index(attribute), values.index(old[row]), values.index(new[row]) if new else -1
        place = -1 if side is None else SIDES.index(side)
        return Sentence(np.array([[*told[0], CATEGORIES.index(garment), place, *told[1]]], np.float32), [Meaning("whole")])


def table_of(folder, features: np.ndarray) -> RegionTable:
    """Each picture's only region fills the picture and has the given feature."""

    def draw(rows):
        return [Image.new("RGB", (1, 1)) for _ in rows]

    def describe(rows, _):
        box = np.array([[0, 0, 10, 10]], np.float32)
        whole = np.zeros((2, 6, 6), np.float16)
        return [Regions(box, np.ones(1), ("thing",), features[[row]], (10, 10), feature_map=whole + row) for row in rows]

    detector = SimpleNamespace(fingerprint="none", feature_width=features.shape[1], feature_map_channels=2)
    return RegionTable([extract_regions(folder, "given", "0", detector, len(features), draw, describe)], 36)


UNBLURRED = {
    "sources": 20,
    "modifications": 3,
    "share_photographs": 0.5,
    "noise": 0.0,
    "share_dropped": 0.0,
    "share_two": 0.0,
    "share_unwanted": 0.0,
}


def telling_queries(folder, seed=1, reads="regions", **changes) -> GarmentQueries:
    """60 photographs, each dyed once, and 60 drawings, each with its twin after it."""
    rng = np.random.default_rng(0)
    taken = np.full((60, 6), UNKNOWN)
    taken[:, :3] = rng.integers([0, 0, -1], [2, 4, 2], (60, 3))
    dyed = taken.copy()
    dyed[:, 1] = (taken[:, 1] + rng.integers(1, 4, 60)) % 4
    garments = [sample_garment(rng, CATEGORIES[c], COLORS[d], PATTERNS[max(p, 0)]) for c, d, p, *_ in taken.tolist()]
    drawn = np.stack([facts_of(g) for garment in garments for g in (garment, sample_twin(rng, garment))])
    return GarmentQueries(
        table_of(folder, np.arange(240.0)[:, None]),
        GarmentPool(np.concatenate([taken, dyed]), np.arange(120) % 60, np.arange(120)),
        GarmentPool(drawn, np.arange(120) // 2, 120 + np.arange(120)),
        TellingBank(),
        judge=None,
        sampling=GarmentSampling(**{**UNBLURRED, **changes}),
        seed=seed,
        facts={"training": {}},
        reads=reads,
    )


def told(queries: GarmentQueries, step: int):
    """Of each query: what was asked, then facts and places of the garments that reference and target show."""
    batch = queries.batch(step)
    facts = np.concatenate([queries.photographs.facts, queries.drawings.facts])

    def shown(pictures, row):
        mask = pictures.mask[row]
        numbers = pictures.features[row][mask][:, 0].long().tolist()
        edges = pictures.boxes_unit[row][mask][:, ::2].tolist()
        return [ShownGarment(facts[n], n, *sides) for n, sides in zip(numbers, edges, strict=True)]

    asked = batch.words.values[:, 0].long().tolist()
    return batch, [
        (a, shown(batch.references, source), shown(batch.targets, row))
        for row, (a, source) in enumerate(zip(asked, batch.source.tolist(), strict=True))
    ]


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    return telling_queries(tmp_path_factory.mktemp("telling"))


def test_what_the_box_head_says_of_half_of_the_pictures_is_blanked_and_nothing_else(tmp_path):
    queries = telling_queries(tmp_path, share_blanked=0.5)
    features = torch.arange(1.0, 1801).view(300, 2, 3)
    mask = torch.ones(300, 2, dtype=torch.bool)
    mask[:, 1] = torch.arange(300) % 2 == 0
    queries._mean, queries._spread, queries._blankable = (
        torch.tensor([-1.0, -2, -3]),
        torch.zeros(3),
        (slice(0, 1), slice(2, 3)),
    )
    shown = RegionBatch(features * mask[..., None], torch.zeros(300, 2, 4), mask)
    seen = queries._blurred(np.random.default_rng(0), shown).features
    assert torch.equal(seen[..., 1], shown.features[..., 1]) and not seen[~mask].any()
    for column in (0, 2):
        blank = seen[:, 0, column] == queries._mean[column]
        assert torch.equal(seen[~blank, :, column], shown.features[~blank, :, column])
        assert (seen[blank, :, column][mask[blank]] == queries._mean[column]).all() and 0.4 < blank.float().mean() < 0.6
    assert not torch.equal(seen[:, 0, 0] == -1, seen[:, 0, 2] == -3), "each attribute by itself"
    config = GARMENTS
    told = SimpleNamespace(
        config=config, fingerprint="", feature_width=1, feature_map_channels=1, detect_regions=0, read_attribute=0
    )
    names = [name for name in config.attributes if name != "color"]  # told from the palette
    assert garment_data.box_head_slices(told) == [config.slice_of(name) for name in names]
    assert garment_data.box_head_slices(SimpleNamespace()) == []


def test_noise_and_dropping_spare_padding_and_the_surest_region(tmp_path):
    plain, rough = telling_queries(tmp_path), telling_queries(tmp_path, noise=0.5, share_dropped=0.9)
    before, after = plain.batch(3), rough.batch(3)
    assert after.references.mask.any(1).all() and after.targets.mask.any(1).all()
    assert not after.targets.features[~after.targets.mask].any()
    assert not torch.equal(before.targets.features[:, 0], after.targets.features[:, 0])
    assert torch.equal(after.targets.features, rough.batch(3).targets.features)


def test_garments_without_partners_end_with_a_message(telling):
    lonely = copy.copy(telling)
    lonely.photographs, lonely.drawings = (
        GarmentPool(pool.facts[:1], pool.origin[:1], pool.pictures[:1]) for pool in (telling.photographs, telling.drawings)
    )
    with pytest.raises(ValueError, match=r"of 1 photographs and 1 drawings.*other colours"):
        lonely.batch(0)


def test_a_target_differs_from_its_reference_as_the_sentence_says_and_in_nothing_else(telling):
    kinds = set()
    for step in range(6):
        batch, made = told(telling, step)
        assert batch.source.tolist() == np.repeat(np.arange(20), 3).tolist()
        for (column, old, new, garment, place, *_), reference, target in made:
            changed = max(place, 0)
            assert len(reference) == len(target) == (1 if place == -1 else 2)
            before, after = reference[changed], target[changed]
            crossed = before.rows < 120 <= after.rows
            known = slice(3) if crossed else slice(6)
            assert np.flatnonzero(before.facts[known] != after.facts[known]).tolist() == [column] and old != new
            assert (before.facts[column], after.facts[column], before.facts[0]) == (old, new, garment)
            if place != -1:
                assert target[1 - place].rows == reference[1 - place].rows, "the other side stays"
                assert 0 == reference[0].left < reference[0].right == reference[1].left < reference[1].right == 1
                assert [(g.left, g.right) for g in target] == [(g.left, g.right) for g in reference]
            kinds.add((place != -1, before.rows >= 120, crossed))
    assert kinds == {(pair, *pool) for pair in (False, True) for pool in ((False, False), (False, True), (True, False))}


def test_what_is_as_right_as_the_target_is_no_negative(telling):
    batch, made = told(telling, 0)
    columns = [target for _, _, target in made] + [made[3 * i][1] for i in range(20)]
    for row, (_, _, target) in enumerate(made):
        for column, other in enumerate(columns):
            fits = len(target) == len(other) and all(compatible(a.facts, b.facts) for a, b in zip(target, other, strict=True))
            assert batch.false_negatives[row, column] == (fits and row != column)
        assert not batch.false_negatives[row, len(made) + batch.source[row]], "the reference is never right"


def test_sides_count_when_targets_are_compared():
    a, b = (ShownGarment(np.full(6, value), np.arange(1)) for value in (0, 1))
    asked = [Asked(None, target, (1,)) for target in ((a, b), (a,))]
    right = false_negatives(asked, [(a, b), (b, a), (a,), (b,)])
    assert right.tolist() == [[False, False, True, False, False, False], [False, False, False, False, True, False]]


def test_what_has_what_was_asked_for_is_half_right():
    def picture(*facts):
        return (ShownGarment(np.array([*facts, UNKNOWN, UNKNOWN, UNKNOWN]), np.arange(1)),)

    target, other_pattern, other_kind, other_color = picture(1, 2, 0), picture(1, 2, 3), picture(0, 2, 0), picture(1, 5, 0)
    pair = (target[0], target[0])
    columns = [other_pattern, other_kind, other_color, pair]
    color, pattern = 1, 2
    half = soft_negatives([Asked(None, target, (color,)), Asked(None, target, (pattern,))], columns)
    assert half[:, 2:].tolist() == [[True, False, False, False], [False, False, True, False]]
    assert not half[[0, 1], [0, 1]].any()
    assert not soft_negatives([Asked(None, pair, (color,))], columns).any(), "of two it is not known which one is meant"
    both, unwanted = Asked(None, target, (color, pattern)), Asked(None, target, (color,), unwanted=5)
    assert soft_negatives([both, unwanted], columns)[:, 2:].tolist() == [[False] * 4, [True, False, False, False]]


def test_feature_maps_are_those_of_the_pictures_and_nothing_is_pasted(tmp_path):
    queries = telling_queries(tmp_path, reads="feature_map", share_pairs=0.9)
    assert queries.facts["training"]["share_pairs"] == 0 and queries.features.shape == (240 * 36, 2)
    batch = queries.batch(3)
    for pictures in (batch.references, batch.targets):
        numbers = pictures.features[:, 0, 0]
        assert torch.equal(pictures.feature_map, numbers[:, None, None, None].expand(-1, 2, 6, 6))
    assert len(batch.targets.feature_map.unique()) > 10


def test_a_batch_depends_on_seed_and_step_alone(telling, tmp_path):
    def tensors(batch):
        parts = [*batch.references, *batch.words, *batch.targets, batch.false_negatives, batch.soft_negatives]
        return [part for part in parts if part is not None]

    def same(one, other):
        return all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))

    first, again = telling.batch(7), telling_queries(tmp_path)
    assert same(first, telling.batch(7)) and same(first, again.batch(7))
    again.seed = 2
    assert not same(first, telling.batch(8)) and not same(first, again.batch(7))


def test_shares_decide_which_target_is_taken(tmp_path):
    alone = {"share_pairs": 0, "share_crossed": 0}
    for share in (0, 1):  # twins are taken wherever they fit, dyed photographs where the share says so
        queries = telling_queries(tmp_path / str(share), share_photographs=share, share_same=1, **alone)
        pool, taken = (queries.photographs if share else queries.drawings), 0
        for (column, _, new, *_), (before,), (after,) in told(queries, 0)[1]:
            number, target = (int(np.flatnonzero(pool.pictures == g.rows)[0]) for g in (before, after))
            partners = pool.differing(before.facts, (column,))
            fitting = partners[(pool.facts[partners, column] == new) & (pool.origin[partners] == pool.origin[number])]
            assert target in fitting or not len(fitting)
            taken += len(fitting) > 0
        assert taken > 5
    queries = telling_queries(tmp_path / "crossed", share_photographs=1, share_pairs=0, share_crossed=1)
    crossed = 0
    for (column, *_), (before,), (after,) in told(queries, 0)[1]:
        assert after.rows >= 120 or not len(queries.drawings_like(before.facts, (column,)))
        crossed += after.rows >= 120
    assert crossed > 10


def test_partners_differ_in_one_known_value():
    facts = np.random.default_rng(0).integers(-1, 2, (80, 6))
    kept = np.arange(80) % 4 > 0
    pool = GarmentPool(facts, np.arange(80), np.arange(80), kept)
    assert len(pool) == 60 and np.array_equal(pool.pictures, np.flatnonzero(kept))
    for fact, column in product(pool.facts[:20], range(6)):
        others = np.delete(np.arange(6), column)
        like = (pool.facts[:, others] == fact[others]).all(1) & (pool.facts[:, column] != UNKNOWN)
        found = np.flatnonzero(like & (pool.facts[:, column] != fact[column]))
        assert pool.differing(fact, (column,)).tolist() == found.tolist()
    for fact, columns in product(pool.facts[:20], combinations(range(6), 2)):
        like = (np.delete(pool.facts, columns, 1) == np.delete(fact, columns)).all(1)
        others = ((pool.facts != fact) & (pool.facts != UNKNOWN))[:, list(columns)].all(1)
        assert pool.differing(fact, columns).tolist() == np.flatnonzero(like & others).tolist()
        assert pool.like(fact, columns).tolist() == np.flatnonzero(like).tolist()
    assert pool.differing(np.full(6, 9), (1,)).tolist() == []


def test_two_changes_are_both_made_and_no_third(tmp_path):
    queries, kinds = telling_queries(tmp_path, share_two=1.0), set()
    for step in range(4):
        for (one, old, new, garment, place, other, also_old, also_new), reference, target in told(queries, step)[1]:
            before, after = reference[max(place, 0)], target[max(place, 0)]
            known = slice(3) if before.rows < 120 <= after.rows else slice(6)
            assert np.flatnonzero(before.facts[known] != after.facts[known]).tolist() == [one, other] and one < other
            assert before.facts[[one, other]].tolist() == [old, also_old] and before.facts[0] == garment
            assert after.facts[[one, other]].tolist() == [new, also_new]
            kinds.add((one, other))
    assert {(0, 1), (1, 2)} <= kinds


def test_what_is_not_wanted_is_not_in_the_target_and_the_rest_stays(tmp_path):
    queries, kept = telling_queries(tmp_path, share_unwanted=1.0), []
    for step in range(4):
        batch, made = told(queries, step)
        columns = [target for _, _, target in made] + [made[3 * i][1] for i in range(20)]
        for row, ((column, unwanted, new, _, place, *_), reference, target) in enumerate(made):
            changed = max(place, 0)
            before, after = reference[changed], target[changed]
            assert new == -1 and after.facts[column] not in (unwanted, UNKNOWN)
            assert np.array_equal(np.delete(before.facts, column), np.delete(after.facts, column))
            kept.append(before.facts[column] != unwanted)
            assert not kept[-1] or before.facts[column] == after.facts[column], "what is not there anyway stays as it is"
            for place_of, other in enumerate(columns):
                right = len(other) == len(target)
                for side, (wanted, shown) in enumerate(zip(target, other, strict=False)):
                    facts = wanted.facts.copy()
                    if side == changed:
                        right = right and shown.facts[column] not in (unwanted, UNKNOWN)
                        facts[column] = shown.facts[column]
                    right = right and bool(compatible(facts, shown.facts))
                assert batch.false_negatives[row, place_of] == (right and place_of != row)
    assert 0.05 < np.mean(kept) < 0.5


def test_where_somebody_points_no_side_is_said_and_words_touch_that_garment_alone(tmp_path):
    queries = telling_queries(tmp_path, share_pairs=1.0, share_pointed=0.5)
    queries.kinds = np.zeros(240, np.int64)
    pointed = []
    for step in range(3):
        batch, made = told(queries, step)
        linked = batch.grounding.linked
        for row, ((column, old, new, _, place, *_), reference, target) in enumerate(made):
            changed = [side for side in (0, 1) if reference[side].rows != target[side].rows]
            assert len(reference) == 2 and len(changed) == 1, "one garment changes"
            (side,) = changed
            assert (reference[side].facts[column], target[side].facts[column]) == (old, new)
            pointed.append(place == -1)
            if place == -1:
                assert linked[row, :2].tolist() == [side == 0, side == 1]
                assert batch.grounding.meant[row, :2].tolist() == [side == 0, side == 1]
            else:
                assert place == side and linked[row].all()
    assert 0.3 < np.mean(pointed) < 0.7


def test_words_look_at_parts_and_sentences_act_on_what_changes(tmp_path):
    queries = telling_queries(tmp_path, share_pairs=0.0)
    assert queries.batch(0).grounding is None, "this detector does not tell what a region is"
    kinds = np.array([KINDS.index(kind) for kind in ("dress", "sleeve", "collar", "sleeve")])
    facts = np.full(6, UNKNOWN)
    facts[:3] = CATEGORIES.index("dress"), COLORS.index("red"), PATTERNS.index("solid")
    queries.kinds = kinds
    queries.table = SimpleNamespace(rows=lambda picture: np.arange(4))
    picture = (ShownGarment(facts, np.arange(4)),)
    words = word_meanings(["make", "red", "sleeves", "longer"])
    asked = [Asked(Sentence(None, words), picture, (3,)), Asked(Sentence(None, words[:2]), picture, (1,))]
    grounding = queries._grounding([picture, picture], asked)
    everything, sleeves = [True] * 4, [False, True, False, True]
    assert grounding.fits[0].tolist() == [everything, everything, sleeves, everything]
    assert grounding.fits[1, :2].tolist() == [everything] * 2 and not grounding.fits[1, 2:].any()
    assert grounding.meant.tolist() == [sleeves, [True, False, False, False]]


def test_pictures_side_by_side_keep_their_regions_and_share_the_width(queries):
    table, facts = queries.table, np.zeros(6)
    one, other = (ShownGarment(facts, table.rows(i)) for i in (0, 1))
    before = table.boxes_unit.copy()
    pair = gather(table, [side_by_side(one, other, 0.4), (one,)])
    count = len(one.rows)
    assert pair.mask.sum(1).tolist() == [count + len(other.rows), count]
    boxes, alone = pair.boxes_unit[0].numpy(), table.boxes_unit[one.rows]
    assert boxes[:count, ::2] == pytest.approx(0.4 * alone[:, ::2]) and boxes[:count, 1::2] == pytest.approx(alone[:, 1::2])
    assert boxes[count:, ::2] == pytest.approx(0.4 + 0.6 * table.boxes_unit[other.rows][:, ::2])
    assert pair.boxes_unit[1, :count].numpy() == pytest.approx(alone) and not pair.boxes_unit[1, count:].any()
    assert np.array_equal(table.boxes_unit, before)
    assert np.array_equal(pair.features[0].numpy(), table.features[np.concatenate([one.rows, other.rows])])


# Sentences


@pytest.fixture(scope="module")
def bank_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    write_bank(folder, HashedWords(), 600, SEED)
    return folder


def test_sentences_that_are_drawn_fit_what_was_asked(bank_folder, words):
    bank = write_bank(bank_folder, words, 600, SEED)
    about = json.loads((bank_folder / "sentences.json").read_text())
    said = defaultdict(list)
    for text, change in zip(bank.texts, about["changes"], strict=True):
        said[words.tokenize_text(text).values.astype(np.float16).tobytes()].append(change)
    rng, found = np.random.default_rng(0), 0
    for (attribute, values), garment, side in product(VALUES.items(), ("skirt", "t-shirt"), (None, *SIDES)):
        for old, new in rng.permuted(np.tile(values, (10, 1)), axis=1)[:, :2].tolist():
            for wanted in ([new], []):
                drawn = bank.draw(rng, [attribute], [old], wanted, garment, side)
                if drawn is not None:
                    assert drawn.values.dtype == np.float32 and drawn.values.shape == (len(drawn.meanings), CONFIG.word_width)
                    olds = [[], [old]] if wanted else [[old]]
                    fitting = [list(c) for c in product([[attribute]], [wanted], olds, [side], [None, garment])]
                    assert any(change in fitting for change in said[drawn.values.astype(np.float16).tobytes()])
                    found += 1
    assert found > 100 and len(set(bank.texts)) > 400
    two = [change for change in about["changes"] if len(change[0]) == 2]
    assert 0.2 < len(two) / len(bank.texts) < 0.36
    for attributes, new, old, side, garment in two[:50]:
        assert [NAMES.index(a) for a in attributes] == sorted(NAMES.index(a) for a in attributes)
        told = old or [next(v for v in VALUES[a] if v != n) for a, n in zip(attributes, new, strict=True)]
        assert bank.draw(rng, attributes, told, new, garment or "skirt", side) is not None


def test_a_bank_is_written_once_and_refuses_another_seed(bank_folder):
    assert len(write_bank(bank_folder, None, 600, SEED).texts) == 600, "nothing is read again"
    for count, seed in ((600, SEED + 1), (601, SEED)):
        with pytest.raises(ValueError, match="choose another folder"):
            write_bank(bank_folder, None, count, seed)


# Training


def test_held_out_photographs_are_seen_by_the_judge_alone(queries, photographs, drawings):
    assert (
        queries.facts["training"] | {"held_out": 5, "sentences": 300, "sources": 3, "drawings": 16} == queries.facts["training"]
    )
    seen, dyes = set(queries.photographs.origin.tolist()), dyed_colors(photographs.records, garment_data._DYES, SEED)
    assert len(seen) == queries.facts["training"]["photographs"] == len(photographs.records) - 5
    assert len(queries.photographs) - len(seen) == queries.facts["training"]["dyed"] == sum(d[0] in seen for d in dyes)
    assert (queries.photographs.facts[:, 3:] == UNKNOWN).all() and np.array_equal(queries.drawings.origin[::2], np.arange(8))
    assert len(queries.drawings.pictures) == 16 and queries.drawings.pictures[-1] == len(photographs.records) + len(dyes) + 15


class Oracle(torch.nn.Module):
    """Sees all in a picture's one region; `wish` makes of that and of the sentence's one word what it looks for."""

    def __init__(self, wish):
        super().__init__()
        self.wish, self.nothing = wish, torch.nn.Parameter(torch.zeros(1))
        self.config = CONFIG

    def encode_target(self, pictures):
        return torch.nn.functional.normalize(pictures.features[:, 0])

    def compose_query(self, pictures, words):
        return Composition(torch.nn.functional.normalize(self.wish(pictures.features[:, 0], words.values[:, 0])))


def shown_facts(facts: np.ndarray) -> np.ndarray:
    """(N, 23) float32 of (N, 6) facts: which category and which colour."""
    return np.concatenate([np.eye(10)[facts[:, 0]], np.eye(len(COLORS))[facts[:, 1]]], 1).astype(np.float32)


def test_the_judge_counts_garments_of_the_same_category_in_the_wanted_colour(tmp_path):
    facts = np.array([[c, d, *[UNKNOWN] * 4] for c, d in product((3, 6), (0, 4, 12))] * 2)
    table = table_of(tmp_path, shown_facts(facts))
    words = {(old, new): np.eye(13, dtype=np.float32)[[new]] for old, new in product(range(13), repeat=2)}
    garments = [ShownGarment(f, table.rows(i)) for i, f in enumerate(facts)]
    judge = GarmentJudge(table, garments, words)
    assert [judge.own.tolist(), judge.asked.tolist()] == [part.tolist() for part in color_queries(facts)]
    good = Oracle(lambda seen, wanted: torch.cat([seen[:, :10], wanted], 1))
    assert judge(good) == (100, {"success@1": 100, "success@10": 100})
    deaf = Oracle(lambda seen, wanted: seen)
    confused = Oracle(lambda seen, wanted: torch.cat([seen[:, :10].flip(1), wanted], 1))  # 3 for 6 and 6 for 3
    for model in (deaf, confused):
        score, figures = judge(model)
        assert figures["success@1"] == 0 and score == figures["success@10"] / 2
    assert GarmentJudge(table, garments[:2], words)(deaf)[0] == 100, "the reference itself is no answer"


def test_an_interrupted_training_ends_with_the_same_weights(queries, trained, tmp_path, monkeypatch):
    original, steps = GarmentQueries.batch, []

    def interrupted(self, step):
        steps.append(step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return original(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(GarmentQueries, "batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_compositor("lbf", CONFIG, TRAINING, queries, tmp_path)
    train_compositor("lbf", CONFIG, TRAINING, queries, tmp_path)
    assert (tmp_path / "curve.json").read_text() == (trained / "curve.json").read_text()
    whole, parts = (torch.load(f / "training.pt", weights_only=True)["model"] for f in (trained, tmp_path))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


@pytest.fixture(scope="module")
def trained(queries, detector_folder):
    folder = detector_folder.parent / "garments"
    train_compositor("lbf", CONFIG, TRAINING, queries, folder)
    return folder


def test_a_checkpoint_tells_its_detector_its_data_and_how_far_it_came(trained, detector):
    model, header = load_compositor(trained)
    curve = json.loads((trained / "curve.json").read_text())
    assert model.config == CONFIG and header["detector"] == detector.fingerprint and header["detector_checkpoint"] == "detector"
    assert header["training"]["validation"] in curve and [point["updates"] for point in curve] == [2, 4]
    assert all(point.keys() == {"updates", "loss", "success@1", "success@10"} for point in curve)
    assert header["training"]["held_out"] == 5 and header["training"]["share_pairs"] == 0.2


# Figures


def test_equal_scores_and_missing_answers_count_against_a_query():
    scores = np.array([[3, 2, 1], [2, 2, 1], [3, 2, 1], [-np.inf, 2, 1]])
    right = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]], bool)
    assert success(scores, right, (1, 2, 3, 9)) == {"success@1": 25, "success@2": 50, "success@3": 50, "success@9": 50}


def test_every_other_colour_of_its_category_is_asked_of_a_picture():
    facts = np.random.default_rng(0).integers(0, 4, (30, 6))
    own, asked = color_queries(facts)
    made = set(zip(own.tolist(), asked.tolist(), strict=True))
    assert len(made) == len(own)
    for i, color in product(range(30), range(5)):
        there = ((facts[:, 0] == facts[i, 0]) & (facts[:, 1] == color)).any()
        assert ((i, color) in made) == (there and color != facts[i, 1])
    assert [len(part) for part in color_queries(facts[:1])] == [0, 0]


def test_pairs_can_be_answered_and_do_not_have_the_colour_yet():
    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 25, 0)
    assert len(pairs.gallery) == 100 and pairs.sides.tolist() == [0, 1] * 12 + [0]
    for color, (reference, left, right, both) in zip(pairs.colors, pairs.gallery.reshape(25, 4, 2), strict=True):
        assert color not in facts[reference, 1]
        assert np.array_equal(facts[both, 0], facts[reference, 0]) and (facts[both, 1] == color).all()
        assert left.tolist() == [both[0], reference[1]] and right.tolist() == [reference[0], both[1]]
    assert np.array_equal(pairs.gallery, draw_pairs(facts, 25, 0).gallery)
    assert not np.array_equal(pairs.gallery, draw_pairs(facts, 25, 1).gallery)


@pytest.mark.parametrize("count", [1, 6])
def test_photographs_of_one_colour_make_no_pairs(count):
    facts = np.full((count, 6), UNKNOWN)
    facts[:, 0], facts[:, 1] = np.arange(count) % 2, RED
    with pytest.raises(ValueError, match=rf"of {count} photographs.*other colours"):
        draw_pairs(facts, 1, 0)


class SideWords:
    """Reads "make the left one red" as one word: which side, then which colour."""

    def tokenize_texts(self, texts) -> list[Tokens]:
        said = [text.split() for text in texts]
        asked = [[SIDES.index(w[2]), *np.eye(len(COLORS))[COLORS.index(w[4])]] for w in said]
        return [Tokens(("all",), np.array([values], np.float32)) for values in asked]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_change_on_the_wrong_side_is_no_success(wrong, tmp_path):
    def wish(seen, said):
        sides = seen.clone().view(len(seen), 2, -1)
        sides[torch.arange(len(seen)), said[:, 0].long() ^ wrong, 10:] = said[:, 1:]
        return sides.flatten(1)

    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 20, 0)
    table = table_of(tmp_path, np.concatenate([shown_facts(facts[side]) for side in pairs.gallery.T], 1))
    bench = measuring.Bench(Oracle(wish), SideWords(), table, facts, facts[:, 1], len(facts), pairs, table)
    figures = measuring._side_by_side(bench)
    assert (figures["success@1"], figures["wrong side@1"]) == ((0, 100) if wrong else (100, 0))
    assert (figures["queries"], figures["gallery"]) == (20, 80)


class ColorWords:
    """Reads a sentence as its last word, which is a colour."""

    def tokenize_texts(self, texts) -> list[Tokens]:
        return [Tokens(("all",), np.eye(len(COLORS), dtype=np.float32)[[COLORS.index(t.split()[-1])]]) for t in texts]


def a_bench(folder, wish, facts, second) -> measuring.Bench:
    """A bench of photographs alone, whose compositor looks for what `wish` makes of the reference and the asked colour."""
    facts, pairs = np.array([[*row, *[UNKNOWN] * 3] for row in facts]), draw_pairs(np.array([[0, 0], [0, 1], [0, 1]]), 1, 0)
    table = table_of(folder, shown_facts(facts))
    return measuring.Bench(Oracle(wish), ColorWords(), table, facts, np.array(second), len(facts), pairs, table)


def measured(bench: measuring.Bench, part: str) -> dict:
    """Figures of "replace X color to Y", or of a word that means Y."""
    gallery = measuring.embed_pictures(bench.model, bench.table, [(bench.shown(i),) for i in range(len(bench.facts))])
    if part == "words":
        word = SimpleNamespace(said="blue", values=("blue",))
        return measuring._words(bench, [word], gallery, 0)
    own = np.flatnonzero(bench.facts[:, 1] != COLORS.index("blue"))
    asked = np.full(len(own), COLORS.index("blue"))
    return measuring._asked(bench, own, asked, [f"replace {COLORS[bench.facts[i, 1]]} color to blue" for i in own], gallery)


def test_a_sentence_that_is_refused_is_answered_by_nothing(tmp_path):
    class Picky(ColorWords):
        def tokenize_texts(self, texts):
            if any("gimme" in text for text in texts):
                raise TextError("not understood")
            return super().tokenize_texts(texts)

    facts = [[0, 0, 0], [0, 1, 0], [0, 2, 0], [0, 3, 0]]
    bench = a_bench(tmp_path, lambda seen, said: torch.cat([seen[:, :10], said], 1), facts, [UNKNOWN] * 4)
    gallery = measuring.embed_pictures(bench.model, bench.table, [(bench.shown(i),) for i in range(4)])
    texts = ["all red", "gimme red", "all blue", "gimme blue"]
    plain = bench.scores(np.arange(4), texts, gallery)
    picky = replace(bench, words=Picky()).scores(np.arange(4), texts, gallery)
    assert np.array_equal(picky[[0, 2]], plain[[0, 2]])
    assert np.isneginf(picky[[1, 3]]).all() and np.isfinite(plain).sum() == 12


@pytest.mark.parametrize("part", ["asked", "words"])
def test_the_reference_is_no_answer_of_the_protocol(part, tmp_path, monkeypatch):
    """What looks like the reference comes first, then what is blue: with the reference among the results, none were right."""
    monkeypatch.setattr(measuring, "_PER_WORD", 10)
    bench = a_bench(tmp_path, lambda seen, said: torch.cat([seen[:, :10], 2 * seen[:, 10:] + said], 1), [
        (0, RED, 0), (1, GREEN, 0), (0, BLUE, 0), (1, BLUE, 0)], [UNKNOWN] * 4)  # fmt: skip
    assert measured(bench, part)["success@1"] == 100


def test_the_reference_is_no_answer_among_pictures_of_two_garments(tmp_path):
    """The reference itself is wished for, but a little more of the asked colour on the asked side."""

    def wish(seen, said):
        sides = seen.clone().view(len(seen), 2, -1)
        sides[torch.arange(len(seen)), said[:, 0].long(), 10:] += 0.5 * said[:, 1:]
        return sides.flatten(1)

    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 2, 0)
    table = table_of(tmp_path, np.concatenate([shown_facts(facts[side]) for side in pairs.gallery.T], 1))
    bench = measuring.Bench(Oracle(wish), SideWords(), table, facts, facts[:, 1], len(facts), pairs, table)
    assert measuring._side_by_side(bench)["success@1"] == 100


@pytest.mark.parametrize("part", ["asked", "words"])
@pytest.mark.parametrize("first", ["blue", "second"])
def test_a_second_name_is_as_good_as_the_first(part, first, tmp_path, monkeypatch):
    """Of a red garment, blue is asked; one is blue, one is green and can be called blue, too."""
    monkeypatch.setattr(measuring, "_PER_WORD", 10)
    found = BLUE if first == "blue" else GREEN
    target = torch.from_numpy(shown_facts(np.array([[0, found]])))
    facts = [(0, RED, 0), (0, BLUE, 0), (0, GREEN, 0)]
    bench = a_bench(tmp_path, lambda seen, said: target.expand(len(seen), -1), facts, [UNKNOWN, UNKNOWN, BLUE])
    figures = measured(bench, part)
    assert figures["success@1"] == (100 if first == "blue" else 0)
    # Asked of the green one itself, it is excluded, and the others are equally far: ties count against the query.
    assert figures["success@1, second names count"] == (100 if first == "blue" else 50)


def test_the_protocol_measures_a_trained_compositor(trained, validation, drawings, detector_folder, tmp_path, monkeypatch):
    figures = evaluate_garments([trained], validation, drawings, detector_folder, tmp_path)
    (row,) = figures["rows"]
    own, asked = color_queries(np.stack([facts_of(r) for r in validation.records]))
    assert (figures["photographs"], figures["drawings"], figures["queries"]) == (8, 16, len(own)) and len(asked) == 24
    assert (row["checkpoint"], row["compositor"]) == ("garments", "lbf") and figures["data"]["seed"] == 0
    for part in ("photographs", "photographs and drawings", "paraphrases", "unseen words", "slips", "side by side"):
        shares = {name: v for name, v in row[part].items() if isinstance(v, float)}
        assert max(shares.values()) <= 100 and shares["success@1"] <= shares["success@5"]
    kept = ("category kept in top 5", "colour right in top 5", "pattern kept in top 5")
    assert row["photographs"].keys() >= {"success@10", *kept} and row["photographs"]["pattern kept in top 5"] == 100
    assert row["side by side"].keys() >= {"wrong side@1", "queries"} and row["side by side"]["gallery"] == 12
    assert row["unseen words"]["queries"] == len(row["unseen words"]["success@1 by word"]) > 5
    more = replace(validation, records=[*validation.records, replace(validation.records[0], file="gone.png")]).keep_decoded()
    told = evaluate_garments([trained], more, drawings, detector_folder, tmp_path)
    assert told == {**figures, "passed over": 1, "passed over, for example": list(more.passed_over)}
    assert figures["passed over"] == 0 and "gone.png" in more.passed_over[0]
    loaded = []
    monkeypatch.setattr(measuring, "load_reader", lambda config: loaded.append(config) or HashedWords())
    again = evaluate_garments([trained, trained], validation, drawings, detector_folder, tmp_path)
    assert again["rows"] == 2 * figures["rows"] and len(loaded) == 1, "one text encoder for all that read the same words"


def test_pointing_is_measured_on_a_trained_compositor(trained, validation, detector_folder, tmp_path):
    figures = pointing.evaluate_garments_pointed([trained], validation, detector_folder, tmp_path)
    (row,) = figures["rows"]
    assert row["queries"] + row["garment not found"] == 3 and figures["gallery"] == 12 and figures["data"]["seed"] == 0
    assert row["pointed"].keys() == row["vague"].keys() == row["described"].keys() == {"success@1", "success@5", "wrong side@1"}
    assert row["checkpoint"] == "garments" and "commit" in figures


def test_a_compositor_of_another_detector_is_refused(trained, validation, drawings, tmp_path):
    torch.manual_seed(1)
    save_checkpoint(tmp_path / "other", "detector", build_faster_rcnn(GARMENTS), GARMENTS, {})
    with pytest.raises(CheckpointError, match="trained with detector"):
        evaluate_garments([trained], validation, drawings, tmp_path / "other", tmp_path)


def test_a_garment_detector_is_judged_even_where_it_finds_nothing(detector, photographs, validation, monkeypatch):
    taught, held_out = TAUGHT[:2], HELD_OUT[:2]
    for name, value in (("_OTHERS", 1), ("TAUGHT", taught), ("HELD_OUT", held_out)):
        monkeypatch.setattr(detector_protocol, name, value)
    figures = evaluate_garment_detector(detector, photographs, validation)
    assert figures["garment_box"]["photographs"] == figures["data"]["photographs"] == 8
    assert figures["linear_probe"].keys() == {"color", "pattern", "category"}
    assert figures["no garment told"]["photographs, by mistake"] == 0
    best, some = (figures["garment_box"][f"recall of {which} region"] for which in ("the best garment", "any"))
    assert best <= some <= 100
    blind = AttributeRcnnDetector(detector.model, replace(GARMENTS, min_score=0.999), "blind")
    figures = evaluate_garment_detector(blind, photographs, validation)
    assert set(figures["own_labels"].values()) == {0}
    told = figures["no garment told"]
    assert told.pop("photographs, by mistake") == 100
    for kinds, group in ((taught, "pictures of kinds that training shows"), (held_out, "pictures of other kinds")):
        assert told[group] == dict.fromkeys(("all", *kinds), 100.0)
