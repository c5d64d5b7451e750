"""The one meaning of "the same picture": decided from perceptual hashes, when a gallery is built and for each query.

A hash (`vision.perceptual_hash`) is a row of bytes: the shape, a thumbnail of brightness, and one of colour. Two pictures are
the same if every byte of theirs differs by no more than a copy's would. It is the largest difference that counts, not a mean:
saving again disturbs all cells a little, another picture differs much in some. `benchmarks/near_duplicates.py` measures both
errors, and shows that the limits below lie between copies and different pictures.

Embeddings have no say: two red trousers may lie nearer than two copies of one picture.
"""

from collections import defaultdict
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np

from lbf_model.checksums import is_large

_BRIGHTNESS, _COLOR = 16 * 16, 2 * 8 * 8
HASH_BYTES = 1 + _BRIGHTNESS + _COLOR

# How far the bytes of copies may lie apart. One step of the shape is 3 %; the others are of 255.
_SHAPE_LIMIT, _BRIGHTNESS_LIMIT, _COLOR_LIMIT = 1, 6, 4
LIMITS = np.repeat(np.array([_SHAPE_LIMIT, _BRIGHTNESS_LIMIT, _COLOR_LIMIT], np.uint8), [1, _BRIGHTNESS, _COLOR])

_PROBED = slice(None, None, 24)  # bytes that are compared first: few, but from all over the picture
_BLOCK = 1024  # rows whose cells are found at once
_SAMPLE = 200  # hashes by which the bytes of the grid are chosen
_GRID_BYTES = 6  # with 64 cells around a picture; of 3,400 photographs, one in 3,000 pairs is then left to compare
_CELL_WIDTHS = 2 * LIMITS.astype(np.int16) + 1


def same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two hashes are of the same picture, whatever size, format and quality each was saved at.

    Raises:
        ValueError: they are not perceptual hashes.
    """
    return difference(one, other) <= 1


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of any byte of two hashes, as a multiple of its limit; at most 1 for the same picture.

    Raises:
        ValueError: they are not perceptual hashes.
    """
    one, other = PerceptualHashes(np.stack([one, other])).values.astype(np.int16)
    return float((np.abs(one - other) / LIMITS).max())


class PerceptualHashes:
    """The hashes of a gallery. Of a file that is mapped into memory, 17 bytes a picture are read and kept.

    Attributes:
        values: (N, 385) uint8, what the hashes hold.
    """

    def __init__(self, values: np.ndarray):
        """Prepare.

        Args:
            values: (N, 385) uint8, from `perceptual_hash`, in the order of the gallery's rows.

        Raises:
            ValueError: they are not perceptual hashes.
        """
        if values.dtype != np.uint8 or values.ndim != 2 or values.shape[1] != HASH_BYTES:
            have = f"{values.shape} {values.dtype}"
            raise ValueError(f"perceptual hashes are (N, {HASH_BYTES}) uint8, not {have}; index the pictures again")
        self.values = values

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of numpy, or map it into memory where it is large.

        Raises:
            FileNotFoundError: it is missing.
            ValueError, EOFError: it holds no perceptual hashes.
        """
        return cls(np.load(path, mmap_mode="r" if path.is_file() and is_large(path) else None))

    @cached_property
    def _probes(self) -> np.ndarray:
        """(17, N) uint8: the bytes that are compared first, each of all pictures side by side."""
        return np.ascontiguousarray(self.values[:, _PROBED].T)

    def __len__(self) -> int:
        return len(self.values)

    def find_same(self, picture: np.ndarray) -> np.ndarray:
        """The rows that show the same picture as a query's.

        Args:
            picture: (385,) uint8, the hash of the query's picture.

        Returns:
            (M,) int64, ascending.

        Raises:
            ValueError: it is not a perceptual hash.
        """
        value = PerceptualHashes(picture[None]).values[0]
        rows = None
        for byte, limit, probe in zip(value[_PROBED].astype(np.int16), LIMITS[_PROBED], self._probes, strict=True):
            probe = probe if rows is None else probe[rows]
            near = np.flatnonzero((probe >= max(byte - int(limit), 0)) & (probe <= min(byte + int(limit), 255)))
            rows = near if rows is None else rows[near]
        return self._same(rows, value)

    def groups(self) -> np.ndarray:
        """For each row the row that stands for it, as `group_near_duplicates` tells: (N,) int64."""
        first = np.arange(len(self))
        grid = _Grid(self.values)
        leaders: dict[int, list[int]] = defaultdict(list)  # rows that stand for themselves, by their cell
        for start in range(0, len(self), _BLOCK):
            block = self.values[start : start + _BLOCK]
            cells = zip(grid.own(block).tolist(), grid.around(block).tolist(), strict=True)
            for row, (own, around) in enumerate(cells, start):
                near = [leader for cell in around if cell in leaders for leader in leaders[cell]]
                same = self._same(np.array(near), self.values[row]) if near else near
                if len(same):
                    first[row] = min(same)
                else:
                    leaders[own].append(row)
        return first

    def _same(self, rows: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Those of `rows` whose every byte lies no further from `value` (385,) than its limit."""
        for part in (_PROBED, slice(None)):
            values = self.values[rows, part]
            apart = np.maximum(values, value[part]) - np.minimum(values, value[part])  # cannot wrap around
            rows = rows[(apart <= LIMITS[part]).all(1)]
        return rows


