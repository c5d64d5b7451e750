"""Region features of a whole data set, extracted once, memory-mapped, resumable; and many of them as one flat table.

DIR/about.json       detector fingerprint, number of pictures, K, F
DIR/features.npy     (N, K, F) float16; unused rows stay holes in the file
DIR/boxes.npy        (N, K, 4) float32, xyxy in [0, 1]
DIR/counts.npy       (N,) int16, real regions of each picture; 0 means "not extracted yet"
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from PIL import Image
from tqdm import tqdm

from lbf_model.network.batching import RegionBatch
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn import MAX_REGIONS

_BATCH = 16


class RegionStore:
    """Read access to extracted regions. Rows of all pictures are also reachable as one flat table (see `flat`)."""

    def __init__(self, folder: Path):
        self.about = json.loads((folder / "about.json").read_text())
        self.features = np.load(folder / "features.npy", mmap_mode="r")
        self.boxes_unit = np.load(folder / "boxes.npy", mmap_mode="r")
        self.counts = np.load(folder / "counts.npy")
        if not self.counts.all():
            raise ValueError(f"{folder}: {np.sum(self.counts == 0)} pictures are not extracted yet; run the extraction again")

    def __len__(self) -> int:
        return len(self.counts)

    def flat(self, max_regions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The best `max_regions` of every picture one below the other.

        Returns:
            features: (M, F) float32.
            boxes_unit: (M, 4) float32.
            starts: (N + 1,) int64; picture i owns rows starts[i] to starts[i + 1].
        """
        counts = np.minimum(self.counts, max_regions).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(counts)])
        real = np.arange(self.features.shape[1]) < counts[:, None]
        picture, place = np.nonzero(real)
        longest = int(counts.max())
        features = np.asarray(self.features[:, :longest])[picture, place].astype(np.float32)
        return features, np.asarray(self.boxes_unit[:, :longest])[picture, place], starts

    def gather(self, pictures: Sequence[int], max_regions: int) -> RegionBatch:
        """Pad the best `max_regions` of some pictures to one batch, read from the file, for stores larger than memory."""
        pictures = np.asarray(pictures)
        counts = np.minimum(self.counts[pictures], max_regions)
        mask = np.arange(counts.max()) < counts[:, None]
        features = np.asarray(self.features[pictures, : mask.shape[1]], np.float32)
        boxes = np.asarray(self.boxes_unit[pictures, : mask.shape[1]])
        features[~mask], boxes[~mask] = 0, 0
        return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask))


class RegionTable:
    """All regions of some stores one below the other; a picture is known by its place among the stores' pictures.

    Attributes:
        features: (M, F) float32.
        boxes_unit: (M, 4) float32, xyxy in [0, 1].
    """

    def __init__(self, stores: Sequence[RegionStore], max_regions: int):
        features, boxes, starts = zip(*(store.flat(max_regions) for store in stores), strict=True)
        self.features, self.boxes_unit = np.concatenate(features), np.concatenate(boxes)
        bases = np.cumsum([0, *map(len, features[:-1])])
        ends = [base + s[1:] for base, s in zip(bases, starts, strict=True)]
        self._starts = np.concatenate([[0], *ends])

    def rows(self, picture: int) -> np.ndarray:
        """Rows of one picture's regions, best first."""
        return np.arange(self._starts[picture], self._starts[picture + 1])

    def gather(self, rows: Sequence[np.ndarray]) -> RegionBatch:
        """Pad the regions of some pictures, each given by its rows, to one batch."""
        width = max(len(r) for r in rows)
        mask = np.arange(width) < np.array([len(r) for r in rows])[:, None]
        flat = np.zeros(mask.shape, np.int64)
        flat[mask] = np.concatenate(rows)
        features, boxes = self.features[flat], self.boxes_unit[flat]
        features[~mask], boxes[~mask] = 0, 0
        return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask))


def extract_regions(
    folder: Path,
    fingerprint: str,
    feature_width: int,
    count: int,
    describe: Callable[[Sequence[int]], list[Regions]],
    title: str,
) -> RegionStore:
    """Fill a store with the regions of `count` pictures; pictures already in it are kept.

    Args:
        folder: of the store.
        fingerprint: of the detector; a store begun with another one is refused.
        feature_width: F.
        count: N pictures.
        describe: picture indices -> their Regions.
        title: of the progress bar.

    Raises:
        ValueError: the folder was begun with another detector or another number of pictures.
    """
    about = {"detector": fingerprint, "pictures": count, "max_regions": MAX_REGIONS, "feature_width": feature_width}
    header = folder / "about.json"
    if header.exists():
        if json.loads(header.read_text()) != about:
            raise ValueError(f"{folder} was begun with another detector or data set; delete it or choose another folder")
        mode = "r+"
    else:
        folder.mkdir(parents=True, exist_ok=True)
        mode = "w+"
    arrays = {}
    for name, dtype, dims in (
        ("features", np.float16, (count, MAX_REGIONS, feature_width)),
        ("boxes", np.float32, (count, MAX_REGIONS, 4)),
        ("counts", np.int16, (count,)),
    ):
        shape = {} if mode == "r+" else {"dtype": dtype, "shape": dims}
        arrays[name] = open_memmap(folder / f"{name}.npy", mode=mode, **shape)
    header.write_text(json.dumps(about))
    missing = np.flatnonzero(arrays["counts"] == 0)
    with tqdm(total=count, initial=count - len(missing), desc=title, unit="image") as bar:
        for first in range(0, len(missing), _BATCH):
            chosen = missing[first : first + _BATCH]
            for index, regions in zip(chosen, describe(chosen.tolist()), strict=True):
                regions = regions.top(MAX_REGIONS)
                arrays["features"][index, : len(regions)] = regions.features
                arrays["boxes"][index, : len(regions)] = regions.boxes_unit
                arrays["counts"][index] = len(regions)
            bar.update(len(chosen))
    for array in arrays.values():
        array.flush()
    return RegionStore(folder)


def open_pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Decode pictures of a data set, RGB."""
    pictures = []
    for path in paths:
        with Image.open(path) as file:
            pictures.append(file.convert("RGB"))
    return pictures
