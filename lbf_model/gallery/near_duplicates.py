"""The one meaning of "the same picture": decided from perceptual hashes, when a gallery is built and for each query.

A hash (`vision.perceptual_hash`) is a row of bytes: the shape, a thumbnail of brightness, and one of colour. Two pictures are
the same if every byte of theirs differs by no more than a copy's would. It is the largest difference that counts, not a mean:
saving again disturbs all cells a little, another picture differs much in some. `benchmarks/near_duplicates.py` measures both
errors, and shows that the limits below lie between copies and different pictures.

Embeddings have no say: two red trousers may lie nearer than two copies of one picture.
"""

import numpy as np

_BRIGHTNESS, _COLOR = 16 * 16, 2 * 8 * 8
HASH_BYTES = 1 + _BRIGHTNESS + _COLOR

# How far the bytes of copies may lie apart.
_SHAPE_LIMIT = 1  # one step is 3 %
_BRIGHTNESS_LIMIT = 5
# What is added for a cell that stands out from its picture: small copies lose contrast, thin lines above all.
_CONTRAST_LIMIT = 0.1
_COLOR_LIMIT = 4

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
    hashes = PerceptualHashes(np.stack([one, other]))
    apart = np.abs(hashes.values[0].astype(np.int16) - hashes.values[1])
    return float((apart / np.maximum(*hashes.limits)).max())


class PerceptualHashes:
    """The hashes of a gallery, with what makes their comparison quick: about 1.2 kB a picture.

    Attributes:
        values: (N, 385) uint8, what the hashes hold.
        limits: (N, 385) uint8, how far a copy of the picture may lie from them.
    """

    def __init__(self, values: np.ndarray):
        """Prepare.

        Args:
            values: (N, 385) uint8, from `perceptual_hash`, in the order of the gallery's rows.

        Raises:
            ValueError: they are not perceptual hashes.
        """
        if values.dtype != np.uint8 or values.ndim != 2 or values.shape[1] != HASH_BYTES:
            raise ValueError(f"perceptual hashes are (N, {HASH_BYTES}) uint8, not {values.shape} {values.dtype}")
        self.values = values
        gray = self.values[:, 1 : 1 + _BRIGHTNESS].astype(np.float32)
        stands_out = np.abs(gray - gray.mean(1, keepdims=True))
        self.limits = np.full(self.values.shape, _COLOR_LIMIT, np.uint8)
        self.limits[:, 0] = _SHAPE_LIMIT
        self.limits[:, 1 : 1 + _BRIGHTNESS] = _BRIGHTNESS_LIMIT + _CONTRAST_LIMIT * stands_out
        self._coarse, self._height = _coarse(self.values, self.limits)

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
        query = PerceptualHashes(picture[None])
        rows = np.flatnonzero(self._coarse @ query._coarse[0] >= self._height + query._height[0])
        return self._same(rows, query.values[0], query.limits[0])

    def groups(self) -> np.ndarray:
        """For each row the row that stands for it, as `group_near_duplicates` tells: (N,) int64."""
        first = np.arange(len(self))
        # Rows that stand for themselves, and what is compared of them, side by side.
        leaders, coarse, height = np.empty_like(first), np.empty_like(self._coarse), np.empty_like(self._height)
        count = 0
        for start in range(0, len(self), _BLOCK):
            block, before = slice(start, start + _BLOCK), count
            near = self._coarse[block] @ coarse[:before].T >= self._height[block, None] + height[:before]
            for row, found in enumerate(near, start):
                rows = np.concatenate([leaders[:before][found], leaders[before:count]])
                rows = self._same(rows, self.values[row], self.limits[row])
                if len(rows):
                    first[row] = rows[0]
                else:
                    leaders[count], coarse[count], height[count] = row, self._coarse[row], self._height[row]
                    count += 1
        return first

    def _same(self, rows: np.ndarray, value: np.ndarray, limit: np.ndarray) -> np.ndarray:
        """Those of `rows` whose every byte lies no further from `value` (385,) than the larger of both limits."""
        for part in (_PROBED, slice(None)):
            values, limits = self.values[rows, part], self.limits[rows, part]
            apart = np.maximum(values, value[part]) - np.minimum(values, value[part])  # cannot wrap around
            rows = rows[(apart <= np.maximum(limits, limit[part])).all(1)]
        return rows


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


def _coarse(values: np.ndarray, limits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What rules out most pairs by one product of matrices: two pictures a and b can only be the same if

        coarse[a] @ coarse[b] >= height[a] + height[b]

    Means over blocks of 2x2 cells are no further apart than their cells. So for the same
    picture |a - b| <= r(a) + r(b), where r is the length of the block's limits (half of the colours', which are equal on both
    sides). Squared, with r as one more coordinate, this is the line above.

    Returns:
        coarse (N, 97) float32, height (N,) float32.
    """
    gray, colors = slice(1, 1 + _BRIGHTNESS), slice(1 + _BRIGHTNESS, None)
    blocks = np.concatenate(
        [
            values[:, gray].reshape(-1, 8, 2, 8, 2).mean((2, 4), dtype=np.float32).reshape(-1, 64),
            values[:, colors].reshape(-1, 4, 2, 4, 2, 2).mean((2, 4), dtype=np.float32).reshape(-1, 32),
        ],
        axis=1,
    )
    blocks -= 128  # smaller numbers are rounded less
    allowed = limits[:, gray].reshape(-1, 8, 2, 8, 2).mean((2, 4), dtype=np.float32).reshape(-1, 64)
    radius = np.sqrt((allowed**2).sum(1) + 32 * (_COLOR_LIMIT / 2) ** 2)
    height = ((blocks**2).sum(1) - radius**2) / 2 - 1  # less one for rounding
    return np.concatenate([blocks, radius[:, None]], axis=1), height
