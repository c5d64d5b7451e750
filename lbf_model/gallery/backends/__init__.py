"""Back ends that search a gallery's vectors: one file each, and one line in BACKENDS.

A back end knows vectors by row number and nothing else. Exclusion, near-duplicates, refilling and ranks are handled above it,
once, in `gallery.gallery`; `tests/unit/test_backends.py` is the contract that every back end must meet.
"""

from lbf_model.gallery.backends.base import Backend, Searcher
from lbf_model.gallery.backends.flat import FlatBackend
from lbf_model.gallery.backends.hnsw import HnswBackend
from lbf_model.gallery.backends.ivf_pq import IvfPqBackend

__all__ = ["AUTOMATIC", "BACKENDS", "Backend", "Searcher", "choose_backend"]

BACKENDS: dict[str, type[Backend]] = {"flat": FlatBackend, "hnsw": HnswBackend, "ivf-pq": IvfPqBackend}
AUTOMATIC = "auto"  # means the one that `choose_backend` picks
_FLAT_UP_TO, _HNSW_UP_TO = 200_000, 2_000_000  # pictures; see docs/scale.md


def choose_backend(count: int) -> str:
    """The name of the back end that suits a number of pictures: exact while that is fast, compact for very many."""
    return "flat" if count <= _FLAT_UP_TO else "hnsw" if count <= _HNSW_UP_TO else "ivf-pq"
