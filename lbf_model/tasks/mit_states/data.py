"""MIT-States (Isola et al., CVPR 2015) with the composed queries of TIRG (Vo et al., CVPR 2019).

ROOT/images/ADJECTIVE NOUN/*.jpg    one folder per caption; "adj NOUN" holds pictures without an adjective

The protocol, as in google/tirg (datasets.py, test_retrieval.py): pictures of 49 nouns are the test split, all others the
train split, and "adj" folders are neither. A text is the target's adjective alone. The test split asks every picture for every
other adjective of its noun. The gallery is every picture of the split; the query's own picture is excluded; a hit is any
picture with the same adjective and noun. Recall of the right adjective alone and of the right noun alone is reported, too.

One difference: TIRG draws a training target among all adjectives of the noun, so that it sometimes asks for the adjective that
is there already; here it is always another one, as in the test split.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lbf_model.tasks.captioned.records import CaptionedPicture, CaptionedQuery, CaptionedSplit, CaptionProtocol, pick

TEST_NOUNS = (
    "armor", "bracelet", "bush", "camera", "candy", "castle", "ceramic", "cheese", "clock", "clothes", "coffee", "fan",
    "fig", "fish", "foam", "forest", "fruit", "furniture", "garden", "gate", "glass", "horse", "island", "laptop",
    "lead", "lightning", "mirror", "orange", "paint", "persimmon", "plastic", "plate", "potato", "road", "rubber",
    "sand", "shell", "sky", "smoke", "steel", "stream", "table", "tea", "tomato", "vacuum", "wax", "wheel", "window",
    "wool",
)  # fmt: skip
_CAPTION = re.compile(r"[A-Za-z-]+ [A-Za-z-]+")
_SUFFIXES = (".jpg", ".jpeg")


def load_mit_states(root: Path, split: str) -> CaptionedSplit:
    """List the pictures of a split and, for "test", its queries; pictures are not opened.

    Pictures are in the order of their paths; the group of each is its noun. A folder or file that is not what it should be is
    passed over.

    Raises:
        ValueError: no folder "images", or no picture of the split in it.
    """
    if split not in ("train", "test"):
        raise ValueError(f"a split is train or test, not {split!r}")
    images = root / "images"
    if not images.is_dir():
        raise ValueError(f"{images}: no such folder; name the folder of MIT-States that holds images/ADJECTIVE NOUN/")
    pictures, passed_over = [], []
    for folder in sorted(images.iterdir()):
        if not (folder.is_dir() and _CAPTION.fullmatch(folder.name)):
            passed_over.append(f"images/{folder.name}: not a folder named ADJECTIVE NOUN")
        elif _adjective(folder.name) != "adj" and (_noun(folder.name) in TEST_NOUNS) == (split == "test"):
            for file in sorted(folder.iterdir()):
                path = file.relative_to(root).as_posix()
                if file.suffix.lower() in _SUFFIXES and file.is_file() and not file.name.startswith("."):
                    pictures.append(CaptionedPicture(path, folder.name, group=_noun(folder.name)))
                else:
                    passed_over.append(f"{path}: not a JPEG file")
    if not pictures:
        raise ValueError(f"{images}: no picture of the {split} split there; unpack release_dataset.zip and name its folder")
    data = {"name": PROTOCOL.name}
    queries = tuple(_every_query([p.caption for p in pictures])) if split == "test" else ()
    return CaptionedSplit(root, tuple(pictures), tuple(passed_over), data, queries)


class NounPairs:
    """Pictures of one noun with different adjectives (see `CaptionPairs`)."""

    def __init__(self, captions: Sequence[str]):
        """Index captions, one per picture."""
        self._captions = captions
        self._pictures: dict[str, list[int]] = {}
        self._nouns: dict[str, list[str]] = {}
        for index, caption in enumerate(captions):
            if caption not in self._pictures:
                self._nouns.setdefault(_noun(caption), []).append(caption)
            self._pictures.setdefault(caption, []).append(index)
        self.sources = self.used = np.array([index for index in range(len(captions)) if self.targets(index)], np.int64)

    def targets(self, index: int) -> list[str]:
        """The captions with another adjective of a picture's noun."""
        own = self._captions[index]
        return [caption for caption in self._nouns[_noun(own)] if caption != own]

    def draw(self, rng: np.random.Generator, index: int) -> tuple[int, str]:
        """As `CaptionPairs.draw`: the text is an adjective, and all are equally likely."""
        caption = pick(rng, self.targets(index))
        return pick(rng, self._pictures[caption]), _adjective(caption)


def _every_query(captions: Sequence[str]) -> Iterator[CaptionedQuery]:
    pairs = NounPairs(captions)
    for index in pairs.sources.tolist():
        for caption in pairs.targets(index):
            yield CaptionedQuery(index, caption, _adjective(caption))


def _adjective(caption: str) -> str:
    return caption.split()[0]


def _noun(caption: str) -> str:
    return caption.split()[1]


PROTOCOL = CaptionProtocol(
    "mit-states", "MIT-States", NounPairs, cutoffs=(1, 5, 10), hits={"": str, "adjective ": _adjective, "noun ": _noun}
)
