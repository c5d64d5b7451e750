"""What words about garments mean by themselves, and where they and their sentence should look."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PARTS, PATTERNS, VALUES
from lbf_model.tasks.garments.grounding import KINDS, Meaning, SeenRegions, regions_meant, topics, word_meanings, words_fit
from lbf_model.tasks.garments.held_out import NOT_PARAPHRASES, PARAPHRASES, TWO_PARAPHRASES, WORDS
from lbf_model.tasks.garments.sentences import training_words
from lbf_model.tasks.garments.training_data import region_kinds
from lbf_model.tasks.garments.wordings import WORDINGS, color_words
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import cut_words


def meaning(of, value):
    return Meaning(of, {"category": CATEGORIES, "color": COLORS, "pattern": PATTERNS, "part": PARTS}[of].index(value))


@pytest.mark.parametrize(
    "text, told",
    [
        ("make the left t-shirt navy blue", {"left": Meaning("side", 0), "navy": None, "blue": "color blue"}),
        ("replace grey color to pink", {"grey": "color gray", "color": None, "pink": "color pink"}),
        ("with polka dots and longer sleeves", {"polka": "pattern dotted", "dots": "pattern dotted", "sleeves": "part sleeve"}),
        ("a v-neck shirt", {"v": "part collar", "neck": "part collar", "shirt": "category shirt"}),
        ("a tee shirt", {"tee": "category t-shirt", "shirt": "category t-shirt"}),
        ("make this one a hoodie", {"this": Meaning("whole"), "one": Meaning("whole"), "hoodie": "category hoodie"}),
        ("rainbow colored", {"rainbow": "color multicolor"}),
    ],
)
def test_what_words_mean_by_themselves(text, told):
    words = cut_words(text)
    found = dict(zip(words, word_meanings(words), strict=True))
    for word, wanted in told.items():
        assert found[word] == (meaning(*wanted.split(" ", 1)) if isinstance(wanted, str) else wanted), word


def test_plain_words_of_training_mean_what_training_says():
    for color, names in color_words().items():
        assert word_meanings([names[0]]) == [meaning("color", color)]
    for of in ("category", "pattern"):
        for value, wording in WORDINGS[of].items():
            known = [word_meanings(cut_words(phrase)) for phrase in wording.words]
            assert meaning(of, value) in {m for some in known for m in some}, value


# A red dress with two sleeves on the left, and a blue striped shirt with a collar and a print on the right.
DRESS = np.array([CATEGORIES.index("dress"), COLORS.index("red"), PATTERNS.index("solid"), -1, -1, -1])
SHIRT = np.array([CATEGORIES.index("shirt"), COLORS.index("blue"), PATTERNS.index("striped"), -1, -1, -1])
PAIR = SeenRegions(
    np.array([KINDS.index(kind) for kind in ("dress", "sleeve", "sleeve", "shirt", "collar", "print")]),
    np.stack([DRESS] * 3 + [SHIRT] * 3),
    np.array([0, 0, 0, 1, 1, 1]),
)
ALONE = SeenRegions(*(part[:3] for part in PAIR))


@pytest.mark.parametrize(
    "word, regions, fitting",
    [
        ("sleeves", PAIR, [1, 2]),
        ("hood", PAIR, [4]),
        ("red", PAIR, [0, 1, 2]),
        ("striped", PAIR, [3, 4]),  # a print has a pattern of its own
        ("left", PAIR, [0, 1, 2]),
        ("right", PAIR, [3, 4, 5]),
        ("dress", PAIR, [0]),
        ("it", PAIR, [0, 3]),
        ("make", PAIR, range(6)),
        ("green", PAIR, range(6)),  # what fits nothing fits all alike
        ("pockets", PAIR, range(6)),
        ("left", ALONE, range(3)),  # there is no other side
        ("sleeves", ALONE, [1, 2]),
    ],
)
def test_what_each_word_fits(word, regions, fitting):
    assert np.flatnonzero(words_fit(word_meanings([word]), regions)[0]).tolist() == list(fitting)


@pytest.mark.parametrize(
    "attributes, side, regions, meant",
    [
        (["color"], None, ALONE, [0]),
        (["sleeve"], None, ALONE, [1, 2]),
        (["neckline"], None, ALONE, [0]),  # no collar was found, so the garment itself
        (["color", "sleeve"], None, ALONE, [0, 1, 2]),
        (["color"], "right", PAIR, [3]),
        (["neckline"], "right", PAIR, [4]),
        (["neckline"], "left", PAIR, [0]),
        (["length"], "left", PAIR, [0]),
    ],
)
def test_what_a_change_acts_on(attributes, side, regions, meant):
    assert set(attributes) <= set(VALUES)
    assert np.flatnonzero(regions_meant(attributes, side, regions)).tolist() == meant


def test_without_any_whole_region_the_garments_parts_are_meant():
    parts = SeenRegions(*(part[1:3] for part in PAIR))
    assert regions_meant(["color"], None, parts).all()


def test_kinds_are_read_from_features_by_name():
    class Detector:
        fingerprint, feature_width, feature_map_channels = "none", 1, 1
        config = SimpleNamespace(attributes={"kind": ("sleeve", "dress")})

        def detect_regions(self, pictures):
            raise NotImplementedError

        def read_attribute(self, features, name):
            return features[:, 0].astype(int) if name == "kind" else None

    kinds = region_kinds(Detector(), np.array([[0.0], [1.0], [1.0]]))
    assert [KINDS[kind] for kind in kinds] == ["sleeve", "dress", "dress"]
    other = Detector()
    other.config = SimpleNamespace(attributes={"shape": ("cube",)})
    assert region_kinds(other, np.zeros((1, 1))) is None


def test_held_out_words_of_most_kinds_are_near_a_topic():
    reader = MiniLm(training_words(), topics=topics())
    said = reader.tokenize_texts([f"red {held.said}" for held in WORDS])
    odd = {word for tokens in said for word in tokens.unknown}
    assert len(odd) <= 6 and not odd & {"pinstripes", "spots", "blossoms", "daisies", "hexagons"}
    templates = [t for group in (*PARAPHRASES.values(), NOT_PARAPHRASES, TWO_PARAPHRASES) for t in group]
    read = reader.tokenize_texts([re.sub(r"\{\w+\}", "red", template) for template in templates])
    assert [t for t, tokens in zip(templates, read, strict=True) if tokens.unknown] == []
