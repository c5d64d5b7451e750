"""Pictures -> gallery folder: open, encode, write; resumable, and unreadable pictures are named and skipped."""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from lbf_model.datasets.css.storage import load_css
from lbf_model.gallery.index import Gallery, GalleryError, GalleryFacts, GalleryItem, GalleryWriter
from lbf_model.search import Retriever
from lbf_model.types import Regions
from lbf_model.vision.pictures import PictureError, load_picture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
_BATCH = 16


def folder_entries(folder: Path) -> list[GalleryItem]:
    """One entry for each picture file below a folder, in the order of their paths; captions are left to the detector.

    Raises:
        GalleryError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise GalleryError(f"{folder}: no such folder")
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise GalleryError(f"{folder}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return [GalleryItem(id=path, path=path, caption="") for path in paths]


def css_entries(root: Path, split: str) -> list[GalleryItem]:
    """One entry for each 3D picture of a CSS split; the scene is the caption."""
    data = load_css(root, split)
    return [
        GalleryItem(f"css_{split}_{i.index:06d}", data.picture(i.index, "3d").relative_to(root).as_posix(), str(i.scene))
        for i in data.images
    ]


def build_gallery(
    retriever: Retriever, root: Path, entries: Sequence[GalleryItem], out: Path, root_name: str | None = None
) -> tuple[Gallery, list[dict]]:
    """Index pictures.

    Args:
        retriever: whose embeddings the gallery holds.
        root: folder that the entries' paths start from.
        entries: what to index; an empty caption is filled with the names of the detected regions.
        out: gallery folder.
        root_name: how gallery.json names the root; None writes its absolute path. A relative name starts from `out`.

    Returns:
        The gallery, and {"path", "reason"} of every picture that could not be read.
    """
    facts = GalleryFacts(
        retriever.fingerprint,
        retriever.detector.fingerprint,
        retriever.config.embedding_width,
        root_name or str(root.resolve()),
    )
    writer = GalleryWriter(out, facts)
    done = {item.id for item in writer.items}
    rest = [e for e in entries if e.id not in done]
    skipped: list[dict] = []
    with tqdm(total=len(entries), initial=len(done), desc="index", unit="picture") as bar:
        for first in range(0, len(rest), _BATCH):
            some = rest[first : first + _BATCH]
            opened = []
            for entry in some:
                try:
                    opened.append((entry, load_picture(root / entry.path)))
                except PictureError as error:
                    skipped.append({"path": entry.path, "reason": str(error)})
            if opened:
                regions, embeddings = retriever.encode_pictures([picture for _, picture in opened])
                writer.add([_described(e, r) for (e, _), r in zip(opened, regions, strict=True)], embeddings)
            bar.update(len(some))
    return writer.finish(skipped), skipped


def _described(entry: GalleryItem, regions: Regions) -> GalleryItem:
    return GalleryItem(entry.id, entry.path, entry.caption or ", ".join(regions.labels), tuple(region_records(regions)))


def region_records(regions: Regions) -> list[dict]:
    """Regions as JSON can say them: {"box": [x1, y1, x2, y2] in pixels, "score", "label"}."""
    return [
        {"box": [round(float(v), 1) for v in box], "score": round(float(score), 4), "label": label}
        for box, score, label in zip(regions.boxes, regions.scores, regions.labels, strict=True)
    ]