class PictureGroups:
    """Which rows show one picture, as arrays: a group is named by its first row, and most hold nothing else.

    Attributes:
        of: (G,) int64, the group of each row.
        shared: (M,) int64, ascending, the rows that are not alone in their group.
        alone: (G,) bool, the rows that are.
    """

    def __init__(self, first: np.ndarray):
        """Take over what `group_near_duplicates` told: (G,) int64."""
        self.of = first
        copies = np.flatnonzero(first != np.arange(len(first)))
        self.shared = np.union1d(copies, first[copies])
        self.alone = np.ones(len(first), bool)
        self.alone[self.shared] = False
        order = np.argsort(first[self.shared], kind="stable")
        self._rows, self._sorted = self.shared[order], first[self.shared][order]

    def members(self, group: int) -> np.ndarray:
        """(M,) int64, ascending: the rows of a group."""
        if self.alone[group]:
            return np.array([group])
        start, end = np.searchsorted(self._sorted, [group, group + 1])
        return self._rows[start:end]


def group_near_duplicates(hashes: np.ndarray) -> np.ndarray:
    """Which rows of a gallery show the same picture.

    A row joins the first row that stands for itself and shows the same picture. So each is the same picture as the one that
    stands for it, and pictures do not chain: where A is like B and B like C, but A not like C, B goes with A and C stays alone.

    Args:
        hashes: (N, 385) uint8, from `perceptual_hash`, in the order of the gallery.

    Returns:
        (N,) int64: for each row the row that stands for it, its own where nothing before it is the same picture.

    Raises:
        ValueError: they are not perceptual hashes.
    """
    return PerceptualHashes(hashes).groups()


class _Grid:
    """Cells that hashes fall into by a few of their bytes. Copies of a picture lie in its cell or in one beside it.

    So a picture need not be compared with all others. The bytes are those that tell most pairs of these very hashes apart: in
    photographs on white the middle, in scenes wherever an object may stand.
    """

    def __init__(self, values: np.ndarray):
        """Choose the bytes by some of the hashes: (N, 385) uint8."""
        sample = values[:: max(1, len(values) // _SAMPLE)][:_SAMPLE].astype(np.int16)
        pairs = np.triu_indices(len(sample), 1)
        beside = _cell(sample)[pairs[1]] - _lowest_cell(sample)[pairs[0]]
        near = (beside == 0) | (beside == 1)  # (pairs, 385)
        self._bytes = np.zeros(_GRID_BYTES, np.int64)
        for place in range(_GRID_BYTES):
            self._bytes[place] = near.sum(0).argmin()
            near = near[near[:, self._bytes[place]]]
        self._places = 256 ** np.arange(_GRID_BYTES)
        self._steps = np.array(list(product((0, 1), repeat=_GRID_BYTES))) @ self._places

    def own(self, values: np.ndarray) -> np.ndarray:
        """The cell of each of some hashes (N, 385): (N,) int64."""
        return _cell(values, self._bytes) @ self._places

    def around(self, values: np.ndarray) -> np.ndarray:
        """The cells in which copies of each may lie: (N, 64) int64."""
        return (_lowest_cell(values, self._bytes) @ self._places)[:, None] + self._steps


# A cell is as wide as copies reach to both sides, so copies of a byte lie in two cells, or in one.


def _cell(values: np.ndarray, of: np.ndarray | slice = slice(None)) -> np.ndarray:
    """The cell of each byte, or of some bytes, of hashes: integers in the shape of `values[:, of]`."""
    return (values[:, of].astype(np.int16) + LIMITS[of]) // _CELL_WIDTHS[of]


def _lowest_cell(values: np.ndarray, of: np.ndarray | slice = slice(None)) -> np.ndarray:
    """The lower of the two cells in which copies of each byte may lie, likewise."""
    return values[:, of].astype(np.int16) // _CELL_WIDTHS[of]
