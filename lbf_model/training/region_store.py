"""Regions of a whole data set, extracted once, memory-mapped, resumable; and several stores as one flat table.

A store is identified by the content it was made from: the detector's weights, and the bytes of the pictures.

ROOT/TITLE-CONTENT/    CONTENT: the first digits of `content`
    about.json         detector fingerprint, content, number of pictures, K, F, shape of a feature map
    features.npy       (N, K, F) float16; unused rows stay holes in a sparse file
    boxes.npy          (N, K, 4) float32, xyxy in [0, 1]
    feature_maps.npy   (N, C, h, w) float16, of the whole pictures
    counts.npy         (N,) int16, real regions of each picture; 0 means "not extracted yet", -1 "cannot be decoded"
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from PIL import Image
from tqdm import tqdm

from lbf_model.network.batching import RegionBatch
from lbf_model.only_writer import only_writer
from lbf_model.training.batches import draw_batches
from lbf_model.types import Regions
from lbf_model.vision.detectors.base import FEATURE_MAP_SIDE, MAX_REGIONS, RegionDetector
from lbf_model.vision.pictures import PictureError, load_picture, load_stored

Draw = Callable[[Sequence[int]], list[Image.Image | None]]
Describe = Callable[[Sequence[int], list[Image.Image]], list[Regions]]
_BATCH = 16
_UNDECODED = -1


class RegionStore:
    """Read access to extracted regions. Rows of all pictures are also reachable as one flat table (see `flat`).

    Attributes:
        about: what about.json says.
        features: (N, K, F) float16.
        boxes_unit: (N, K, 4) float32.
        feature_maps: (N, C, h, w) float16.
        counts: (N,) int16.
        decoded: rows of the pictures that could be decoded, int64, ascending; all of them, unless `draw` returned None.
    """

    def __init__(self, folder: Path):
        """Open a store; ValueError if it is not finished."""
        self.about = json.loads((folder / "about.json").read_text())
        self.features = np.load(folder / "features.npy", mmap_mode="r")
        self.boxes_unit = np.load(folder / "boxes.npy", mmap_mode="r")
        self.feature_maps = np.load(folder / "feature_maps.npy", mmap_mode="r")
        self.counts = np.load(folder / "counts.npy")
        self.decoded = np.flatnonzero(self.counts > 0)
        if not self.counts.all():
            raise ValueError(f"{folder}: {np.sum(self.counts == 0)} pictures are not extracted yet; run the extraction again")

    def __len__(self) -> int:
        return len(self.counts)

    def flat(self, max_regions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The best `max_regions` of every picture, stacked.

        Returns:
            features: (M, F) float32.
            boxes_unit: (M, 4) float32.
            starts: (N + 1,) int64; picture i owns rows starts[i] to starts[i + 1].
        """
        counts = np.clip(self.counts, 0, max_regions).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(counts)])
        real = np.arange(self.features.shape[1]) < counts[:, None]
        picture, place = np.nonzero(real)
        longest = int(counts.max())
        features = np.asarray(self.features[:, :longest])[picture, place].astype(np.float32)
        return features, np.asarray(self.boxes_unit[:, :longest])[picture, place], starts

    def gather(self, pictures: Sequence[int], max_regions: int, with_map: bool = False) -> RegionBatch:
        """Pad the best `max_regions` of some decoded pictures to one batch, read from disk; for large stores."""
        pictures = np.asarray(pictures)
        counts = np.minimum(self.counts[pictures], max_regions)
        mask = np.arange(counts.max()) < counts[:, None]
        features = np.asarray(self.features[pictures, : mask.shape[1]], np.float32)
        boxes = np.asarray(self.boxes_unit[pictures, : mask.shape[1]])
        features[~mask], boxes[~mask] = 0, 0
        maps = torch.from_numpy(np.asarray(self.feature_maps[pictures], np.float32)) if with_map else None
        return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask), maps)


