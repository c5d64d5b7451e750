"""Approximate search along a graph of near neighbours (HNSW): fast and nearly exact, but slow to build."""

import faiss
import numpy as np

from lbf_model.gallery.backends.approximate import ApproximateBackend

_NEIGHBOURS = 32
_EFFORT_OF_BUILDING = 80  # candidates considered as neighbours of each vector


class HnswBackend(ApproximateBackend):
    """faiss's HNSW with one byte per number: about 270 bytes of links and 256 bytes of numbers for each 256-wide vector.

    Y. Malkov and D. Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small
    World graphs", 2016.
    """

    index_type = faiss.IndexHNSWSQ
    efforts = (64, 128, 256, 512, 1024)

    @staticmethod
    def make_index(vectors: np.ndarray) -> faiss.Index:
        """As `ApproximateBackend.make_index`."""
        metric = faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, _NEIGHBOURS, metric)
        index.hnsw.efConstruction = _EFFORT_OF_BUILDING
        index.train(vectors)
        index.add(vectors)
        return index

    @staticmethod
    def set_effort(index: faiss.Index, effort: int) -> None:
        """As `ApproximateBackend.set_effort`: how many candidates a search keeps at a time."""
        index.hnsw.efSearch = effort

    @staticmethod
    def among(selected: faiss.IDSelector, index: faiss.Index) -> faiss.SearchParameters:
        """As `ApproximateBackend.among`."""
        return faiss.SearchParametersHNSW(sel=selected, efSearch=index.hnsw.efSearch)
