"""Search by Milvus: the vectors stay on its server, and each query asks it for the nearest ones."""

from collections.abc import Iterator

import numpy as np

from lbf_model.gallery.backends.base import BLOCK
from lbf_model.gallery.backends.flat import best_first
from lbf_model.gallery.items import GalleryError, GalleryUnavailable
from lbf_model.gallery.milvus.address import MilvusConnection
from lbf_model.gallery.milvus.collection import Collection

ROW, VECTOR = "row", "vector"  # fields of a collection
_MOST = 16_384  # Milvus's limit on the results of a search and the rows of a request
_FEW = 4096  # up to this many rows, a search lists the rows it may look at


class MilvusSearcher:
    """The vectors of a collection (see `base.Searcher`). Every method raises GalleryError if there is no answer."""

    def __init__(self, connection: MilvusConnection, collection: Collection):
        """Take over a collection, and the connection to its server."""
        self._connection, self._collection = connection, collection
        self.width = collection.facts.embedding_width

    def __len__(self) -> int:
        return self._collection.pictures

    def search(self, queries: np.ndarray, count: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As `Searcher.search`, with or without `rows`, and as exact as the collection's index."""
        if rows is None:
            return self._search(queries, count)
        if len(rows) > _FEW:  # too many to list: most likely, enough of them are among the nearest of all
            wanted = min(2 * count * len(self) // len(rows), len(self), _MOST)
            scores, found = self._search(queries, wanted)
            fits = np.isin(found, rows)
            if (fits.sum(1) >= count).all():
                first = np.argsort(~fits, axis=1, kind="stable")[:, :count]
                return np.take_along_axis(scores, first, 1), np.take_along_axis(found, first, 1)
        return self._search(queries, count, f"{ROW} in {rows.tolist()}")

    def _search(self, queries: np.ndarray, count: int, only: str = "") -> tuple[np.ndarray, np.ndarray]:
        effort = {name: max(value, count) for name, value in self._collection.effort.items()}
        found = self._ask(
            "search",
            np.ascontiguousarray(queries, np.float32),
            filter=only,
            limit=count,
            output_fields=[ROW],
            search_params={"metric_type": "IP", "params": effort},
        )
        if any(len(hits) < count for hits in found):  # an approximate index may get stuck if few rows are allowed
            raise GalleryError(f"{self._connection.address}: gave fewer than {count} results; publish it with --backend flat")
        scores = np.array([[hit["distance"] for hit in hits] for hits in found], np.float32)
        return best_first(scores, np.array([[hit[ROW] for hit in hits] for hits in found], np.int64))

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """As `Searcher.vectors`."""
        wanted, places = np.unique(np.asarray(rows, np.int64), return_inverse=True)
        found = np.empty((len(wanted), self.width), np.float32)
        for first in range(0, len(wanted), BLOCK):
            block = wanted[first : first + BLOCK]
            for row in self._ask("get", block.tolist(), output_fields=[ROW, VECTOR]):
                found[first + np.searchsorted(block, row[ROW])] = row[VECTOR]
        return found[places]

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """As `Searcher.blocks`; all vectors come over the network."""
        for first in range(0, len(self), BLOCK):
            yield first, self.vectors(np.arange(first, min(first + BLOCK, len(self))))

    def _ask(self, question: str, *values, **named):
        """What the collection answers. A server that was restarted may have to load it first."""
        try:
            return self._connection.ask(question, self._collection.name, *values, **named)
        except GalleryUnavailable:
            self._connection.ask("load_collection", self._collection.name)
            return self._connection.ask(question, self._collection.name, *values, **named)
