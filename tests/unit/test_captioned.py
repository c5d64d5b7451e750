"""What benchmarks of captioned pictures share: ranks by hand, what is held out, and pictures that cannot be decoded."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.compositors.base import Composition
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.network.batching import RegionBatch
from lbf_model.tasks.captioned.protocol import (
    caption_figures,
    caption_ranks,
    captioned_store,
    embed_gallery,
    embed_queries,
)
from lbf_model.tasks.captioned.records import CaptionedPicture, CaptionedQuery, CaptionedSplit, CaptionProtocol
from lbf_model.tasks.captioned.training_queries import hold_out
from lbf_model.vision.detectors.registry import load_detector


class ByHand(torch.nn.Module):
    """Looks embeddings up: a region's feature is the number of its picture, a word's that of its sentence."""

    def __init__(self, gallery, composed):
        super().__init__()
        self.config = LbfConfig((), 1, words="minilm")
        self.gallery, self.composed = torch.nn.Parameter(gallery), composed

    def encode_target(self, pictures):
        return self.gallery[pictures.features[:, 0, 0].long()]

    def compose_query(self, pictures, words, links=None):
        return Composition(self.composed[words.values[:, 0, 0].long()])


class Numbered:
    """A store whose picture i has one region with the feature i."""

    def gather(self, pictures, max_regions, with_map=False):
        count = len(pictures)
        numbers = torch.tensor(np.asarray(pictures), dtype=torch.float32).reshape(count, 1, 1)
        return RegionBatch(numbers, torch.zeros(count, 1, 4), torch.ones(count, 1, dtype=torch.bool))


def test_ranks_follow_the_protocol():
    angles = torch.tensor([0.0, 10.0, 20.0, 30.0, 80.0]).deg2rad()
    gallery = torch.stack([angles.cos(), angles.sin()], 1)
    captions = ["red dress", "blue dress", "red dress", "blue dress", "green dress"]
    sentences = {str(i): np.full((1, 1), i, np.float32) for i in range(4)}
    queries = [
        CaptionedQuery(0, "blue dress", "0"),  # its own picture would be first, and is excluded
        CaptionedQuery(3, "red dress", "1"),  # any picture with the caption is a hit: places 1, 0 and 2 by nearness
        CaptionedQuery(0, "green dress", "2"),  # behind all three others
        CaptionedQuery(4, "pink dress", "3"),  # nothing in the gallery is
    ]
    composed = gallery[[0, 1, 0, 0]] + 1e-3 * gallery[[0, 0, 0, 0]]
    model = ByHand(gallery, torch.nn.functional.normalize(composed, dim=1))
    found = embed_gallery(model, Numbered(), range(5))
    asked = embed_queries(model, Numbered(), [q.source for q in queries], [q.text for q in queries], sentences)
    assert caption_ranks(asked, found, captions, queries).tolist() == [1, 2, 4, 6]


def test_recall_may_ask_for_a_part_of_the_caption():
    gallery = np.eye(4, dtype=np.float32)
    captions = ["ripe apple", "ripe pear", "raw apple", "raw pear"]
    query = CaptionedQuery(0, "raw apple", "raw")
    asked = np.array([[0.9, 0.4, 0.1, 0.2]], np.float32)  # ripe pear, raw pear, raw apple; its own picture is excluded
    hits = {"": str, "first ": lambda c: c.split()[0], "last ": lambda c: c.split()[1]}
    protocol = CaptionProtocol("x", "X", None, (1, 2, 3), hits)
    assert caption_figures(protocol, asked, gallery, captions, [query]) == {
        "R@1": 0, "R@2": 0, "R@3": 100,
        "first R@1": 0, "first R@2": 100, "first R@3": 100,
        "last R@1": 0, "last R@2": 0, "last R@3": 100,
    }  # fmt: skip


def test_groups_are_held_out_whole():
    groups = [f"p{i // 3}" for i in range(300)]
    held = hold_out(groups, 20, seed=0)
    assert 0 < held.sum() <= 20 and held.reshape(100, 3).all(1).sum() * 3 == held.sum()
    assert np.array_equal(held, hold_out(groups, 20, 0)) and not np.array_equal(held, hold_out(groups, 20, 1))
    assert hold_out(groups, 5000, 0).sum() == 75


def test_pictures_that_cannot_be_decoded_are_named_and_the_rest_goes_on(checkpoints, tmp_path):
    pictures = [CaptionedPicture(f"{i}.png", f"caption {i}", "") for i in range(20)]  # more than are described at once
    for place, picture in enumerate(pictures):
        Image.new("RGB", (24, 32), (10 * place, 0, 0)).save(tmp_path / picture.path)
    for broken in (1, 17, 18, 19):
        (tmp_path / f"{broken}.png").write_bytes(b"no picture")
    store = captioned_store("x", tmp_path, pictures, load_detector(checkpoints / "detector"), tmp_path / "regions")
    kept = [0, *range(2, 17)]
    assert store.decoded.tolist() == kept
    queries = tuple(CaptionedQuery(source, "any", f"from {source}") for source in (0, 1, 2, 19))
    split = CaptionedSplit(tmp_path, tuple(pictures), ("a.png: missing",), {}, queries, left_out=5).keep_decoded(store.decoded)
    assert split.passed_over == ("a.png: missing", *(f"{i}.png: cannot be decoded" for i in (1, 17, 18, 19)))
    assert [p.caption for p in split.pictures] == [f"caption {i}" for i in kept]
    assert [(q.source, q.text) for q in split.queries] == [(0, "from 0"), (1, "from 2")] and split.left_out == 7


def test_a_detector_is_shown_no_empty_batch(tmp_path):
    (tmp_path / "0.png").write_bytes(b"no picture")
    detector = SimpleNamespace(fingerprint="a", feature_width=2, feature_map_channels=2, detect_regions=pytest.fail)
    assert not len(captioned_store("x", tmp_path, [CaptionedPicture("0.png", "", "")], detector, tmp_path / "r").decoded)
