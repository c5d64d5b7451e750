"""Where a gallery is: in a folder, or in Milvus. The functions here take either."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lbf_model.gallery import store
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryFacts
from lbf_model.gallery.milvus.address import SCHEME, MilvusAddress
from lbf_model.gallery.milvus.reader import open_published, read_published_facts

GalleryPlace = Path | MilvusAddress


def parse_place(text: str) -> GalleryPlace:
    """Parse a folder, or an address in Milvus.

    Raises:
        GalleryError: it starts like an address but is not a valid one.
    """
    return MilvusAddress.parse(text) if text.startswith(SCHEME) else Path(text)


def read_facts(place: GalleryPlace) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, altered, broken or in another format; or the server does not answer.
    """
    return store.read_facts(place) if isinstance(place, Path) else read_published_facts(place)


def load_gallery(
    place: GalleryPlace, compositor: str, detector: str, attributes: Mapping[str, Sequence[str]] | None = None
) -> Gallery:
    """Open a gallery; vectors, hashes and pictures are read on demand.

    Args:
        place: where the gallery is.
        compositor: fingerprint of the compositor in use.
        detector: fingerprint of the detector in use.
        attributes: as for `Gallery`.

    Raises:
        GalleryError: as for `read_facts`, or the gallery was made by another compositor or detector.
    """
    open_gallery = store.load_gallery if isinstance(place, Path) else open_published
    return open_gallery(place, compositor, detector, attributes)


def browse_gallery(place: GalleryPlace) -> Gallery:
    """Open a gallery made by any model, to read its pictures; no model searches it. Errors as for `read_facts`."""
    facts = read_facts(place)
    return load_gallery(place, facts.compositor, facts.detector)
