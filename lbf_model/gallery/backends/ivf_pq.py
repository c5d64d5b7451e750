"""Approximate search in cells of compressed vectors (IVF with product quantisation): small, and quick to build."""

import math

import faiss
import numpy as np

from lbf_model.gallery.backends.approximate import ApproximateBackend

_WIDTH_OF_A_PART = 2  # numbers of a vector that share a 4-bit code
_TRAINED_ON = 64  # vectors per cell
_FEWEST_TRAINED_ON = 1000  # a tiny gallery uses some of its vectors several times


class IvfPqBackend(ApproximateBackend):
    """faiss's IVF with 4-bit product quantisation: about 72 bytes for a 256-wide vector.

    H. Jegou, M. Douze and C. Schmid, "Product quantization for nearest neighbor search", 2011; the number of cells is
    4 sqrt(G), as faiss's own guide suggests. Codes are scanned in registers (F. Andre et al., "Quicker ADC", 2019).
    """

    index_type = faiss.IndexIVFPQFastScan
    efforts = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)

    @staticmethod
    def make_index(vectors: np.ndarray) -> faiss.Index:
        """As `ApproximateBackend.make_index`."""
        count, width = vectors.shape
        cells = max(1, min(round(4 * math.sqrt(count)), count // 39))  # faiss wants at least 39 training vectors per cell
        parts = width // _WIDTH_OF_A_PART if width % _WIDTH_OF_A_PART == 0 else width
        index = faiss.index_factory(width, f"IVF{cells},PQ{parts}x4fs", faiss.METRIC_INNER_PRODUCT)
        wanted = max(min(count, _TRAINED_ON * cells), _FEWEST_TRAINED_ON)
        chosen = np.random.default_rng(0).choice(count, wanted, replace=wanted > count)
        index.train(vectors[np.sort(chosen)])
        index.add(vectors)
        return index

    @staticmethod
    def set_effort(index: faiss.Index, effort: int) -> None:
        """As `ApproximateBackend.set_effort`: how many cells a search visits."""
        index.nprobe = min(effort, index.nlist)

    @staticmethod
    def among(selected: faiss.IDSelector, index: faiss.Index) -> faiss.SearchParameters:
        """As `ApproximateBackend.among`."""
        return faiss.SearchParametersIVF(sel=selected, nprobe=index.nprobe)
