"""The plan of a data set, the oracle's ceiling, and writing: repeatable, resumable, guarded."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.css.drawing_2d import draw_flat
from lbf_model.tasks.css.generate import PlannedQuery, SplitPlan, oracle_recall, plan_split, split_facts, write_css
from lbf_model.tasks.css.grammar import KINDS, fits, parse_modification
from lbf_model.tasks.css.rendering_3d import render
from lbf_model.tasks.css.scenes import Scene, SceneObject, obeys_split
from lbf_model.tasks.css.storage import load_css

SMALL = {"seed": 3, "base_scenes": 6, "modifications": 3, "workers": 1, "progress": False}


@pytest.fixture(scope="module", params=["train", "test"])
def plan(request):
    return plan_split(request.param, seed=0, base_scenes=100, modifications=150)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A data set of 30 images, and what `write_css` answered."""
    out = tmp_path_factory.mktemp("css") / "data"
    return out, write_css(out, **SMALL)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_scene_obeys_its_split(plan):
    assert all(obeys_split(scene, plan.split) for scene in plan.scenes)


def test_splits_share_no_cube_and_no_cylinder():
    plans = [plan_split(split, 0, 100, 150) for split in ("train", "test")]
    for shape in ("cube", "cylinder"):
        train, test = ({o.color for s in p.scenes for o in s.objects if o.shape == shape} for p in plans)
        assert len(train) == len(test) == 4 and not train & test


def test_every_target_is_what_source_and_text_say(plan):
    for query in plan.queries:
        assert fits(query.modification, plan.scenes[query.source], plan.scenes[query.target], plan.split)


def test_counts_and_kinds(plan):
    assert len(plan.scenes) == 100 + 450 and len(plan.queries) == 450
    assert Counter(q.modification.kind for q in plan.queries) == {kind: 150 for kind in KINDS}


def test_each_modification_has_three_sources_and_targets_of_its_own(plan):
    for first in range(0, len(plan.queries), 3):
        three = plan.queries[first : first + 3]
        assert len({q.modification for q in three}) == 1 and len({q.source for q in three}) == 3
        assert all(q.source < 100 for q in three)
    assert [q.target for q in plan.queries] == list(range(100, 550))


def test_a_plan_depends_on_its_seed_and_split_alone(plan):
    again = plan_split(plan.split, 0, 100, 150)
    assert again == plan
    assert plan_split(plan.split, 1, 100, 150).scenes[:100] != plan.scenes[:100]


def test_css_queries_say_the_same(plan):
    query, planned = plan.css_queries[7], plan.queries[7]
    assert (query.source, query.target, query.modification) == (planned.source, planned.target, planned.modification)
    assert query.text == planned.modification.text


@pytest.mark.parametrize("base_scenes, modifications", [(2, 3), (0, 3), (6, 0)])
def test_too_few_scenes_are_refused(base_scenes, modifications):
    with pytest.raises(ValueError, match=r"at least 3"):
        plan_split("train", 0, base_scenes, modifications)


def test_the_oracle_is_certain_but_of_additions(plan):
    ceiling = oracle_recall(plan)
    assert set(ceiling) == {"all", *KINDS}
    assert ceiling["remove"] == ceiling["make"] == 100
    assert 0 < ceiling["add"] <= 100
    assert ceiling["all"] == pytest.approx((ceiling["add"] + 200) / 3)


RED, BLUE, GRAY = (SceneObject("top-left", "sphere", c, "small") for c in ("red", "blue", "gray"))
CUBE = SceneObject("bottom-right", "cube", "gray", "large")


@pytest.mark.parametrize(
    "text, others, expected",
    [
        ("add sphere to top-left", [BLUE], 50),
        ("add small object", [BLUE, GRAY], 100 / 3),
        ("add sphere to top-left", [], 100),
        ("add red sphere", [BLUE], 100),  # the blue one does not fit
    ],
)
def test_the_oracle_guesses_among_what_fits(text, others, expected):
    source, target = Scene((CUBE,)), Scene((CUBE, RED))
    unrelated = Scene((BLUE, SceneObject("top-right", "cube", "gray", "small")))
    gallery = (source, target, unrelated, *(Scene((CUBE, o)) for o in others))
    plan = SplitPlan("train", gallery, (PlannedQuery(0, 1, parse_modification(text)),))
    ceiling = oracle_recall(plan)
    assert ceiling == {"all": pytest.approx(expected), "add": pytest.approx(expected)}


