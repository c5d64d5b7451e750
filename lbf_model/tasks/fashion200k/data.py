"""Fashion-200k (Han et al., ICCV 2017) with the composed queries of TIRG (Vo et al., CVPR 2019).

ROOT/labels/*train*.txt, *test*.txt    one line per picture: path TAB detection score TAB caption
ROOT/women/.../PRODUCT/PRODUCT_0.jpeg  detected garments, cropped: the pictures of women.tar.gz, which TIRG uses
ROOT/test_queries.txt                  one line per query: source path, space, target path; it may also lie next to ROOT

The protocol, as in google/tirg (datasets.py, test_retrieval.py) and repeated in yanbeic/VAL (datasets/fashion200k.py,
test_val.py, generate_groundtruth.py): a caption is stripped, and its signs . ? & * become the words dotmark, questionmark,
andmark, starmark; nothing else about it changes, not even letter case. Training pairs are pictures whose captions share all but
one word. A text is "replace X with Y", where X is the first word of the source's caption that the target's lacks, and Y the
other way round (WORDINGS has a further form). The gallery is every labelled test picture; the query's own picture is excluded;
a hit is any picture with the target's full caption.

A public log of TIRG's loader counts 172,049 train pictures with 53,099 captions, 29,789 test pictures and 33,480 test queries.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from os.path import isfile
from pathlib import Path

import numpy as np

from lbf_model.tasks.captioned.lines import read_lines
from lbf_model.tasks.captioned.records import CaptionedPicture, CaptionedQuery, CaptionedSplit, CaptionProtocol, pick
from lbf_model.text.color_lexicon import color_values

NAME = "fashion200k"
SPLITS = ("train", "test")
_MARKS = str.maketrans({".": "dotmark", "?": "questionmark", "&": "andmark", "*": "starmark"})


def load_fashion200k(root: Path, split: str, wording: str = "replace-with", originals: Path | None = None) -> CaptionedSplit:
    """Read the labels of a split and, for "test", its queries; pictures are looked for, not opened.

    A line or a picture that cannot be used is passed over. Pictures are in the order of the labels (label files by name);
    the group of each is its product. A file that is labelled twice appears twice, as in TIRG; queries then mean the later one.

    Args:
        root: folder of the data set.
        split: "train" or "test".
        wording: of the queries, one of WORDINGS.
        originals: folder that holds women/ with the original pictures, which are used instead of the crops below `root`.

    Raises:
        ValueError: no label file or no test_queries.txt; no line that can be read; no picture at all.
    """
    if split not in SPLITS:
        raise ValueError(f"a split is one of {', '.join(SPLITS)}, not {split!r}")
    root = Path(root)
    files = sorted((root / "labels").glob(f"[!.]*{split}*.txt"))  # a Mac leaves "._" files beside those that it copies
    if not files:
        raise ValueError(f"{root}/labels: no *{split}*.txt there; name the Fashion-200k folder that holds labels and women")
    passed_over: list[str] = []
    labelled = [picture for file in files for picture in read_lines(file, _read_label, passed_over)]
    if not labelled:
        raise ValueError(f"no line of {', '.join(f.name for f in files)} can be read: {(*passed_over, 'all are blank')[0]}")
    shown = originals or root
    there = [isfile(shown / p.path) for p in labelled]  # unlike `is_file`, never raises
    if not any(there):
        raise ValueError(f"{shown}: none of the {len(labelled)} labelled pictures exists; it should hold the folder women")
    pictures = tuple(p for p, found in zip(labelled, there, strict=True) if found)
    passed_over += [f"{p.path}: missing" for p, found in zip(labelled, there, strict=True) if not found]
    data = {"name": NAME, "pictures": "originals" if originals else "crops", "wording": wording}
    if split == "train":
        return CaptionedSplit(shown, pictures, tuple(passed_over), data)
    captions = {p.path: p.caption for p in labelled}
    index = {p.path: i for i, p in enumerate(pictures)}
    bad_lines: list[str] = []
    asked = list(read_lines(_query_file(root), partial(_read_query, captions), bad_lines))
    queries = tuple(
        CaptionedQuery(index[source], captions[target], WORDINGS[wording](*differing_words(captions[source], captions[target])))
        for source, target in asked
        if source in index
    )
    left_out = len(asked) - len(queries) + len(bad_lines)
    return CaptionedSplit(shown, pictures, (*passed_over, *bad_lines), data, queries, left_out)


def normalize_caption(text: str) -> str:
    """The protocol's form of a caption: stripped, and with words for the signs that TIRG's tokeniser would drop."""
    return text.strip().translate(_MARKS)


def differing_words(source: str, target: str) -> tuple[str, str]:
    """The word to replace and the word to replace it with, from two captions that are not empty.

    If every word of one is in the other (words in another order, or one twice), TIRG takes the last; so does this.
    """
    here, there = source.split(), target.split()
    old, new = (next((w for w in a if w not in b), a[-1]) for a, b in ((here, there), (there, here)))
    return old, new


def replace_with(old: str, new: str) -> str:
    """The published wording."""
    return f"replace {old} with {new}"


def replace_color_to(old: str, new: str) -> str:
    """ "replace X color to Y" if both words name colours; else the published wording."""
    both_colors = all(color_values([word.lower()])[0, 0] for word in (old, new))
    return f"replace {old} color to {new}" if both_colors else replace_with(old, new)


WORDINGS = {"replace-with": replace_with, "color-to": replace_color_to}


class OneWordPairs:
    """Pictures whose captions share all but one word, wherever in the caption it is.

    Like TIRG's index of "parent captions", with two differences: TIRG cuts the letters of a word out of the whole caption, so
    that "red" goes from "shredded", too, while here a word is a word; and captions that differ only in the order of their words
    are not a pair, since there is nothing to replace. See `CaptionPairs`.
    """

    def __init__(self, captions: Sequence[str], wording: str = "replace-with"):
        """Index captions, one per picture; `wording` is one of WORDINGS."""
        self._captions, self._say = captions, WORDINGS[wording]
        self._pictures: dict[str, list[int]] = {}
        for index, caption in enumerate(captions):
            self._pictures.setdefault(caption, []).append(index)
        families: dict[str, dict[str, list[str]]] = {}
        for caption in self._pictures:
            for rest, word in _without_one_word(caption):
                families.setdefault(rest, {}).setdefault(word, []).append(caption)
        self._families = {rest: family for rest, family in families.items() if len(family) > 1}
        self._choices = {c: [cut for cut in _without_one_word(c) if cut[0] in self._families] for c in self._pictures}
        self.sources = self.used = np.array([index for index, c in enumerate(captions) if self._choices[c]], np.int64)

    def draw(self, rng: np.random.Generator, index: int) -> tuple[int, str]:
        """As `CaptionPairs.draw`."""
        rest, old = pick(rng, self._choices[self._captions[index]])
        family = self._families[rest]
        new = pick(rng, [word for word in family if word != old])
        return pick(rng, self._pictures[pick(rng, family[new])]), self._say(old, new)


def fashion200k_protocol(wording: str = "replace-with") -> CaptionProtocol:
    """The protocol, with training texts in one of WORDINGS."""
    return CaptionProtocol(NAME, "Fashion-200k", partial(OneWordPairs, wording=wording), cutoffs=(1, 10, 50))


def _without_one_word(caption: str) -> Iterator[tuple[str, str]]:
    """(the other words, the word) for each word that occurs in the caption once; one that occurs twice can't be replaced."""
    words = caption.split()
    for i, word in enumerate(words):
        if words.count(word) == 1:
            yield " ".join(words[:i] + words[i + 1 :]), word


def _read_label(line: str) -> CaptionedPicture:
    path, *rest = line.split("\t")
    if len(rest) < 2 or not path:
        raise ValueError(f"not path, score and caption with tabs between: {line[:100]!r}")
    return CaptionedPicture(path, normalize_caption(rest[1]), group=path.rpartition("/")[0])


def _query_file(root: Path) -> Path:
    for folder in (root, root.resolve().parent):
        if (folder / "test_queries.txt").is_file():
            return folder / "test_queries.txt"
    raise ValueError(
        f"{root}/test_queries.txt: missing; it is published with TIRG (github.com/google/tirg), not with the labels"
    )


def _read_query(captions: Mapping[str, str], line: str) -> tuple[str, str]:
    paths = line.split()
    if len(paths) != 2:
        raise ValueError(f"not a source path and a target path: {line[:100]!r}")
    for path in paths:
        if not captions.get(path):
            raise ValueError(f"no label file of the test split gives {path} a caption")
    return paths[0], paths[1]
