"""The one meaning of "the same picture": decided from perceptual hashes, when a gallery is built and for each query.

A hash (`vision.perceptual_hash`) is a row of bytes: the shape, a thumbnail of brightness, and one of colour. Two pictures are
the same if every byte of theirs differs by no more than a copy's would. It is the largest difference that counts, not a mean:
saving again disturbs all cells a little, another picture differs much in some. `benchmarks/near_duplicates.py` measures both
errors, and shows that the limits below lie between copies and different pictures.

Embeddings have no say: two red trousers may lie nearer than two copies of one picture.
"""

from functools import cached_property
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
_BLOCK = 128  # rows that are compared with all before them at once; of 200,000 pictures, 100 MB


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
        all_coarse, all_height = _coarse(self.values)
        # Rows that stand for themselves, and what is compared of them, side by side.
        leaders, coarse, height = np.empty_like(first), np.empty_like(all_coarse), np.empty_like(all_height)
        count = 0
        for start in range(0, len(self), _BLOCK):
            block, before = slice(start, start + _BLOCK), count
            near = all_coarse[block] @ coarse[:before].T >= all_height[block, None] + height[:before]
            for row, found in enumerate(near, start):
                rows = np.concatenate([leaders[:before][found], leaders[before:count]])
                rows = self._same(rows, self.values[row])
                if len(rows):
                    first[row] = rows[0]
                else:
                    leaders[count], coarse[count], height[count] = row, all_coarse[row], all_height[row]
                    count += 1
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


def _coarse(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What rules out most pairs by one product of matrices: two pictures a and b can only be the same if

        coarse[a] @ coarse[b] >= height[a] + height[b]

    Means over blocks of 2x2 cells are no further apart than their cells. So |a - b|^2 of the same picture is at most the sum of
    the blocks' squared limits; the line above says that.

    Returns:
        coarse (N, 96) float32, height (N,) float32.
    """
    gray = values[:, 1 : 1 + _BRIGHTNESS].reshape(-1, 8, 2, 8, 2).mean((2, 4), dtype=np.float32).reshape(-1, 64)
    colors = values[:, 1 + _BRIGHTNESS :].reshape(-1, 4, 2, 4, 2, 2).mean((2, 4), dtype=np.float32).reshape(-1, 32)
    coarse = np.concatenate([gray, colors], axis=1) - 128  # smaller numbers are rounded less
    furthest = 64 * _BRIGHTNESS_LIMIT**2 + 32 * _COLOR_LIMIT**2
    return coarse, ((coarse**2).sum(1) - furthest / 2) / 2 - 1  # less one for rounding
