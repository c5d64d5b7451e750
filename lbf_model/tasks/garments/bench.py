"""A compositor on the garment benchmark, with everything that its queries need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lbf_model.compositors.base import Compositor
from lbf_model.tasks.garments.embeddings import embed_queries
from lbf_model.tasks.garments.regions import UNKNOWN, Picture, ShownGarment
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import TextError
from lbf_model.training.region_store import RegionTable


@dataclass(frozen=True)
class Pairs:
    """Photographs to paste side by side, and what to ask about them.

    Attributes:
        gallery: (4 Q, 2) int64, left and right photograph. Of each four the first is the reference; in the others the left, the
            right or both garments are replaced by others of the same category in the asked colour.
        sides: (Q,) int64, 0 if the left one is to change, 1 if the right one is.
        colors: (Q,) int64, the asked colour.
    """

    gallery: np.ndarray
    sides: np.ndarray
    colors: np.ndarray


@dataclass(frozen=True)
class Bench:
    """A compositor with everything its queries need.

    Attributes:
        model: the compositor.
        words: its text encoder.
        table: regions of photographs, then of drawings.
        facts: (N, 6) int64 of all these pictures.
        second: (N,) int64, another colour that people may see in a picture, or UNKNOWN.
        photographs: how many of them are photographs.
        pairs: photographs side by side; None if nothing asks about such pairs.
        pair_table: regions of these; likewise.
    """

    model: Compositor
    words: MiniLm
    table: RegionTable
    facts: np.ndarray
    second: np.ndarray
    photographs: int
    pairs: Pairs | None = None
    pair_table: RegionTable | None = None

    def shown(self, number: int) -> ShownGarment:
        """One garment alone in its picture."""
        return ShownGarment(self.facts[number], self.table.rows(number), picture=number)

    def find(
        self,
        references: Sequence[Picture],
        sentences: Sequence[str],
        gallery: np.ndarray,
        table: RegionTable | None = None,
        links: Sequence[np.ndarray] | None = None,
    ) -> np.ndarray:
        """(Q, G) cosines of queries with gallery embeddings; -inf for a sentence that is refused, since it has no answer.

        Args:
            references: Q pictures.
            sentences: Q of them.
            gallery: (G, E) float32, unit length.
            table: of the references' regions; None takes the bench's own.
            links: Q of (R,) bool, regions that words may touch; None if they may touch all.
        """
        queries, read = self.compose(references, sentences, table, links)
        scores = queries @ gallery.T
        scores[~read] = -np.inf
        return scores

    def compose(
        self,
        references: Sequence[Picture],
        sentences: Sequence[str],
        table: RegionTable | None = None,
        links: Sequence[np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embeddings (Q, E) float32 of queries, unit length, and which sentences were read, (Q,) bool; zeros for the others.

        The arguments are those of `find`.
        """
        values = self._read(sorted(set(sentences)))
        read = np.array([values[sentence] is not None for sentence in sentences])
        asked = np.flatnonzero(read).tolist()
        links = None if links is None else [links[row] for row in asked]
        given = [references[row] for row in asked], [values[sentences[row]] for row in asked]
        embedded = embed_queries(self.model, table or self.table, *given, links)
        queries = np.zeros((len(sentences), embedded.shape[1]), np.float32)
        queries[asked] = embedded
        return queries, read

    def _read(self, texts: Sequence[str]) -> dict[str, np.ndarray | None]:
        """Features of the words of each text; None if it is refused."""
        try:
            return {text: tokens.values for text, tokens in zip(texts, self.words.tokenize_texts(texts), strict=True)}
        except TextError:
            if len(texts) == 1:
                return dict.fromkeys(texts)
            return self._read(texts[: len(texts) // 2]) | self._read(texts[len(texts) // 2 :])

    def scores(self, own: np.ndarray, sentences: Sequence[str], gallery: np.ndarray) -> np.ndarray:
        """(Q, G) cosines of queries on single garments; a reference never answers its own query."""
        found = self.find([(self.shown(i),) for i in own], sentences, gallery)
        found[np.arange(len(own)), own] = -np.inf
        return found

    def first_facts(self, scores: np.ndarray) -> np.ndarray:
        """(Q, 6) int64, of each query's first result; UNKNOWN if its sentence was refused: nothing came first."""
        first = self.facts[scores.argmax(1)]
        first[np.isneginf(scores.max(1))] = UNKNOWN
        return first
