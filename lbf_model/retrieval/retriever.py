"""The only path a query takes: picture and sentence in, SearchResult out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, read_config
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.places import GalleryPlace, load_gallery
from lbf_model.precision import usual_dtype
from lbf_model.retrieval.encoder import QueryEncoder, load_encoder
from lbf_model.retrieval.feedback import apply_feedback
from lbf_model.retrieval.odds import READ
from lbf_model.retrieval.pointing import Pointing, PointingError, check_box
from lbf_model.types import Feedback, Regions, SearchResult
from lbf_model.vision.detectors.base import AttributeReader, BoxDescriber, RegionDetector
from lbf_model.vision.detectors.registry import load_detector_of
from lbf_model.vision.perceptual_hash import perceptual_hash
from lbf_model.vision.pictures import picture_digest, picture_note


class Retriever:
    """A detector and the compositor trained on its regions. It keeps no user state: a SearchResult holds the whole answer."""

    def __init__(self, detector: RegionDetector, encoder: QueryEncoder):
        self.detector = detector
        self.encoder = encoder

    @property
    def fingerprint(self) -> str:
        """Identifies the compositor's exact weights."""
        return self.encoder.fingerprint

    def open_gallery(self, place: GalleryPlace) -> Gallery:
        """Load a gallery that this checkpoint indexed; GalleryError if another one did."""
        return load_gallery(place, self.fingerprint, self.detector.fingerprint, _attributes(self.detector))

    def detect_regions(self, pictures: Sequence[Image.Image]) -> list[Regions]:
        """The regions that the detector finds in RGB pictures, at most as many per picture as the compositor reads."""
        return [found.top(self.encoder.config.max_regions) for found in self.detector.detect_regions(pictures)]

    def add_box(self, picture: Image.Image, regions: Regions, box: tuple[int, int, int, int]) -> Regions:
        """Add a box that a user drew, as the last region; if there is no room, it replaces the least confident region.

        Args:
            picture: RGB.
            regions: from `detect_regions`.
            box: xyxy in pixels; any part outside the picture is cut off.

        Raises:
            PointingError: this detector cannot describe a box, or too little of the box is inside the picture.
        """
        if not isinstance(self.detector, BoxDescriber):
            raise PointingError("The detector of this gallery cannot read a box that you draw; point at one of its regions.")
        inside = check_box(np.clip(box, 0, (*picture.size, *picture.size)).tolist())
        described = self.detector.describe_boxes(picture, np.array([inside], np.float32))
        return regions.top(self.encoder.config.max_regions - 1).with_region(described)

    def compose_query(self, picture: Image.Image, text: str, pointing: Pointing | None = None) -> SearchResult:
        """Compose one query without searching a gallery yet: the result of `search` without its matches.

        Args:
            picture: reference image, RGB, from `vision.pictures.load_picture`.
            text: modification text, as typed.
            pointing: regions to change, or to keep; None lets words touch all.

        Raises:
            TextError: the text is empty, too long or has no known word.
            PointingError: it points at a region that does not exist or a box that cannot be described, or leaves no region to
                change; or the compositor has no attention.
        """
        if pointing is not None and not self.encoder.network.attends:
            name = self.encoder.facts.name
            raise PointingError(f"{name} cannot be pointed at regions: it has no attention between words and regions")
        started = time.perf_counter()
        tokens = self.encoder.reader.tokenize_text(text)
        read = time.perf_counter()
        regions = self.detect_regions([picture])[0]
        if pointing is not None and pointing.box is not None:
            found, regions = len(regions), self.add_box(picture, regions, pointing.box)
            if found == len(regions) and found in pointing.numbers:
                raise PointingError(f"There is no room for a box beside region {found}; point at one of the two.")
        detected = time.perf_counter()
        links = None if pointing is None else pointing.links(len(regions))
        embedding, explanation = self.encoder.encode_query(regions, tokens, links)
        composed = time.perf_counter()
        timings = {"detect": _milliseconds(detected - read), "compose": _milliseconds(read - started + composed - detected)}
        identity = picture_digest(picture), perceptual_hash(picture)
        pointed_at = None if links is None else tuple((np.flatnonzero(links) + 1).tolist())
        told = {"timings_ms": timings, "pointed_at": pointed_at, "picture_note": picture_note(picture)}
        return SearchResult(text, regions, tokens, explanation, embedding, *identity, **told)

    def search(
        self,
        picture: Image.Image,
        text: str,
        gallery: Gallery,
        count: int = 10,
        pointing: Pointing | None = None,
        filters: Sequence[str] = (),
        feedback: Feedback | None = None,
    ) -> SearchResult:
        """Answer one composed query. The picture itself is left out, however it was saved, and the answer says so.

        Args:
            picture: reference image, RGB, from `vision.pictures.load_picture`.
            text: modification text, as typed.
            gallery: opened with `open_gallery`.
            count: how many matches; a gallery with fewer other pictures returns all it has.
            pointing: regions to change, or to keep; None lets words touch all.
            filters: narrow the search, as `gallery.facets` reads them.
            feedback: which of the gallery's pictures to be more or less like, and what is not wanted.

        Raises:
            TextError: the text is empty, too long or has no known word.
            PointingError: as for `compose_query`.
            FilterError: a filter names something that the gallery does not have.
            FeedbackError: as for `retrieval.feedback.apply_feedback`.
        """
        *_, result = self.search_steps(picture, text, gallery, count, pointing, filters, feedback)
        return result

    def search_steps(
        self,
        picture: Image.Image,
        text: str,
        gallery: Gallery,
        count: int = 10,
        pointing: Pointing | None = None,
        filters: Sequence[str] = (),
        feedback: Feedback | None = None,
    ) -> Iterator[str | SearchResult]:
        """`search` with progress: yields a sentence before each step, and finally the result."""
        if filters:
            gallery.facets.check(filters)  # report an invalid filter before computing anything
        yield "Finding regions, and what the words ask for"
        query = self.compose_query(picture, text, pointing)
        if feedback is not None:
            query = apply_feedback(self.encoder, gallery, query, feedback)
        yield f"Searching {len(gallery)} pictures"
        started = time.perf_counter()
        left_out = gallery.find_same(query.digest, query.perceptual_hash)
        found = gallery.search(query.embedding, max(count, READ), left_out, filters)
        timings = {**query.timings_ms, "search": _milliseconds(time.perf_counter() - started)}
        # The odds were not measured for queries with feedback, or for part of a gallery.
        odds = None if filters or feedback is not None else self.encoder.odds
        likelihood = odds.likelihood(query.embedding, [match.score for match in found[:READ]]) if odds and found else None
        told = {"left_out": left_out, "likelihood": likelihood, "recall": gallery.facts.recall, "filters": tuple(filters)}
        yield replace(query, matches=found[:count], timings_ms=timings, **told)


