"""A bank of training sentences: encoded once, and looked up by what they ask for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.grounding import Meaning, word_meanings
from lbf_model.tasks.garments.sentences import SIDES, Change, sample_sentence
from lbf_model.text.minilm import MiniLm

_BATCH = 512
_WEIGHTS = {"color": 0.62, "pattern": 0.12, "sleeve": 0.05, "length": 0.07, "neckline": 0.05, "category": 0.09}
# How often each is the second of two changes, and how often it is refused. Colour leads, since people ask for it most.
_SECOND = {"pattern": 0.45, "category": 0.25, "length": 0.12, "sleeve": 0.1, "neckline": 0.08}
_UNWANTED = {"color": 0.6, "pattern": 0.28, "sleeve": 0.03, "length": 0.03, "neckline": 0.03, "category": 0.03}
_SHARE_TWO, _SHARE_NOT = 0.26, 0.16
_Key = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str | None, str | None]


class Sentence(NamedTuple):
    """A sentence as a batch needs it.

    Attributes:
        values: (T, 772) float32, features of its words.
        meanings: T, what each word means by itself.
    """

    values: np.ndarray
    meanings: Sequence[Meaning | None]


class SentenceBank:
    """Sentences by the change they ask for.

    Attributes:
        texts: N sentences.
    """

    def __init__(self, folder: Path):
        about = json.loads((folder / "sentences.json").read_text())
        self.texts: list[str] = about["texts"]
        self._words: list[list[str]] = about["words"]
        self._values = np.load(folder / "values.npy", mmap_mode="r")
        self._starts = np.load(folder / "starts.npy")
        self._meanings: dict[int, Sequence[Meaning | None]] = {}
        self._of: dict[_Key, list[int]] = {}
        for number, (attributes, new, old, side, garment) in enumerate(about["changes"]):
            self._of.setdefault((tuple(attributes), tuple(new), tuple(old), side, garment), []).append(number)

    def draw(
        self,
        rng: np.random.Generator,
        attributes: Sequence[str],
        old: Sequence[str],
        new: Sequence[str],
        garment: str,
        side: str | None = None,
    ) -> Sentence | None:
        """Draw a sentence that asks for this; None if the bank has none.

        A sentence may leave out what is to be replaced, or which garment is meant.

        Args:
            rng: the source of randomness.
            attributes: that change, one or two, in the order of VALUES.
            old: their values now, or the one that is not wanted.
            new: the values wanted; empty if the old one is not wanted and nothing else is said.
            garment: the garment's category.
            side: of two garments.
        """
        told = (tuple(old), ()) if new else (tuple(old),)
        keys = [(tuple(attributes), tuple(new), o, side, g) for o in told for g in (garment, None)]
        keys = [key for key in keys if key in self._of]
        if not keys:
            return None
        numbers = self._of[keys[rng.integers(len(keys))]]
        number = numbers[rng.integers(len(numbers))]
        if number not in self._meanings:
            self._meanings[number] = word_meanings(self._words[number])
        values = np.asarray(self._values[self._starts[number] : self._starts[number + 1]], np.float32)
        return Sentence(values, self._meanings[number])


def write_bank(folder: Path, words: MiniLm, count: int, seed: int) -> SentenceBank:
    """Draw and read `count` training sentences; a finished bank of the same sentences is kept.

    Args:
        folder: of the bank.
        words: the encoder.
        count: sentences.
        seed: sentence i depends only on (seed, i).

    Raises:
        ValueError: the folder holds a bank of other sentences.
    """
    about = folder / "sentences.json"
    changes = [_sample_change(np.random.default_rng([seed, i])) for i in range(count)]
    texts = [sample_sentence(np.random.default_rng([seed, i, 1]), change) for i, change in enumerate(changes)]
    if about.exists():
        if json.loads(about.read_text())["texts"] != texts:
            raise ValueError(f"{folder}: holds a bank of other sentences; delete it or choose another folder")
        return SentenceBank(folder)
    folder.mkdir(parents=True, exist_ok=True)
    values, read = [], []
    with tqdm(total=count, desc="sentences", unit="sentence") as bar:
        for first in range(0, count, _BATCH):
            for tokens in words.tokenize_texts(texts[first : first + _BATCH]):
                values.append(tokens.values.astype(np.float16))
                read.append(tokens.words)
            bar.update(min(_BATCH, count - first))
    np.save(folder / "values.npy", np.concatenate(values))
    np.save(folder / "starts.npy", np.concatenate([[0], np.cumsum([len(said) for said in read])]))
    about.write_text(json.dumps({"texts": texts, "words": read, "changes": [_key(change) for change in changes]}))
    return SentenceBank(folder)


def _key(change: Change) -> _Key:
    both = sorted((c for c in (change, change.second) if c), key=lambda c: list(VALUES).index(c.attribute))
    said = [tuple(v for v in values if v is not None) for values in ([c.new for c in both], [c.old for c in both])]
    return tuple(c.attribute for c in both), *said, change.side, change.garment


def _sample_change(rng: np.random.Generator) -> Change:
    kind = rng.random()
    two, unwanted = kind < _SHARE_TWO, _SHARE_TWO <= kind < _SHARE_TWO + _SHARE_NOT
    attribute = "color" if two else _pick(rng, _UNWANTED if unwanted else _WEIGHTS)
    if two and rng.random() < 0.25:
        attribute = "pattern"
    tell_old = unwanted or rng.random() < (0.35 if two else 0.55)
    old, new = _two_values(rng, attribute)
    side = SIDES[rng.integers(2)] if rng.random() < 0.25 else None
    category = VALUES["category"][rng.integers(len(VALUES["category"]))]
    garment = old if attribute == "category" else category
    second = None
    if two:
        other = _pick(rng, {name: weight for name, weight in _SECOND.items() if name != attribute})
        other_old, other_new = _two_values(rng, other)
        garment = other_old if other == "category" else garment
        second = Change(other, other_new, other_old if tell_old else None)
    told = garment if rng.random() < 0.4 else None
    return Change(attribute, None if unwanted else new, old if tell_old else None, side, told, second)


def _two_values(rng: np.random.Generator, attribute: str) -> tuple[str, str]:
    values = VALUES[attribute]
    old, new = rng.choice(len(values), 2, replace=False)
    return values[old], values[new]


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))
