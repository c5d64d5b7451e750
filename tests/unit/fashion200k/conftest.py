"""The small tree, and what is extracted from it once for all tests of Fashion-200k."""

import pytest

from lbf_model.tasks.captioned.protocol import captioned_store
from lbf_model.tasks.fashion200k.data import load_fashion200k
from lbf_model.text.minilm import MiniLm
from tests.unit.fashion200k.small_tree import DRESSES, SKIRTS, write_split


@pytest.fixture(scope="package")
def tree(tmp_path_factory):
    """32 train pictures of 16 products and 6 test pictures; the label files, kinds and file names are Fashion-200k's."""
    root = tmp_path_factory.mktemp("Fashion200k")
    write_split(root, "train", {"dress": DRESSES * 2, "skirt": SKIRTS * 2}, first=100, each=2)
    red, blue, white, silk, skirt, _ = write_split(root, "test", {"dress": DRESSES, "skirt": SKIRTS[:2]}, first=900, each=1)
    lines = [f"{red} {blue}", f"{blue} {white}", f"{blue} {silk}", f"{skirt}\t{red}"]
    (root / "test_queries.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture(scope="package")
def words():
    return MiniLm()


@pytest.fixture(scope="module")
def train_store(tree, detector, regions):
    split = load_fashion200k(tree, "train")
    return captioned_store("fashion200k", tree, split.pictures, detector, regions)
