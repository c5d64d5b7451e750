"""The demo's scenes: a gallery of CSS test scenes, and example queries that are answered correctly."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lbf_model.gallery.items import GalleryItem
from lbf_model.indexing.build import build_gallery
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever
from lbf_model.tasks.css.storage import CssQuery, load_css
from lbf_model.tasks.examples import replace_examples
from lbf_model.vision.pictures import load_picture

GALLERY, TITLE = "css", "Scenes (drawn)"
_SOURCES = 112  # base scenes whose targets make the gallery: about 18 each, near neighbours of one another
# The examples: the rendering, and the kind of change.
_EXAMPLES = (
    ("3d", "make size"),
    ("3d", "make color"),
    ("3d", "remove"),
    ("3d", "add"),
    ("2d", "make color"),
    ("2d", "add"),
)


def css_entries(root: Path, split: str) -> list[GalleryItem]:
    """One entry for each 3D picture of a CSS split; the scene is the caption."""
    data = load_css(root, split)
    return [
        GalleryItem(f"css_{split}_{i.index:06d}", data.picture(i.index, "3d").relative_to(root).as_posix(), str(i.scene))
        for i in data.images
    ]


def make_css_demo(retriever: Retriever, data: Path, assets: Path, seed: int, compared: Sequence[QueryEncoder] = ()) -> dict:
    """Write assets/galleries/css and assets/examples from the test split.

    The gallery holds every target of 112 base scenes, but no reference image, so no query can find itself. Examples are the
    first queries, in an order drawn from the seed, whose first result shows the target scene: one for each kind of change,
    each from another base scene.

    Args:
        retriever: of the shipped checkpoint.
        data: a folder that `make-css` wrote.
        assets: the project's assets folder.
        seed: draws the base scenes.
        compared: compositors to compare with.

    Returns:
        {"pictures", "examples", "tried"}: how many queries were tried to find the examples.
    """
    split = load_css(data, "test")
    rng = np.random.default_rng(seed)
    sources = set(rng.permutation(sorted({q.source for q in split.queries}))[:_SOURCES].tolist())
    queries = [q for q in split.queries if q.source in sources]
    folder = assets / "galleries" / GALLERY
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    entries = []
    for index in sorted({q.target for q in queries}):
        name = f"css_test_{index:06d}"
        shutil.copyfile(split.picture(index, "3d"), folder / "pictures" / f"{name}.webp")
        entries.append(GalleryItem(name, f"{name}.webp", str(split.images[index].scene)))
    facts = {"root_name": "pictures", "title": TITLE}
    gallery, _ = build_gallery(retriever, folder / "pictures", entries, folder, **facts, compared=compared)

    shown = assets / "examples"
    shown.mkdir(exist_ok=True)
    examples, used, tried = [], set(), 0
    for rendering, change in _EXAMPLES:
        for position in rng.permutation(len(queries)):
            query = queries[position]
            if query.source in used or _change(query) != change or not 4 <= len(split.images[query.source].scene.objects) <= 5:
                continue
            tried += 1
            file = split.picture(query.source, rendering)
            best = retriever.search(load_picture(file), query.text, gallery, 1).matches[0]
            if best.caption == str(split.images[query.target].scene):
                name = f"{len(examples) + 1}_{rendering}{file.suffix}"
                shutil.copyfile(file, shown / name)
                examples.append({"picture": name, "text": query.text, "answer": best.id})
                used.add(query.source)
                break
    replace_examples(shown, GALLERY, examples)
    return {"pictures": len(gallery), "examples": len(examples), "tried": tried}


def _change(query: CssQuery) -> str:
    modification = query.modification
    if modification.kind == "make":
        return "make size" if modification.new_size else "make color"
    return modification.kind
