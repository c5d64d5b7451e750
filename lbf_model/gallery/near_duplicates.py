"""The one definition of "the same picture": decided from perceptual hashes, when a gallery is built and for each query.

A hash (`vision.perceptual_hash`) is a row of bytes: the shape, a thumbnail of brightness, and one of colour. Two pictures are
the same if no byte differs by more than it would in a copy. The largest difference counts, not the mean: saving a picture again
changes all cells a little, while a different picture changes some of them a lot. `benchmarks/near_duplicates.py` measures both
kinds of error, and shows that the limits below separate copies from different pictures.

Embeddings play no part: those of two pairs of red trousers may be closer than those of two copies of one picture.
"""

from collections import defaultdict
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np

from lbf_model.checksums import is_large
from lbf_model.vision.perceptual_hash import BRIGHTNESS_SIDE, COLOR_SIDE

_BRIGHTNESS, _COLOR = BRIGHTNESS_SIDE**2, 2 * COLOR_SIDE**2
HASH_BYTES = 1 + _BRIGHTNESS + _COLOR

# How far the bytes of copies may differ. One step of the shape is 3 %; the others are steps of 255.
_SHAPE_LIMIT, _BRIGHTNESS_LIMIT, _COLOR_LIMIT = 1, 6, 4
LIMITS = np.repeat(np.array([_SHAPE_LIMIT, _BRIGHTNESS_LIMIT, _COLOR_LIMIT], np.uint8), [1, _BRIGHTNESS, _COLOR])

_PROBED = slice(None, None, 24)  # bytes that are compared first: few, but from all over the picture
_BLOCK = 1024  # rows whose cells are computed at once
_SAMPLE = 200  # hashes used to choose the bytes of the grid
_GRID_BYTES = 6  # gives 64 cells around a picture; among 3,400 photographs, one in 3,000 pairs is then left to compare
_CELL_WIDTHS = 2 * LIMITS.astype(np.int16) + 1


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest byte difference between two hashes, as a multiple of that byte's limit; at most 1 for the same picture.

    Raises:
        ValueError: they are not perceptual hashes.
    """
    one, other = PerceptualHashes(np.stack([one, other])).values.astype(np.int16)
    return float((np.abs(one - other) / LIMITS).max())


class PerceptualHashes:
    """The hashes of a gallery. From a memory-mapped file, 17 bytes per picture are read and kept.

    Attributes:
        values: (N, 385) uint8, the hashes.
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
        """Read a NumPy file; a large one is memory-mapped.

        Raises:
            FileNotFoundError: it is missing.
            ValueError, EOFError: it holds no perceptual hashes.
        """
        return cls(np.load(path, mmap_mode="r" if path.is_file() and is_large(path) else None))

    @cached_property
    def _probes(self) -> np.ndarray:
        """(17, N) uint8: the bytes that are compared first, one row per byte, with all pictures side by side."""
        return np.ascontiguousarray(self.values[:, _PROBED].T)

    def __len__(self) -> int:
        return len(self.values)

    def find_same(self, picture: np.ndarray) -> np.ndarray:
        """The rows that show the same picture as the query.

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
        """For each row the first row of its group: (N,) int64, as from `group_near_duplicates`."""
        first = np.arange(len(self))
        grid = _Grid(self.values)
        leaders: dict[int, list[int]] = defaultdict(list)  # first rows of groups, by cell
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
        """Those of `rows` in which every byte is within its limit of `value` (385,)."""
        for part in (_PROBED, slice(None)):
            values = self.values[rows, part]
            apart = np.maximum(values, value[part]) - np.minimum(values, value[part])  # cannot wrap around
            rows = rows[(apart <= LIMITS[part]).all(1)]
        return rows


class PictureGroups:
    """Which rows show the same picture, as arrays: a group is named by its first row, and most groups hold only that row.

    Attributes:
        of: (G,) int64, the group of each row.
        shared: (M,) int64, ascending, the rows that are not alone in their group.
        alone: (G,) bool, True for rows that are alone in their group.
    """

    def __init__(self, first: np.ndarray):
        """Take over the result of `group_near_duplicates`: (G,) int64."""
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

    A row joins the first earlier group whose first row shows the same picture, or else starts a group of its own. So each row
    shows the same picture as the first row of its group, and pictures do not chain: if A matches B and B matches C, but A does
    not match C, then B joins A and C stays alone.

    Args:
        hashes: (N, 385) uint8, from `perceptual_hash`, in the order of the gallery.

    Returns:
        (N,) int64: for each row the first row of its group; its own if it starts a group.

    Raises:
        ValueError: they are not perceptual hashes.
    """
    return PerceptualHashes(hashes).groups()


class _Grid:
    """Grid cells that hashes fall into by a few of their bytes. Copies of a picture are in its cell or in a neighbouring one.

    So a picture need not be compared with all others. The bytes are those that separate the most pairs of these hashes: in
    photographs on white the middle, in scenes wherever an object may be.
    """

    def __init__(self, values: np.ndarray):
        """Choose the bytes from a sample of the hashes: (N, 385) uint8."""
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
        """The cell of each hash (N, 385): (N,) int64."""
        return _cell(values, self._bytes) @ self._places

    def around(self, values: np.ndarray) -> np.ndarray:
        """The cells that copies of each hash may be in: (N, 64) int64."""
        return (_lowest_cell(values, self._bytes) @ self._places)[:, None] + self._steps


# A cell is as wide as the range of a byte's copies (its limit on both sides), so those copies are in at most two cells.


def _cell(values: np.ndarray, of: np.ndarray | slice = slice(None)) -> np.ndarray:
    """The cell of each byte of the hashes, or of some bytes: integers in the shape of `values[:, of]`."""
    return (values[:, of].astype(np.int16) + LIMITS[of]) // _CELL_WIDTHS[of]


def _lowest_cell(values: np.ndarray, of: np.ndarray | slice = slice(None)) -> np.ndarray:
    """The lower of the two cells that copies of each byte may be in; same arguments and shape as `_cell`."""
    return values[:, of].astype(np.int16) // _CELL_WIDTHS[of]
