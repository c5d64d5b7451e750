"""A gallery in memory: what is nearest to a query, where an item ranks, and which items show the same picture."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np

from lbf_model.gallery.backends import Searcher
from lbf_model.gallery.facets import Facets
from lbf_model.gallery.item_table import ItemTable
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.milvus.address import MilvusAddress
from lbf_model.gallery.near_duplicates import PerceptualHashes, PictureGroups
from lbf_model.types import Match


class Gallery:
    """Pictures with their vectors, searched by cosine.

    Items that show the same picture count as one result. A gallery answers for the compositor that made it; `seen_by` gives
    the same pictures as another compositor embeds them. A large gallery keeps little in memory: pictures are read from `items`
    on demand, and large files of vectors and hashes are memory-mapped.
    """

    def __init__(
        self,
        place: Path | MilvusAddress,
        facts: GalleryFacts,
        items: ItemTable,
        searchers: Mapping[str, Searcher],
        hashes: PerceptualHashes | None = None,
        skipped: Sequence[dict] = (),
        attributes: Mapping[str, Sequence[str]] | None = None,
    ):
        """Take over what a store loaded.

        Args:
            place: its folder, or its address in Milvus.
            facts: what made it.
            items: G pictures.
            searchers: the items' vectors, by the fingerprint of each compositor.
            hashes: of the G pictures; None if the gallery was made before there were hashes.
            skipped: {"path", "reason"} for each picture that could not be read.
            attributes: the words that the detector's labels are made of, by attribute; None if each label is a single name.
        """
        self.place = place
        self.facts = facts
        self._root = str(place / facts.root) if isinstance(place, Path) else facts.root  # an absolute root replaces the folder
        self.items = items
        self.skipped = tuple(skipped)
        self.hashes = hashes
        self._searchers = dict(searchers)
        self._searcher = self._searchers[facts.compositor]
        self._groups = PictureGroups(items.first_rows())
        self.facets = Facets(items, attributes or {})

    def __len__(self) -> int:
        return len(self.items)

    def seen_by(self, compositor: str) -> "Gallery":
        """The same pictures with the vectors of another compositor; everything else is shared with this gallery.

        Args:
            compositor: fingerprint.

        Raises:
            GalleryError: the gallery holds no vectors from it.
        """
        widths = self.facts.widths()
        if compositor not in widths:
            raise GalleryError(f"{self.place}: holds no vectors of compositor {compositor}; add them with `index --update`")
        view = copy(self)
        view.facts = replace(self.facts, compositor=compositor, embedding_width=widths[compositor], compared=())
        if compositor != self.facts.compositor:
            view.facts = replace(view.facts, backend="flat", recall=None)  # compared vectors are searched exactly
        view._searcher = self._searchers[compositor]
        return view

    def picture(self, item: GalleryItem) -> Path:
        """Path of the item's picture file."""
        return Path(self._root, item.path)

    def search(
        self, embedding: np.ndarray, count: int, exclude: Collection[str] = (), filters: Collection[str] = ()
    ) -> tuple[Match, ...]:
        """The best matches for one query.

        Args:
            embedding: (E,) float32, unit length.
            count: how many results; a gallery with fewer distinct pictures returns all it has.
            exclude: ids of items to leave out, together with every other item that shows the same picture.
            filters: as `Facets.rows` reads them; only items that match them are returned.

        Returns:
            Matches, best first; equal scores in gallery order; ranks from 1 without gaps. A picture that the gallery holds
            several times is one match, the best of its copies, which names the others in `duplicates`.

        Raises:
            FilterError: a filter names something that the gallery does not have.
        """
        left_out, only = self._groups_of(exclude), self.facets.rows(filters)
        searched = len(self) if only is None else len(only)
        wanted = min(count + sum(len(self._groups.members(group)) for group in left_out), searched)
        best: dict[int, tuple[int, float]] = {}
        while searched:
            scores, rows = self._searcher.search(embedding[None], wanted, only)
            best = {}
            groups = self._groups.of[rows[0]].tolist()
            for group, row, score in zip(groups, rows[0].tolist(), scores[0].tolist(), strict=True):
                if group not in left_out:
                    best.setdefault(group, (row, score))
            if len(best) >= count or wanted == searched:
                break
            wanted = min(2 * wanted, searched)  # copies used up some of the results: look further down
        found = list(best.values())[:count]
        return tuple(self._match(rank, row, score) for rank, (row, score) in enumerate(found, start=1))

    def rank(
        self, embeddings: np.ndarray, id: str, exclude: Collection[str] = (), filters: Collection[str] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where one item ranks in the results of several queries.

        Args:
            embeddings: (N, E) float32, unit length.
            id: of the item.
            exclude: as for `search`.
            filters: as for `search`; the item itself need not match them.

        Returns:
            scores: (N,) float32, the cosine of the item's picture (the best of its copies) with each query.
            ranks: (N,) int64, from 1, among distinct pictures, as `search` would rank it.

        Raises:
            GalleryError: there is no such item.
            FilterError: a filter names something that the gallery does not have.
        """
        own = int(self._groups.of[self.row(id)])
        unwanted = [own, *self._groups_of(exclude)]
        members, only = self._groups.members(own), self.facets.rows(filters)
        fits = np.ones(len(self), bool) if only is None else np.isin(np.arange(len(self)), only)
        members = members[fits[members]] if fits[members].any() else members
        scores = (embeddings @ self._searcher.vectors(members).T).max(1).astype(np.float32)
        better = np.zeros(len(embeddings), np.int64)
        shared = np.zeros((len(embeddings), len(self._groups.shared)), bool)  # rows ahead, in groups that count once
        for first, block in self._searcher.blocks():
            groups = self._groups.of[first : first + len(block)]
            others = embeddings @ block.T
            ahead = (others > scores[:, None]) | ((others == scores[:, None]) & (groups < own))
            ahead[:, np.isin(groups, unwanted) | ~fits[first : first + len(block)]] = False
            start, end = np.searchsorted(self._groups.shared, [first, first + len(block)])
            places = self._groups.shared[start:end] - first
            shared[:, start:end] = ahead[:, places]
            ahead[:, places] = False
            better += ahead.sum(1)
        groups = self._groups.of[self._groups.shared]
        for query, rows in enumerate(shared):
            better[query] += len(np.unique(groups[rows]))
        return scores, 1 + better

    def find_same(self, digest: str, perceptual_hash: np.ndarray) -> tuple[str, ...]:
        """Ids of the items that show a picture, however it was saved, in gallery order.

        Args:
            digest: of the picture's pixels.
            perceptual_hash: from `vision.perceptual_hash`.
        """
        row = self.items.row_with_digest(digest)
        rows = set() if row is None else {row}
        if self.hashes is not None:
            rows |= set(self.hashes.find_same(perceptual_hash).tolist())
        together = {member for row in rows for member in self._groups.members(int(self._groups.of[row])).tolist()}
        return tuple(self.items[row].id for row in sorted(together))

    def find_pixels(self, digest: str) -> str | None:
        """Id of the first item whose pixels have this digest; None if there is none."""
        row = self.items.row_with_digest(digest)
        return None if row is None else self.items[row].id

    def labels(self) -> dict[str, int]:
        """How many regions have each label, in the order of the labels."""
        return self.items.names("label")

    def item(self, id: str) -> GalleryItem:
        """The item with this id.

        Raises:
            GalleryError: there is none.
        """
        return self.items[self.row(id)]

    def row(self, id: str) -> int:
        """The row of an item in `items`; errors as for `item`."""
        row = self.items.row_of(id)
        if row is None:
            raise GalleryError(f"{self.place}: there is no picture {id!r} in this gallery")
        return row

    def vector(self, id: str) -> np.ndarray:
        """(E,) float32, an item's embedding, unit length up to storage precision; GalleryError if there is no such item."""
        return self._searcher.vectors(np.array([self.row(id)]))[0]

    def vectors(self, ids: Sequence[str] | None = None) -> np.ndarray:
        """(N, E) float32, the embeddings of some items, or of all, in the order of `items`; GalleryError as for `vector`."""
        return self._searcher.vectors(np.arange(len(self)) if ids is None else np.array([self.row(id) for id in ids]))

    def _groups_of(self, ids: Collection[str]) -> set[int]:
        """The groups of some ids; unknown ids are ignored."""
        rows = (self.items.row_of(id) for id in ids)
        return {int(self._groups.of[row]) for row in rows if row is not None}

    def _match(self, rank: int, row: int, score: float) -> Match:
        item = self.items[row]
        others: tuple[str, ...] = ()
        if not self._groups.alone[row]:
            members = self._groups.members(int(self._groups.of[row])).tolist()
            others = tuple(self.items[other].id for other in members if other != row)
        return Match(rank, item.id, str(self.picture(item)), score, item.caption, others)
