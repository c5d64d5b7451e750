"""Pictures -> regions and embeddings, on workers or on a GPU."""

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
        regions: as JSON records, see `Regions.records`.
        vectors: (E,) float32, by the compositor's fingerprint.
    """

    regions: tuple[dict, ...]
    vectors: dict[str, np.ndarray]


class PictureEncoder:
    """Detect and encode: on a CPU each picture alone, in the threads of a pool; on a GPU all given pictures as one batch.

    On a CPU, the last bits of a picture's embedding would depend on what else is in its batch, which changes after an
    interruption; so there each picture is encoded alone. On a GPU, embeddings may differ by rounding.
    """

    def __init__(self, retriever: Retriever, compared: Sequence[QueryEncoder], pool: Executor):
        self._retriever, self._encoders, self._pool = retriever, (retriever.encoder, *compared), pool
        self._alone = retriever.encoder.device.type == "cpu"

    def begin(self, pictures: dict[str, Image.Image]) -> dict[str, Future]:
        """Start encoding RGB pictures, given by digest; each result is an `EncodedPicture`."""
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