def test_equal_scenes_are_one_answer():
    source, target = Scene((CUBE,)), Scene((CUBE, RED))
    plan = SplitPlan("train", (source, target, target), (PlannedQuery(0, 1, parse_modification("add sphere")),))
    assert oracle_recall(plan)["all"] == 100


def test_the_oracle_averages_over_queries():
    scenes = (Scene((CUBE,)), Scene((CUBE, RED)), Scene((CUBE, BLUE)), Scene(()))
    queries = [(0, 1, "add sphere"), (0, 2, "add sphere"), (0, 3, "remove cube"), (1, 2, "make sphere blue")]
    plan = SplitPlan("train", scenes, tuple(PlannedQuery(s, t, parse_modification(text)) for s, t, text in queries))
    assert oracle_recall(plan) == {"all": 75, "add": 50, "remove": 100, "make": 100}
    assert split_facts(plan) == {"images": 4, "queries": 4, "empty_scenes": 1, "oracle_recall_at_1": oracle_recall(plan)}


def test_what_is_written_is_the_plan(written):
    out, summary = written
    assert json.loads((out / "dataset.json").read_text()) == summary
    for name in ("train", "test"):
        plan, split = plan_split(name, 3, 6, 3), load_css(out, name)
        assert tuple(i.scene for i in split.images) == plan.scenes and list(split.queries) == plan.css_queries
        assert summary["splits"][name] == split_facts(plan)
        assert len(split.images) == 15 and split.oracle_recall_at_1 == oracle_recall(plan)


def test_pictures_and_boxes_are_those_of_the_drawers(written):
    out, _ = written
    split = load_css(out, "test")
    image = split.images[4]
    solid, boxes_3d = render(image.scene, (3, 1, 4))
    flat, boxes_2d = draw_flat(image.scene)
    assert np.array_equal(image.boxes["3d"], boxes_3d) and np.array_equal(image.boxes["2d"], boxes_2d)
    with Image.open(split.picture(4, "2d")) as file:
        assert file.tobytes() == flat.tobytes()
    with Image.open(split.picture(4, "3d")) as file:
        assert np.abs(np.subtract(file.convert("RGB"), solid, dtype=int)).mean() < 4  # lossy


def test_what_did_not_change_still_moves_a_little(written):
    """Source and target are rendered separately."""
    out, _ = written
    split = load_css(out, "train")
    for query in split.queries:
        pair = split.images[query.source], split.images[query.target]
        for item in set(pair[0].scene.objects) & set(pair[1].scene.objects):
            boxes = [image.boxes["3d"][image.scene.objects.index(item)] for image in pair]
            assert not np.array_equal(*boxes)


def test_same_seed_same_bytes(written, tmp_path):
    out, _ = written
    write_css(tmp_path / "again", **SMALL)
    assert contents(tmp_path / "again") == contents(out)


def test_a_broken_off_run_is_completed_with_the_same_bytes(written, tmp_path):
    out, summary = written
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    shard = copy / "test" / "shard-000"
    (shard / "images.jsonl").unlink()  # written last, so without it the shard is not complete
    (shard / "000003.3d.webp").write_bytes(b"half a picture")
    (shard / "000009.2d.png").unlink()
    kept = (copy / "train" / "shard-000" / "000000.3d.webp").stat().st_mtime_ns
    assert write_css(copy, **SMALL) == summary
    assert contents(copy) == contents(out)
    assert (copy / "train" / "shard-000" / "000000.3d.webp").stat().st_mtime_ns == kept  # complete shards are not drawn again


@pytest.mark.parametrize("other", [{"seed": 4}, {"base_scenes": 7}, {"modifications": 6}, {"modifications": None}])
def test_other_settings_are_refused(written, other):
    out, _ = written
    before = contents(out)
    with pytest.raises(ValueError, match=r"other settings .*settings.json"):
        write_css(out, **SMALL | other)
    assert contents(out) == before
