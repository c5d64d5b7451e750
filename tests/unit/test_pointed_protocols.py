"""Pointed, vague and described queries, with compositors whose answers are known because they see who may hear the words."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.cli.main import main
from lbf_model.compositors.base import Composition
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.network.batching import RegionBatch
from lbf_model.tasks import measured as measured_checkpoints
from lbf_model.tasks.css import pointed_protocol as css_pointed
from lbf_model.tasks.css import protocol as css_protocol
from lbf_model.tasks.css.grammar import Modification
from lbf_model.tasks.css.scenes import Scene, SceneObject
from lbf_model.tasks.css.storage import CssQuery, load_css
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.tasks.garments import pointed_protocol as garments_pointed
from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.garments.side_by_side import draw_pairs
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Tokens

READER = Vocabulary(CSS_WORDS, CSS_ALIASES)


def read(text):
    return tuple(READER.tokenize_text(text).values.tolist())


# CSS


class ObjectsTable:
    """In place of extracted regions: one of nothing, then one of each object, told by (picture, place of the object)."""

    missed = ()  # pictures whose objects the detector finds none of
    broken = ()  # pictures that cannot be decoded

    def __init__(self, split, stores, max_regions):
        self.split, self.gallery = split, np.arange(len(split.images))

    def answerable(self, queries):
        return tuple(query for query in queries if query.source not in self.broken)

    def shown(self, rendering, index):
        return np.array([[index, place] for place in range(-1, len(self.split.images[index].scene.objects))])

    def objects(self, shown):
        scene = self.split.images[shown[0, 0]].scene
        seen = shown[0, 0] not in self.missed
        return [scene.objects[place] if place >= 0 and seen else None for _, place in shown.tolist()]

    def gather(self, scenes, reads):
        most = max(map(len, scenes))
        features, mask = np.zeros((len(scenes), most, 2), np.float32), np.zeros((len(scenes), most), bool)
        for row, scene in enumerate(scenes):
            features[row, : len(scene)], mask[row, : len(scene)] = scene, True
        return RegionBatch(torch.from_numpy(features), torch.zeros(len(scenes), most, 4), torch.from_numpy(mask))


class Obeying(torch.nn.Module):
    """Knows what a described query asks for; of a vague one, does to whatever may hear the words what they say."""

    def __init__(self, split, attends=True):
        super().__init__()
        self.config, self.attends, self.nothing = (
            LbfConfig(CSS_WORDS, 2, CSS_ALIASES),
            attends,
            torch.nn.Parameter(torch.zeros(1)),
        )
        self.split = split
        self.ids = {image.scene: image.scene_id for image in split.images}
        self.described = {(q.source, *read(q.text)): q for q in split.queries}
        self.vague = {read(css_pointed.vague(q).text): q.modification for q in split.queries if q.modification.kind != "add"}

    def directions(self, scenes):
        return torch.nn.functional.one_hot(torch.tensor(scenes), 1 + max(self.ids.values())).float()

    def encode_target(self, pictures):
        return self.directions([self.split.images[int(p[0, 0])].scene_id for p in pictures.features])

    def compose_query(self, pictures, words, links=None):
        found = []
        for row, features in enumerate(pictures.features):
            source = int(features[0, 0])
            said = tuple(words.values[row][words.mask[row]].tolist())
            if links is None:
                query = self.described.get((source, *said))
                found.append(self.split.images[query.target if query else source].scene_id)
                continue
            assert links.shape == pictures.mask.shape and not (links[row] & ~pictures.mask[row]).any()
            hearing = {int(place) for place in features[links[row], 1]}
            found.append(self.ids.get(self.changed(source, hearing, self.vague[said]), self.split.images[source].scene_id))
        return Composition(self.directions(found))

    def changed(self, source, places, said):
        objects = list(self.split.images[source].scene.objects)
        for place in sorted(places, reverse=True):
            if said.kind == "remove":
                del objects[place]
            else:
                color, size = said.new_color or objects[place].color, said.new_size or objects[place].size
                objects[place] = replace(objects[place], color=color, size=size)
        return Scene(tuple(objects))


@pytest.fixture
def css_row(tiny_css, tmp_path, monkeypatch):
    """The split, and the row that a compositor gets by the pointed protocol."""
    split = load_css(tiny_css, "test")
    monkeypatch.setattr(css_protocol, "CssRegionTable", ObjectsTable)
    monkeypatch.setattr(css_pointed, "css_stores", lambda *given: {})
    monkeypatch.setattr(css_pointed, "load_detector", lambda folder, device: SimpleNamespace(fingerprint="d"))
    monkeypatch.setattr(measured_checkpoints, "fingerprint", lambda header: "w")

    def measured(model):
        header = {"detector": "d", "compositor": "obeying"}
        monkeypatch.setattr(measured_checkpoints, "load_compositor", lambda folder: (model, header))
        return css_pointed.evaluate_css_pointed([tmp_path], tiny_css, "test", tmp_path, tmp_path)

    return split, measured


def asked_of(split):
    """By hand: queries to remove or make whose text fits one object of the reference."""
    return [
        q
        for q in split.queries
        if q.modification.kind != "add"
        and [q.modification.matches(o) for o in split.images[q.source].scene.objects].count(True) == 1
    ]


def test_a_finger_is_as_good_as_a_description_and_vague_words_alone_are_not(css_row):
    split, measured = css_row
    figures = measured(Obeying(split))
    asked = asked_of(split)
    assert 0 < len(asked) < len(split.queries) and figures["queries"] == len(asked) and figures["gallery"] == len(split.images)
    assert figures["data"]["seed"] == 3 and "commit" in figures
    (row,) = figures["rows"]
    for setting in ("3d->3d", "2d->3d"):
        found = row[setting]
        assert (found["queries"], found["object not found"]) == (len(asked), 0)
        assert found["pointed"]["R@1"] == found["described"]["R@1"] == 100
        assert found["pointed"]["R@1 by kind"] == {"remove": 100, "make": 100}
        same = np.mean([css_pointed.vague(q).text == q.text for q in asked])
        assert found["vague"]["R@1"] == pytest.approx(100 * same, abs=0.01) and same < 0.5


def test_an_object_that_was_not_found_is_left_out_and_counted(css_row, monkeypatch):
    split, measured = css_row
    asked = asked_of(split)
    monkeypatch.setattr(ObjectsTable, "missed", (asked[0].source,))
    gone = sum(q.source == asked[0].source for q in asked)
    found = measured(Obeying(split))["rows"][0]["3d->3d"]
    assert (found["queries"], found["object not found"]) == (len(asked) - gone, gone) and found["pointed"]["R@1"] == 100
    monkeypatch.setattr(ObjectsTable, "missed", tuple(range(len(split.images))))
    found = measured(Obeying(split))["rows"][0]["3d->3d"]
    assert found["queries"] == 0 and found["pointed"]["R@1"] == found["described"]["R@1"] == 0


def test_queries_of_a_broken_picture_are_left_out_and_counted(css_row, monkeypatch):
    split, measured = css_row
    asked = asked_of(split)
    monkeypatch.setattr(ObjectsTable, "broken", (asked[0].source,))
    gone = sum(q.source == asked[0].source for q in asked)
    found = measured(Obeying(split))["rows"][0]["3d->3d"]
    assert (found["queries"], found["queries left out"], found["object not found"]) == (len(asked) - gone, gone, 0)


def test_a_compositor_that_does_not_attend_is_not_pointed(css_row):
    split, measured = css_row
    found = measured(Obeying(split, attends=False))["rows"][0]["3d->3d"]
    assert found["pointed"] is None and found["described"]["R@1"] == 100


def test_vague_words_fit_every_object():
    said = Modification("make", "top-left", "small", "red", "cube", "cube", new_color="blue")
    made = css_pointed.vague(CssQuery(0, 1, said.text, said))
    assert (made.text, made.source, made.target) == ("make object blue", 0, 1)
    assert made.modification.matches(SceneObject("bottom-right", "sphere", "gray", "large"))
    gone = replace(said, kind="remove", new_color=None)
    assert css_pointed.vague(CssQuery(0, 1, gone.text, gone)).text == "remove object"


def test_the_verb_measures_pointing_on_css(checkpoints, tiny_css, tmp_path, capsys):
    command = ["evaluate", str(checkpoints / "lbf"), "--data", str(tiny_css), "--regions", str(tmp_path), "--pointed"]
    flags = ["--detector", str(checkpoints / "detector"), "--true-regions", "--json", str(tmp_path / "figures.json")]
    assert main([*command, *flags]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures == json.loads(capsys.readouterr().out) and figures["regions"] == "true boxes"
    assert figures["queries"] == len(asked_of(load_css(tiny_css, "test")))
    (row,) = figures["rows"]
    for setting in ("3d->3d", "2d->3d"):
        assert row[setting]["object not found"] == 0 and row[setting]["pointed"].keys() == row[setting]["vague"].keys()


# Garments


class PairTable:
    """Two regions a picture, of the left and the right garment; in every other picture the right one is first."""

    def __init__(self, facts, ends):
        """`facts` (N, 2, 6) of both garments of each picture, `ends` (N,) where the left one ends."""
        boxes = np.array([[[0, 0, end, 1], [end, 0, 1, 1]] for end in ends], np.float32)
        boxes[1::2], facts = boxes[1::2, ::-1], np.stack([pair[::-1] if i % 2 else pair for i, pair in enumerate(facts)])
        self.boxes_unit, self.features = boxes.reshape(-1, 4), facts.reshape(-1, 6).astype(np.float32)

    def rows(self, picture):
        return np.array([2 * picture, 2 * picture + 1])

    def gather(self, rows, pictures=None):
        mask = torch.ones(len(rows), 2, dtype=torch.bool)
        return RegionBatch(torch.from_numpy(self.features[rows]), torch.from_numpy(self.boxes_unit[rows]), mask)


class SidesAndColors:
    """Reads "make the left one red" or "make it red" as one word: a side, or -1, and a colour."""

    def tokenize_texts(self, texts):
        said = [text.split() for text in texts]
        sides = [SIDES.index(words[2]) if "the" in words else -1 for words in said]
        values = [[side, COLORS.index(words[-1])] for side, words in zip(sides, said, strict=True)]
        return [Tokens(("all",), np.array([value], np.float32)) for value in values]


class Dyeing(torch.nn.Module):
    """Dyes the garment on the side that is named, or whatever may hear the words."""

    def __init__(self, attends=True):
        super().__init__()
        self.attends, self.config, self.nothing = attends, SimpleNamespace(reads="regions"), torch.nn.Parameter(torch.zeros(1))

    def seen(self, pictures):
        """(B, 2, 6): what the left and the right region show."""
        order = pictures.boxes_unit[:, :, 0].argsort(1)
        return torch.take_along_dim(pictures.features, order[..., None], 1), order

    def directions(self, facts):
        kinds = [torch.nn.functional.one_hot(facts[..., column].long(), 20) for column in (0, 1)]
        return torch.nn.functional.normalize(torch.cat(kinds, -1).flatten(1).float())

    def encode_target(self, pictures):
        return self.directions(self.seen(pictures)[0])

    def compose_query(self, pictures, words, links=None):
        facts, order = self.seen(pictures)
        hearing = torch.ones(len(facts), 2, dtype=torch.bool) if links is None else torch.take_along_dim(links, order, 1)
        for row, (side, color) in enumerate(words.values[:, 0].tolist()):
            for place in range(2):
                if side in (-1, place) and hearing[row, place]:
                    facts[row, place, 1] = color
        return Composition(self.directions(facts))


@pytest.fixture
def pair_bench():
    """A bench of pairs in which the left photograph takes a tenth to nine tenths of the width."""
    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 20, 0)
    ends = np.linspace(0.1, 0.9, len(pairs.sides))
    table = PairTable(facts[pairs.gallery], np.repeat(ends, 4))
    return Bench(Dyeing(), SidesAndColors(), table, facts, facts[:, 1], len(facts), pairs, table), ends


def test_a_finger_on_a_garment_is_as_good_as_its_side(pair_bench):
    bench, ends = pair_bench
    figures = garments_pointed.measure_pointing(bench, ends)
    assert (figures["queries"], figures["garment not found"]) == (20, 0)
    assert figures["pointed"]["success@1"] == figures["described"]["success@1"] == 100
    assert figures["vague"]["success@1"] == figures["vague"]["wrong side@1"] == 0, "both are dyed"
    deaf = garments_pointed.measure_pointing(replace(bench, model=Dyeing(attends=False)), ends)
    assert deaf["pointed"] is None and deaf["described"] == figures["described"]


def test_a_finger_on_the_other_garment_changes_the_wrong_side(pair_bench, monkeypatch):
    bench, ends = pair_bench
    right = garments_pointed.side_links(bench, ends)
    assert all(own.tolist().count(True) == 1 for own in right)
    monkeypatch.setattr(garments_pointed, "side_links", lambda bench, ends: [~own for own in right])
    figures = garments_pointed.measure_pointing(bench, ends)["pointed"]
    assert (figures["success@1"], figures["wrong side@1"]) == (0, 100)


def test_a_garment_that_was_not_found_is_left_out_and_counted(pair_bench):
    bench, ends = pair_bench
    bench.pair_table.boxes_unit[:2] = [[0.9, 0, 1, 1], [0.8, 0, 1, 1]]  # of the first query, which means the left one
    figures = garments_pointed.measure_pointing(bench, ends)
    assert (figures["queries"], figures["garment not found"]) == (19, 1)
    assert figures["pointed"]["success@1"] == figures["described"]["success@1"] == 100, "each keeps its own sentence and links"
    bench.pair_table.boxes_unit[:] = [[0.45, 0, 0.55, 1]]
    with pytest.raises(ValueError, match="no garment was found"):
        garments_pointed.measure_pointing(bench, np.where(bench.pairs.sides == 0, 0.1, 0.9))


def test_the_right_photograph_is_made_as_high_as_the_left():
    records = [SimpleNamespace(width=100, height=200), SimpleNamespace(width=300, height=100)]
    pairs = SimpleNamespace(gallery=np.array([[0, 1], [1, 1], [0, 0], [1, 0], [1, 0], [0, 0], [1, 1], [0, 1]]))
    assert garments_pointed.left_ends(records, pairs).tolist() == pytest.approx([100 / 700, 300 / 350])


def test_the_verb_points_at_garments_where_it_is_asked_to(monkeypatch, tmp_path, capsys):
    from lbf_model.tasks.garments import benchmark

    given = []
    monkeypatch.setattr(benchmark, "_sources", lambda flags, split: (split, "drawings"))
    monkeypatch.setattr(garments_pointed, "evaluate_garments_pointed", lambda *a, **k: given.append(a) or {"rows": []})
    sources = [f"--{name}={tmp_path}" for name in ("photographs", "prepared", "catalogue")]
    flags = ["--dataset", "garments", "--regions", str(tmp_path), "--detector", "d", *sources]
    assert main(["evaluate", "c", *flags, "--pointed"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": []} and given[0][1:3] == ("validation", "d")
