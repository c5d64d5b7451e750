"""Stores of regions are known by what they were made from, and give back what was put in."""

import errno
import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lbf_model.compositors.registry import build_compositor
from lbf_model.only_writer import FolderInUseError, only_writer
from lbf_model.retrieval.encoder import load_compositor, load_reader
from lbf_model.tasks.css.generate import write_css
from lbf_model.tasks.css.protocol import embed_gallery, embed_queries, evaluate_css
from lbf_model.tasks.css.regions import CssRegionTable, css_store, css_stores, pictured
from lbf_model.tasks.css.storage import load_css
from lbf_model.tasks.css.training_queries import CssQueries, CssSampling, css_config
from lbf_model.training.region_store import RegionTable, content_digest, extract_regions, features_to_standardise
from lbf_model.vision.detectors.registry import load_detector
from tests.small import MAP_CHANNELS, random_regions


def found(pictures):
    """Regions that tell which picture was looked at: its only pixel is its number."""
    return [random_regions(1 + p.getpixel((0, 0))[0] % 3, seed=p.getpixel((0, 0))[0]) for p in pictures]


DETECTOR = SimpleNamespace(fingerprint="a", feature_width=12, feature_map_channels=MAP_CHANNELS, detect_regions=found)


def drawn(rows):
    return [Image.new("RGB", (1, 1), (row, 0, 0)) for row in rows]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return extract_regions(tmp_path_factory.mktemp("regions"), "things", "c" * 32, DETECTOR, 20, drawn)


def test_it_gives_back_what_was_put_in(store):
    table = RegionTable([store, store], 2)
    batch = table.gather([table.rows(4), table.rows(25)], [4, 25])
    for row, regions in enumerate((random_regions(2, seed=4), random_regions(3, seed=5))):
        assert batch.features[row].numpy() == pytest.approx(regions.features[:2], rel=1e-2, abs=1e-3)
        assert batch.boxes_unit[row].numpy() == pytest.approx(regions.boxes_unit[:2])
        np.testing.assert_array_equal(batch.feature_map[row].numpy(), regions.feature_map.astype(np.float32))
    np.testing.assert_array_equal(store.gather([4, 5], 2, with_map=True).feature_map, batch.feature_map)
    assert table.gather([table.rows(4)]).feature_map is None and store.gather([4], 2).feature_map is None
    assert len(table) == 40


def test_a_second_run_is_refused_while_one_extracts_and_reads_what_is_complete(tmp_path):
    def again(rows):
        with pytest.raises(FolderInUseError, match="another run is writing there"):
            extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, pytest.fail)
        return drawn(rows)

    extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, again)
    (folder,) = tmp_path.iterdir()
    with only_writer(folder):
        assert len(extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, pytest.fail)) == 20


def test_a_picture_that_cannot_be_decoded_has_no_regions_and_is_not_looked_at_again(tmp_path):
    def some(rows):
        return [None if row in (0, 18) else picture for row, picture in zip(rows, drawn(rows), strict=True)]

    extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, some)
    store = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, pytest.fail)
    assert store.decoded.tolist() == [*range(1, 18), 19]
    table = RegionTable([store], 36)
    assert [len(table.rows(i)) for i in (0, 1, 18, 19)] == [0, 2, 0, 2]
    assert table.gather([table.rows(19)]).features[0].numpy() == pytest.approx(random_regions(2, seed=19).features, abs=1e-2)


def test_regions_are_the_same_whoever_draws_the_pictures(store, tmp_path):
    other = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn, workers=2)
    assert np.array_equal(other.features, store.features) and np.array_equal(other.counts, store.counts)


def test_pictures_can_be_described_otherwise_than_by_detection(tmp_path):
    def describe(rows, pictures):
        assert [p.getpixel((0, 0))[0] for p in pictures] == rows
        return [random_regions(1, seed=100 + row) for row in rows]

    store = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn, describe)
    assert set(store.counts) == {1}
    assert store.features[7, 0] == pytest.approx(random_regions(1, seed=107).features[0], abs=1e-2)


def test_standardising_looks_at_what_is_read(store):
    table = RegionTable([store], 36)
    assert features_to_standardise(table, "regions", 0) is table.features
    cells = features_to_standardise(table, "feature_map", 0)
    maps = np.stack([random_regions(1 + i % 3, seed=i).feature_map for i in range(20)]).astype(np.float32)
    assert cells.shape == (20 * 36, MAP_CHANNELS)
    np.testing.assert_allclose(cells.mean(0), maps.mean((0, 2, 3)), atol=1e-3)
    np.testing.assert_allclose(cells.std(0), maps.std((0, 2, 3)), atol=1e-3)


