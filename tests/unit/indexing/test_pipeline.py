"""Workers, batches and a GPU make the same gallery, and only a few pictures are in memory at a time."""

import gc
from copy import copy

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.indexing.build import build_steps
from lbf_model.indexing.encode import EncodedPicture
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.retriever import load_retriever
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import files, index


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (3, 5)])
def test_neither_workers_nor_batches_change_a_byte(retriever, compared, folder, out, tmp_path, workers, batch):
    (folder / "broken.png").write_bytes(b"broken")
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    index(retriever, folder, tmp_path / "usual", compared=compared[:1])
    index(retriever, folder, out, compared=compared[:1], workers=workers, batch=batch)
    assert files(out) == files(tmp_path / "usual")


def test_workers_use_one_thread_each(retriever, folder, out):
    threads, before = set(), torch.get_num_threads()

    class Noting(CountingRetriever):
        def detect_regions(self, pictures):
            threads.add(torch.get_num_threads())
            return super().detect_regions(pictures)

    index(Noting(retriever), folder, out, workers=2)
    assert threads == {1} and torch.get_num_threads() == before


def test_on_a_gpu_a_batch_is_looked_at_together(retriever, folder, out):
    batches = []

    class OnGpu(CountingRetriever):
        def detect_regions(self, pictures):
            batches.append(len(pictures))
            return super().detect_regions(pictures)

    one = OnGpu(retriever)
    one.encoder = copy(retriever.encoder)
    one.encoder.encode_targets = retriever.encoder.encode_targets
    one.encoder.device = torch.device("cuda")
    gallery, _ = index(one, folder, out, batch=5)
    assert batches == [5, 5, 2] and len(gallery) == 12


def test_half_precision_as_on_a_gpu_makes_nearly_the_same_gallery(checkpoints, retriever, folder, out, tmp_path):
    half = load_retriever(checkpoints / "lbf", dtype=torch.bfloat16)
    near, _ = index(half, folder, out, batch=64)
    usual, _ = index(retriever, folder, tmp_path / "usual")
    assert [item.id for item in near.items] == [item.id for item in usual.items]
    assert float((near.vectors() * usual.vectors()).sum(1).min()) > 0.95 and not np.array_equal(near.vectors(), usual.vectors())


def test_what_is_known_of_pictures_stays_small(retriever, folder, out):
    """Pixels, regions and vectors of pictures that are written stay on the disk, or with the writer."""
    gc.collect()
    of_before = {id(one) for one in gc.get_objects() if type(one) is EncodedPicture}  # which an error of another test may hold
    steps = build_steps(retriever, folder, list_folder(folder).entries, out, batch=1)
    for done in steps:
        alive = [one for one in gc.get_objects() if type(one) is EncodedPicture and id(one) not in of_before]
        assert len(alive) <= 3, f"after {done} pictures"
