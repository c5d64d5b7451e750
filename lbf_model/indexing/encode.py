"""Pictures -> regions and embeddings, by workers or by a GPU."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever


@dataclass(frozen=True)
class EncodedPicture:
    """What the models make of one picture.

    Attributes:
        regions: as JSON can say them, see `Regions.records`.
        vectors: (E,) float32 by fingerprint of the compositor.
    """

    regions: tuple[dict, ...]
    vectors: dict[str, np.ndarray]


class PictureEncoder:
    """Detect and encode: on a CPU each picture alone, in the threads of a pool; on a GPU as many as are given together.

    On a CPU the last bits of a picture's embedding depend on what else is in its batch, and which pictures those are differs
    after an interruption. On a GPU they may differ by rounding.
    """

    def __init__(self, retriever: Retriever, compared: Sequence[QueryEncoder], pool: Executor):
        self._retriever, self._encoders, self._pool = retriever, (retriever.encoder, *compared), pool
        self._alone = retriever.encoder.device.type == "cpu"

    def begin(self, pictures: dict[str, Image.Image]) -> dict[str, Future]:
        """Start to encode RGB pictures by digest; the results are each an `EncodedPicture`."""
        if self._alone:
            return {digest: self._pool.submit(self._encode_one, picture) for digest, picture in pictures.items()}
        begun: dict[str, Future] = {digest: Future() for digest in pictures}
        for future, encoded in zip(begun.values(), self._encode([*pictures.values()]) if pictures else (), strict=True):
            future.set_result(encoded)
        return begun

    def _encode_one(self, picture: Image.Image) -> EncodedPicture:
        return self._encode([picture])[0]

    def _encode(self, pictures: list[Image.Image]) -> list[EncodedPicture]:
        regions = self._retriever.detect_regions(pictures)
        made = {encoder.fingerprint: encoder.encode_targets(regions) for encoder in self._encoders}
        return [
            EncodedPicture(tuple(one.records()), {name: vectors[row] for name, vectors in made.items()})
            for row, one in enumerate(regions)
        ]