def test_a_finished_store_is_not_made_again_and_other_content_gets_another(store, tmp_path):
    def never(rows):
        raise AssertionError("these were looked at already")

    first = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn)
    again = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, never)
    assert np.array_equal(first.features, again.features)
    extract_regions(tmp_path, "things", "d" * 32, DETECTOR, 20, drawn)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_disk_that_gets_full_is_told_and_what_was_extracted_is_kept(store, tmp_path, monkeypatch):
    """Through a memory map the system would end this very process, and nobody could tell why."""
    looked_at, written, pwrite = [], [], os.pwrite

    def full(file, data, place):
        written.append(place)
        if len(written) > 71:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(file, data[: max(1, len(data) // 2)], place)  # a system may write less than it is given

    def draw(rows):
        looked_at.extend(rows)
        return drawn(rows)

    with monkeypatch.context() as patched, pytest.raises(OSError, match=r"\.npy") as refusal:
        patched.setattr(os, "pwrite", full)
        extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, draw)
    assert refusal.value.errno == errno.ENOSPC and looked_at[:16] == [*range(16)]
    looked_at.clear()
    other = extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, draw)
    assert 0 < looked_at[0] < 16 and looked_at == [*range(looked_at[0], 20)], "what was written is not looked at again"
    for name in ("features", "boxes_unit", "feature_maps", "counts"):
        np.testing.assert_array_equal(getattr(other, name), getattr(store, name))


def test_a_disk_without_room_is_refused_before_anything_is_looked_at(tmp_path, monkeypatch):
    picture = 2 * MAP_CHANNELS * 36 + 2 * 12 + 4 * 4  # its feature map, and one region with its box
    free = SimpleNamespace(free=20 * picture - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free)
    with pytest.raises(ValueError, match=r"things-c+: regions of 20 pictures take at least .* GB.*free some, or name"):
        extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, pytest.fail)
    free.free += 1
    extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn)
    free.free = 0
    extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, pytest.fail)


@pytest.mark.parametrize("change", [{"detector": "b"}, {"content": "e" * 32}, {"pictures": 21}, {"feature_map": [3, 6, 6]}])
def test_a_store_that_is_not_what_its_name_says_is_refused(change, tmp_path):
    extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn)
    (folder,) = tmp_path.iterdir()
    about = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**about, **change}))
    with pytest.raises(ValueError, match=rf"things-c+: .*{next(iter(change))} .* instead of .*delete it, or choose another"):
        extract_regions(tmp_path, "things", "c" * 32, DETECTOR, 20, drawn)


def test_content_is_bytes_order_and_facts_but_not_names(tmp_path):
    one, two, copy = (tmp_path / name for name in ("one", "two", "copy"))
    for path, content in ((one, b"1" * 9000 + b"a" + b"1" * 9000), (two, b"1" * 9000 + b"b" + b"1" * 9000)):
        path.write_bytes(content)
    shutil.copyfile(one, copy)
    digest = content_digest([one, two])
    assert digest == content_digest([copy, two]) and len(digest) == 32
    others = [[two, one], [one], [one, one]]
    assert len({digest, *map(content_digest, others), content_digest([one, two], "seed 1")}) == 5
    digests = {content_digest([one, tmp_path / "gone"]), digest}
    (tmp_path / "gone").write_bytes(b"here again")
    assert len({*digests, content_digest([one, tmp_path / "gone"])}) == 3, "a missing file is a fact of its own"


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory):
    """As many pictures as `tiny_css`, drawn with another seed."""
    folder = tmp_path_factory.mktemp("css-other")
    write_css(folder, seed=4, base_scenes=40, modifications=12, workers=2, progress=False)
    return folder


def test_data_of_another_seed_does_not_use_these_regions(tiny_css, other_seed, checkpoints, tmp_path):
    detector = checkpoints / "detector"
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    wanted = evaluate_css([checkpoints / "lbf"], other_seed, "test", detector, alone)["rows"]
    evaluate_css([checkpoints / "lbf"], tiny_css, "test", detector, shared)
    assert evaluate_css([checkpoints / "lbf"], other_seed, "test", detector, shared)["rows"] == wanted
    before = sorted(shared.rglob("about.json"))
    evaluate_css([checkpoints / "lbf"], tiny_css, "test", detector, shared)
    assert sorted(shared.rglob("about.json")) == before and len(before) == 4, "two renderings of two data sets"


