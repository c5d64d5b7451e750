"""Your own triplets: pictures, and sentences that lead from one of them to another.

ROOT/train.jsonl, test.jsonl    one JSON object per line; paths are relative to ROOT:
    {"reference": "images/1.jpg", "text": "longer and red", "target": "images/2.jpg"}
    {"picture": "images/3.jpg"}     one more picture of the gallery, which no query asks for

"text" may also be a list of sentences about one pair, as in FashionIQ; they are read as one, joined by "and".

The protocol: the gallery is every picture that the split names; the query's own picture is excluded; only the target is a hit.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from os.path import isfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lbf_model.tasks.captioned.lines import read_lines
from lbf_model.tasks.captioned.records import CaptionedPicture, CaptionedQuery, CaptionedSplit, CaptionProtocol, pick
from lbf_model.text.minilm import MiniLm

NAME = "triplets"
SPLITS = ("train", "test")
_CUTOFFS = (1, 5, 10, 50)
_LARGE_GROUP = 0.25  # of all pictures


class Triplet(NamedTuple):
    """A sentence that leads from one picture to another, both by their paths."""

    reference: str
    text: str
    target: str


class TripletPairs:
    """Pictures that triplets lead from and to (see `CaptionPairs`)."""

    def __init__(self, paths: Sequence[str], triplets: Sequence[Triplet]):
        """Index paths, one per picture; triplets of other pictures are never drawn."""
        index = {path: i for i, path in enumerate(paths)}
        self._choices: dict[int, list[tuple[int, str]]] = {}
        for reference, text, target in triplets:
            if reference in index and target in index:
                self._choices.setdefault(index[reference], []).append((index[target], text))
        self.sources = np.array(sorted(self._choices), np.int64)
        targets = {target for choices in self._choices.values() for target, _ in choices}
        self.used = np.array(sorted(targets | self._choices.keys()), np.int64)

    def draw(self, rng: np.random.Generator, index: int) -> tuple[int, str]:
        """As `CaptionPairs.draw`; all triplets of a picture are equally likely."""
        return pick(rng, self._choices[index])


def load_triplets(root: Path, split: str) -> tuple[CaptionProtocol, CaptionedSplit]:
    """Read a split; pictures are looked for, not opened. A line or a picture that cannot be used is passed over.

    Returns:
        The protocol, with the split's own pairs, and the split, whose captions are the pictures' paths.

    Raises:
        ValueError: the split's file is missing, or none of its pictures exists.
    """
    if split not in SPLITS:
        raise ValueError(f"a split is one of {', '.join(SPLITS)}, not {split!r}")
    file = root / f"{split}.jsonl"
    if not file.is_file():
        raise ValueError(f"{file}: missing; name a folder that holds pictures, train.jsonl and test.jsonl")
    triplets, named, bad_lines = _read(file)
    there = [path for path in named if isfile(root / path)]  # unlike `is_file`, never raises
    if not there:
        raise ValueError(
            f"{root}: none of the {len(named)} pictures that {file.name} names exists; paths are relative to this folder"
        )
    index = {path: i for i, path in enumerate(there)}
    passed_over = (*bad_lines, *(f"{path}: missing" for path in named if path not in index))
    groups = _groups(index, triplets)
    pictures = tuple(CaptionedPicture(path, path, group) for path, group in zip(there, groups, strict=True))
    asked = triplets if split == "test" else ()
    queries = tuple(CaptionedQuery(index[a], b, text) for a, text, b in asked if a in index and b in index)
    left_out = len(asked) - len(queries) + (len(bad_lines) if split == "test" else 0)
    data = {"name": NAME, file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12]}
    protocol = CaptionProtocol(NAME, NAME, partial(TripletPairs, triplets=triplets), _CUTOFFS)
    return protocol, CaptionedSplit(root, pictures, passed_over, data, queries, left_out)


def _read(file: Path) -> tuple[list[Triplet], list[str], list[str]]:
    """Triplets, all pictures that lines name, each once, and "line: reason" of every line that cannot be used."""
    named, passed_over, reader = {}, [], MiniLm()

    def read(line: str) -> Triplet | str:
        told = _parsed(line)
        if isinstance(told, Triplet):
            named.update({told.reference: None, told.target: None})
            reader.check_text(told.text)
        else:
            named[told] = None
        return told

    triplets = [told for told in read_lines(file, read, passed_over) if isinstance(told, Triplet)]
    return triplets, list(named), passed_over


def _parsed(line: str) -> Triplet | str:
    """A triplet, or the path of a picture; ValueError says why it is neither."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and "picture" in told:
        return _path(told["picture"])
    if not isinstance(told, dict) or not {"reference", "text", "target"} <= told.keys():
        raise ValueError('not a JSON object with "reference", "text" and "target", or with "picture"')
    text = told["text"]
    if isinstance(text, list) and text and all(isinstance(part, str) for part in text):
        text = " and ".join(filter(None, map(str.strip, text)))
    if not isinstance(text, str):
        raise ValueError("its text is neither a sentence nor a list of sentences")
    triplet = Triplet(_path(told["reference"]), text, _path(told["target"]))
    if triplet.reference == triplet.target:
        raise ValueError("reference and target are one picture")
    return triplet


def _path(told: object) -> str:
    """A path from ROOT in one spelling; ValueError if it leads out of ROOT."""
    if not isinstance(told, str) or not told.strip() or "\0" in told:
        raise ValueError(f"{told!r} is not the path of a picture")
    path = PurePosixPath(told)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{told!r} is outside the folder")
    return str(path)


def _groups(index: Mapping[str, int], triplets: Sequence[Triplet]) -> list[str]:
    """A name for each picture's group: those that triplets connect stay together, unless they are too many to hold out.

    Then each picture is a group of its own, and a triplet that is split up is neither trained on nor judged.
    """
    pairs = [(index[t.reference], index[t.target]) for t in triplets if t.reference in index and t.target in index]
    ends = np.array(pairs, np.int64).reshape(-1, 2).T
    _, group = connected_components(coo_array((np.ones(len(pairs)), ends), shape=(len(index),) * 2), directed=False)
    if np.bincount(group).max() > _LARGE_GROUP * len(index):
        group = np.arange(len(index))
    return [str(number) for number in group]