def load_retriever(
    folder: Path,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    detector: Path | str | None = None,
) -> Retriever:
    """Rebuild a compositor from its checkpoint folder, together with the detector it was trained with.

    Args:
        folder: of an LBF compositor, such as checkpoints/css-big.
        device: "cpu" or "cuda".
        dtype: what the networks compute in (outputs are float32); None means the device's `usual_dtype`.
        detector: as for `vision.detectors.registry.load_detector`. None looks beside `folder`, under the name in the
            compositor's config.json.

    Raises:
        CheckpointError: a folder is not intact, or the detector is not the one the compositor was trained with.
        ValueError: the weights of a third-party detector are missing, damaged or do not fit.
    """
    folder = Path(folder)
    header = read_config(folder, "compositor")
    if header["compositor"] != "lbf":
        told = f"{folder}: only LBF can be explained, not {header['compositor']!r}"
        raise CheckpointError(f"{told}; use an LBF checkpoint, and index this one with --baseline")
    dtype = dtype or usual_dtype(device)
    encoder = load_encoder(folder, device, dtype)
    if not encoder.network.attends:
        raise CheckpointError(f"{folder}: an LBF with only one stream cannot be explained; use one with both")
    return Retriever(load_detector_of(header, folder, detector, device, dtype), encoder)


def _attributes(detector: RegionDetector) -> dict[str, tuple[str, ...]]:
    """The words that a detector's labels are made of, by attribute; empty if each label is a single name."""
    if not isinstance(detector, AttributeReader):
        return {}
    values = detector.config.attributes
    return {name: tuple(values[name]) for name in detector.config.named or values}


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 2)