def test_broken_pictures_are_passed_over_with_their_queries_and_the_rest_is_judged(tiny_css, checkpoints, tmp_path):
    """Figures as those of a data set whose queries never met the broken pictures, whose gallery only misses them."""
    data = tmp_path / "css"
    shutil.copytree(tiny_css, data)
    split = load_css(data, "test")
    source, target = split.queries[0].source, split.queries[-1].target
    assert source != target
    cut = split.picture(source, "2d")
    cut.write_bytes(cut.read_bytes()[:100])
    split.picture(target, "3d").unlink()
    detector = load_detector(checkpoints / "detector")
    table = CssRegionTable(split, css_stores(split, detector, tmp_path / "regions"), 36)
    broken = {("2d", source), ("3d", target)}
    assert set(table.broken) == broken and target not in table.gallery and len(table.gallery) == len(split.images) - 1
    kept = [q for q in split.queries if source != q.source and target not in (q.source, q.target)]
    assert list(table.answerable(split.queries)) == kept and 0 < len(kept) < len(split.queries)
    with pytest.raises(ValueError, match="no query is left: 2 pictures"):
        table.answerable([split.queries[0]])

    told = evaluate_css([checkpoints / "lbf"], data, "test", checkpoints / "detector", tmp_path / "regions")
    assert (told["queries"], told["queries left out"]) == (len(kept), len(split.queries) - len(kept))
    assert (told["gallery"], told["passed over"]) == (len(split.images) - 1, 2)
    assert set(told["passed over, for example"]) == {split.picture(i, r).name for r, i in broken}
    model, _ = load_compositor(checkpoints / "lbf")
    whole = CssRegionTable(split, css_stores(load_css(tiny_css, "test"), detector, tmp_path / "whole"), 36)
    vectors, asked = embed_gallery(model, whole, range(len(split.images))), {}
    for rendering in ("3d", "2d"):
        cosines = embed_queries(model, load_reader(model.config), kept, whole, rendering) @ vectors.T
        cosines[np.arange(len(kept)), [q.source for q in kept]] = -np.inf
        cosines[:, target] = -np.inf
        first = split.scene_ids[np.argsort(-cosines, 1)[:, :10]]
        found = (first == split.scene_ids[[q.target for q in kept]][:, None]).any(1)
        asked[rendering] = 100 * found.mean()
    row = told["rows"][0]
    assert {r: row[f"{r}->3d"]["R@10"] for r in asked} == pytest.approx(asked, abs=0.006)


def test_training_passes_over_broken_pictures_and_says_so(tiny_split, checkpoints, tmp_path):
    detector = load_detector(checkpoints / "detector")
    stores = css_stores(tiny_split, detector, tmp_path)
    source, target = tiny_split.queries[0].source, tiny_split.queries[-1].target
    stores["3d"].counts[target] = stores["2d"].counts[pictured(tiny_split, "2d").index(source)] = -1
    config = css_config("css-big", detector)
    queries = CssQueries(tiny_split, stores, config, CssSampling(held_out=4, fresh=0.0), 0, "d")
    given = [q for queries_of in queries.sampler._queries.values() for q in queries_of]
    assert given and all(source != q.source and target not in (q.source, q.target) for q in given)
    assert set(queries.passed_over) == {str(tiny_split.picture(source, "2d")), str(tiny_split.picture(target, "3d"))}
    assert queries.facts["training"]["passed_over"] == 2
    assert queries.batch(0).references.features.isfinite().all()
    assert queries.judge(build_compositor("lbf", config))[0] >= 0
    table = queries.sampler.table
    maps = features_to_standardise(table.table, "feature_map", 0)
    assert len(maps) == 36 * (len(table.table) - 2), "what was never extracted is no feature"


def test_true_boxes_are_content_too_and_need_a_detector_that_describes_boxes(tiny_split, checkpoints, tmp_path):
    detector = load_detector(checkpoints / "detector")
    css_store(tiny_split, "2d", detector, tmp_path, true_boxes=True)
    moved = [SimpleNamespace(**{**vars(i), "true_boxes": lambda r, i=i: i.boxes[r] * 0.5}) for i in tiny_split.images]
    shifted = SimpleNamespace(split="train", images=moved, queries=tiny_split.queries, picture=tiny_split.picture)
    css_store(shifted, "2d", detector, tmp_path, true_boxes=True)
    assert len(list(tmp_path.glob("train-2d-true-*"))) == 2
    with pytest.raises(ValueError, match="cannot describe given boxes"):
        css_store(load_css(tiny_split.root, "train"), "2d", DETECTOR, tmp_path, true_boxes=True)
