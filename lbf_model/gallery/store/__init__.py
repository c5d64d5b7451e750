"""A gallery on disk: `format` says which files it consists of, `writer` writes them, `reader` loads and checks them."""

from lbf_model.gallery.store.format import read_facts
from lbf_model.gallery.store.reader import GalleryContent, check_gallery, load_gallery, read_unaltered, write_checksums
from lbf_model.gallery.store.writer import GalleryWriter

__all__ = [
    "GalleryContent",
    "GalleryWriter",
    "check_gallery",
    "load_gallery",
    "read_facts",
    "read_unaltered",
    "write_checksums",
]
