"""A bank of training sentences: encoded once, and looked up by what they ask for."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.sentences import SIDES, Change, sample_sentence
from lbf_model.text.minilm import MiniLm

_BATCH = 512
_WEIGHTS = {"color": 0.62, "pattern": 0.12, "sleeve": 0.05, "length": 0.07, "neckline": 0.05, "category": 0.09}


class SentenceBank:
    """Sentences by the change they ask for.

    Attributes:
        texts: N sentences.
    """

    def __init__(self, folder: Path):
        about = json.loads((folder / "sentences.json").read_text())
        self.texts: list[str] = about["texts"]
        self._values = np.load(folder / "values.npy", mmap_mode="r")
        self._starts = np.load(folder / "starts.npy")
        self._of: dict[tuple, list[int]] = {}
        for number, change in enumerate(about["changes"]):
            self._of.setdefault(tuple(change), []).append(number)

    def draw(
        self, rng: np.random.Generator, attribute: str, old: str, new: str, garment: str, side: str | None = None
    ) -> np.ndarray | None:
        """The word features (T, 772) float32 of some sentence that asks for this; None where the bank has none.

        A sentence may leave out what is to be replaced, or which garment is meant.
        """
        keys = [(attribute, new, o, side, g) for o in (old, None) for g in (garment, None)]
        keys = [key for key in keys if key in self._of]
        if not keys:
            return None
        numbers = self._of[keys[rng.integers(len(keys))]]
        number = numbers[rng.integers(len(numbers))]
        return np.asarray(self._values[self._starts[number] : self._starts[number + 1]], np.float32)


def write_bank(folder: Path, words: MiniLm, count: int, seed: int) -> SentenceBank:
    """Draw and read `count` training sentences; a finished bank of the same sentences is kept.

    Args:
        folder: of the bank.
        words: the encoder.
        count: sentences.
        seed: sentence i depends on (seed, i) alone.

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
    values, lengths = [], []
    with tqdm(total=count, desc="sentences", unit="sentence") as bar:
        for first in range(0, count, _BATCH):
            for tokens in words.tokenize_texts(texts[first : first + _BATCH]):
                values.append(tokens.values.astype(np.float16))
                lengths.append(len(tokens.values))
            bar.update(min(_BATCH, count - first))
    np.save(folder / "values.npy", np.concatenate(values))
    np.save(folder / "starts.npy", np.concatenate([[0], np.cumsum(lengths)]))
    keys = [(c.attribute, c.new, c.old, c.side, c.garment) for c in changes]
    about.write_text(json.dumps({"texts": texts, "changes": keys}))
    return SentenceBank(folder)


def _sample_change(rng: np.random.Generator) -> Change:
    attribute = str(rng.choice(list(_WEIGHTS), p=list(_WEIGHTS.values())))
    values = VALUES[attribute]
    old, new = rng.choice(len(values), 2, replace=False)
    side = SIDES[rng.integers(2)] if rng.random() < 0.25 else None
    category = VALUES["category"][rng.integers(len(VALUES["category"]))]
    garment = values[old] if attribute == "category" else category
    return Change(
        attribute,
        values[new],
        values[old] if rng.random() < 0.55 else None,
        side,
        garment if rng.random() < 0.4 else None,
    )