class RegionTable:
    """All regions of some stores, stacked; a picture is identified by its position among the pictures of all stores.

    Attributes:
        features: (M, F) float32.
        boxes_unit: (M, 4) float32, xyxy in [0, 1].
    """

    def __init__(self, stores: Sequence[RegionStore], max_regions: int):
        """Read the best `max_regions` of every picture."""
        features, boxes, starts = zip(*(store.flat(max_regions) for store in stores), strict=True)
        self.features, self.boxes_unit = np.concatenate(features), np.concatenate(boxes)
        bases = np.cumsum([0, *map(len, features[:-1])])
        ends = [base + s[1:] for base, s in zip(bases, starts, strict=True)]
        self._starts = np.concatenate([[0], *ends])
        self._stores = stores
        self._first_pictures = np.cumsum([0, *map(len, stores)])

    def __len__(self) -> int:
        return len(self._starts) - 1

    def rows(self, picture: int) -> np.ndarray:
        """Rows of one picture's regions, best first."""
        return np.arange(self._starts[picture], self._starts[picture + 1])

    def gather(self, rows: Sequence[np.ndarray], pictures: Sequence[int] | None = None) -> RegionBatch:
        """Pad the regions of some pictures to one batch.

        Args:
            rows: of each picture.
            pictures: their positions, to include their feature maps; None leaves the maps out.
        """
        width = max(len(r) for r in rows)
        mask = np.arange(width) < np.array([len(r) for r in rows])[:, None]
        flat = np.zeros(mask.shape, np.int64)
        flat[mask] = np.concatenate(rows)
        features, boxes = self.features[flat], self.boxes_unit[flat]
        features[~mask], boxes[~mask] = 0, 0
        maps = None if pictures is None else torch.from_numpy(self.feature_maps(pictures))
        return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask), maps)

    def feature_maps(self, pictures: Sequence[int]) -> np.ndarray:
        """(N, C, h, w) float32 of some pictures, read from the files."""
        pictures = np.asarray(pictures)
        store = np.searchsorted(self._first_pictures, pictures, "right") - 1
        maps = np.empty((len(pictures), *self._stores[0].feature_maps.shape[1:]), np.float32)
        for number in np.unique(store):
            chosen = store == number
            maps[chosen] = self._stores[number].feature_maps[pictures[chosen] - self._first_pictures[number]]
        return maps


def features_to_standardise(table: RegionTable, reads: str, seed: int, sample: int = 1024) -> np.ndarray:
    """The features used to standardise the input of a compositor that reads "regions" or a "feature_map".

    Args:
        table: of the training pictures.
        reads: as `CompositorConfig.reads`.
        seed: draws the sample.
        sample: the number of pictures whose feature maps are used.

    Returns:
        (M, F) float32, features of all regions; or (M, C), of each cell of the sample's feature maps.
    """
    if reads == "regions":
        return table.features
    decoded = np.flatnonzero([len(table.rows(picture)) for picture in range(len(table))])
    maps = table.feature_maps(np.sort(np.random.default_rng([seed, 79]).permutation(decoded)[:sample]))
    return maps.transpose(0, 2, 3, 1).reshape(-1, maps.shape[1])


def content_digest(files: Iterable[Path], *facts) -> str:
    """The digest that identifies a store of these pictures.

    Args:
        files: in the order of the store's rows; their bytes count, their names and folders do not. An unreadable file counts as
            empty: it cannot be decoded either, and is skipped.
        *facts: anything else that determines the extracted regions, as plain data with an exact `repr`.

    Returns:
        32 hex digits.
    """
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=16)
    for file in files:
        try:
            content = file.read_bytes()
        except OSError:
            content = b""
        digest.update(hashlib.blake2b(content, digest_size=16).digest())
    return digest.hexdigest()


def extract_regions(
    root: Path,
    title: str,
    content: str,
    detector: RegionDetector,
    count: int,
    draw: Draw,
    describe: Describe | None = None,
    workers: int = 0,
) -> RegionStore:
    """Open the store of some pictures, extracting first whatever is missing; pictures already in it are not read again.

    Args:
        root: folder of stores. Each has a sub-folder named by title and content, so that other pictures get another store.
        title: what the pictures are, such as "test-3d".
        content: from `content_digest`.
        detector: extracts the regions.
        count: N pictures.
        draw: picture indices -> the pictures, RGB, or None for one that cannot be decoded.
        describe: picture indices and their pictures -> the Regions; None uses the regions that the detector finds.
        workers: processes that draw pictures ahead, so that a GPU does not wait for them.

    Raises:
        ValueError: the store was made by another detector or from other pictures than its name says, or the disk has no room.
        FolderInUseError: another run is extracting these pictures.
        OSError: the disk filled up during extraction; what was extracted is kept.
    """
    folder = root / f"{title}-{content[:12]}"
    map_shape = (detector.feature_map_channels, FEATURE_MAP_SIDE, FEATURE_MAP_SIDE)
    about = {
        "detector": detector.fingerprint,
        "content": content,
        "pictures": count,
        "max_regions": MAX_REGIONS,
        "feature_width": detector.feature_width,
        "feature_map": list(map_shape),
    }
    if not _is_complete(folder, about):
        with only_writer(folder):
            _begin(folder, about)
            _extract(folder, about, detector, draw, describe, workers)
    return RegionStore(folder)


def _is_complete(folder: Path, about: dict) -> bool:
    """Whether a store is extracted whole; ValueError if it is another one than `about` says."""
    header = folder / "about.json"
    if not header.exists():
        return False
    _check_store(folder, json.loads(header.read_text()), about)
    return bool(np.load(folder / "counts.npy").all())


