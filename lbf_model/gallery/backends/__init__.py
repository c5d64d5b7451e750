"""What searches the vectors of a gallery: one file a back end, and one line in BACKENDS.

A back end knows vectors by row number and nothing else. Exclusion, near-duplicates, refilling and ranks stand above it, once,
in `gallery.gallery`; `tests/unit/test_backends.py` is the contract that each of them is held to.
"""

from lbf_model.gallery.backends.base import Backend
from lbf_model.gallery.backends.flat import FlatBackend

BACKENDS: dict[str, type[Backend]] = {"flat": FlatBackend}
AUTOMATIC = "auto"  # stands for the one that `choose_backend` names


def choose_backend(count: int) -> str:
    """The name of the back end that suits a number of pictures."""
    return "flat"
