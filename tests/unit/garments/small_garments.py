"""Garments that are drawn small, and training queries whose regions and words tell what was asked."""

import zlib
from itertools import product
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from lbf_model.compositors.base import Composition
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS, VALUES
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import sample_garment, sample_twin
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.garment_pool import GarmentPool
from lbf_model.tasks.garments.grounding import Meaning
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.tasks.garments.regions import UNKNOWN, facts_of
from lbf_model.tasks.garments.sentence_bank import Sentence
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.garments.training_queries import GarmentQueries, GarmentSampling
from lbf_model.training.region_store import RegionTable, extract_regions
from lbf_model.training.settings import CompositorTraining
from lbf_model.types import Regions, Tokens
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


class Oracle(torch.nn.Module):
    """Sees all in a picture's one region; `wish` makes of that and of the sentence's one word what it looks for."""

    def __init__(self, wish):
        super().__init__()
        self.wish, self.nothing = wish, torch.nn.Parameter(torch.zeros(1))
        self.config = CONFIG

    def encode_target(self, pictures):
        return torch.nn.functional.normalize(pictures.features[:, 0])

    def compose_query(self, pictures, words, links=None):
        return Composition(torch.nn.functional.normalize(self.wish(pictures.features[:, 0], words.values[:, 0])))


def shown_facts(facts: np.ndarray) -> np.ndarray:
    """(N, 23) float32 of (N, 6) facts: which category and which colour."""
    return np.concatenate([np.eye(10)[facts[:, 0]], np.eye(len(COLORS))[facts[:, 1]]], 1).astype(np.float32)