def _begin(folder: Path, about: dict) -> None:
    """Create the files of a store, empty, unless they are there."""
    header = folder / "about.json"
    if not header.exists():
        count, regions, width = about["pictures"], about["max_regions"], about["feature_width"]
        for name, dtype, shape in (
            ("features", np.float16, (count, regions, width)),
            ("boxes", np.float32, (count, regions, 4)),
            ("feature_maps", np.float16, (count, *about["feature_map"])),
            ("counts", np.int16, (count,)),
        ):
            open_memmap(folder / f"{name}.npy", "w+", dtype, shape)
        partial = header.with_suffix(".part")
        partial.write_text(json.dumps(about))
        partial.rename(header)


def _extract(folder: Path, about: dict, detector: RegionDetector, draw: Draw, describe: Describe | None, workers: int) -> None:
    """Extract the regions that are missing."""
    count = about["pictures"]
    missing = np.flatnonzero(np.load(folder / "counts.npy") == 0)
    _check_space(folder, about, len(missing))
    told = f"regions {folder.name.rpartition('-')[0]}"
    with ExitStack() as files, tqdm(total=count, initial=count - len(missing), desc=told, unit="image") as bar:
        features, boxes, feature_maps, counts = (
            files.enter_context(_Rows(folder / f"{name}.npy")) for name in ("features", "boxes", "feature_maps", "counts")
        )
        batches = [missing[first : first + _BATCH].tolist() for first in range(0, len(missing), _BATCH)]
        drawn = draw_batches(lambda step: draw(batches[step]), 0, len(batches), workers)
        for chosen, pictures in zip(batches, drawn, strict=True):
            decoded = {index: picture for index, picture in zip(chosen, pictures, strict=True) if picture is not None}
            for index in chosen:
                if index not in decoded:
                    counts.write(index, _UNDECODED)
            for index, regions in zip(decoded, _described(decoded, detector, describe), strict=True):
                regions = regions.top(MAX_REGIONS)
                features.write(index, regions.features)
                boxes.write(index, regions.boxes_unit)
                feature_maps.write(index, regions.feature_map)
                counts.write(index, len(regions))  # last, since it marks the picture as extracted
            bar.update(len(chosen))


class _Rows:
    """Writes the rows of an .npy file, one by one.

    It does not write through a memory map: when the disk is full, the system kills a process that does so, without a message.
    """

    def __init__(self, path: Path):
        rows = np.load(path, mmap_mode="r")
        self._path, self._type, self._first = path, rows.dtype, rows.offset
        self._row_bytes = rows.nbytes // max(1, len(rows))

    def __enter__(self) -> "_Rows":
        self._file = os.open(self._path, os.O_WRONLY)
        return self

    def __exit__(self, *error) -> None:
        os.close(self._file)

    def write(self, row: int, values: np.ndarray | int) -> None:
        """Write the beginning of a row; OSError if the disk is full."""
        data, place = np.asarray(values, self._type).tobytes(), self._first + row * self._row_bytes
        assert len(data) <= self._row_bytes, f"{self._path}: {len(data)} bytes in a row of {self._row_bytes}"
        try:
            while data:
                written = os.pwrite(self._file, data, place)
                data, place = data[written:], place + written
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error


def _check_space(folder: Path, about: dict, count: int) -> None:
    """Raise ValueError if `count` pictures would not fit on the disk even with a single region each."""
    picture = 2 * int(np.prod(about["feature_map"])) + 2 * about["feature_width"] + 4 * 4
    free = shutil.disk_usage(folder).free
    if count * picture > free:
        raise ValueError(
            f"{folder}: regions of {count} pictures take at least {count * picture / 1e9:.1f} GB, but only {free / 1e9:.1f} GB "
            "are free there; free some, or name a folder on another disk"
        )


def _described(pictures: dict[int, Image.Image], detector: RegionDetector, describe) -> list[Regions]:
    if not pictures:
        return []
    return describe(list(pictures), list(pictures.values())) if describe else detector.detect_regions(list(pictures.values()))


def _check_store(folder: Path, found: dict, about: dict) -> None:
    """Raise ValueError if a store is not what its name says."""
    differing = [name for name, value in about.items() if found.get(name) != value]
    if differing:
        told = ", ".join(f"{name} {found.get(name)} instead of {about[name]}" for name in differing)
        raise ValueError(
            f"{folder}: regions of other pictures or another detector ({told}); delete it, or choose another folder"
        )


def open_decodable(paths: Sequence[Path]) -> list[Image.Image | None]:
    """Decode pictures of a data set, RGB; None for one that cannot be decoded."""
    return [_open_decodable(path) for path in paths]


def _open_decodable(path: Path) -> Image.Image | None:
    try:
        return load_picture(path)
    except PictureError:
        return None


def open_pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Decode pictures of a data set, RGB; PictureError if one cannot be decoded."""
    return [load_stored(path) for path in paths]
