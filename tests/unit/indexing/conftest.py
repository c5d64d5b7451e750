"""A folder of twelve pictures, and a place for the gallery of it."""

import pytest

from tests.unit.indexing.small_folder import draw


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures, two of them in a sub-folder."""
    root = tmp_path / "pictures"
    root.mkdir()
    for i in range(12):
        draw(root / ("sub" if i > 9 else "") / f"{i:02d}.png", i)
    return root


@pytest.fixture
def out(tmp_path):
    return tmp_path / "gallery"
