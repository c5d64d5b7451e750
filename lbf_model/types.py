"""Frozen records passed between packages: small NumPy data that a page can hold and JSON can express."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Regions:
    """What a detector found in one picture, best first.

    Attributes:
        boxes: (R, 4) float32, xyxy in pixels of the original image.
        scores: (R,) float32 in [0, 1], the detector's confidence.
        labels: R readable names, such as "small gray cube".
        features: (R, F) float32, unnormalised, from the detector's box head.
        image_size: (width, height) of the original image in pixels.
        whole_image: True if nothing was found, and the one region is the whole image instead.
        feature_map: (C, h, w) float16, unnormalised: the backbone's feature map of the whole picture, averaged to a small
            fixed grid; None if the detector does not give one.
        label_scores: (R,) float32 in [0, 1], how likely each label is to be right; None if the detector does not separate
            this from its confidence.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: tuple[str, ...]
    features: np.ndarray
    image_size: tuple[int, int]
    whole_image: bool = False
    feature_map: np.ndarray | None = None
    label_scores: np.ndarray | None = None

    def __post_init__(self):
        count = len(self.labels)
        if self.boxes.shape != (count, 4) or self.scores.shape != (count,) or len(self.features) != count:
            raise ValueError(
                f"boxes {self.boxes.shape}, scores {self.scores.shape}, features {self.features.shape} and "
                f"{count} labels do not describe the same regions"
            )
        if count == 0:
            raise ValueError("at least one region is needed: the whole image where nothing was found")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def boxes_unit(self) -> np.ndarray:
        """(R, 4) float32, xyxy in [0, 1]."""
        width, height = self.image_size
        return (self.boxes / np.array([width, height, width, height])).astype(np.float32)

    def top(self, count: int) -> "Regions":
        """The `count` best regions, or all of them if there are fewer."""
        return self.only(np.arange(min(count, len(self))))

    def with_region(self, other: "Regions") -> "Regions":
        """These regions followed by `other`'s, of the same picture; `whole_image` is False, since something was found."""
        sure = None
        if self.label_scores is not None and other.label_scores is not None:
            sure = np.concatenate([self.label_scores, other.label_scores])
        return Regions(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            self.labels + other.labels,
            np.concatenate([self.features, other.features]),
            self.image_size,
            False,
            self.feature_map,
            sure,
        )

    def only(self, places: np.ndarray) -> "Regions":
        """The regions at these indices, (N,) int; the feature map belongs to the whole picture and stays."""
        return Regions(
            self.boxes[places],
            self.scores[places],
            tuple(self.labels[place] for place in places),
            self.features[places],
            self.image_size,
            self.whole_image,
            self.feature_map,
            None if self.label_scores is None else self.label_scores[places],
        )

    def records(self) -> list[dict]:
        """The regions as JSON, the form a gallery stores: {"box": [x1, y1, x2, y2] in pixels, "score", "label"}."""
        return [
            {"box": [round(float(v), 1) for v in box], "score": round(float(score), 4), "label": label}
            for box, score, label in zip(self.boxes, self.scores, self.labels, strict=True)
        ]

    @classmethod
    def from_records(cls, records: Sequence[dict]) -> Self:
        """Rebuild regions from `records`, without features; the picture is taken to be no larger than its boxes."""
        boxes, scores = (np.array([record[fact] for record in records], np.float32) for fact in ("box", "score"))
        width, height = boxes[:, 2:].max(0).tolist()
        labels = tuple(record["label"] for record in records)
        return cls(boxes, scores, labels, np.zeros((len(labels), 0), np.float32), (round(width), round(height)))


@dataclass(frozen=True)
class Tokens:
    """One tokenised sentence.

    Attributes:
        words: T readable words, as the network sees them.
        values: what the network reads of each word: (T,) int64 into a vocabulary, or (T, W) float32 from a pretrained encoder.
        unknown: words of the sentence that the encoder cannot read; they are left out of `words`.
        corrected: (as typed, as read) for each word taken to be a typo; `words` holds it as read.
    """

    words: tuple[str, ...]
    values: np.ndarray
    unknown: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        if len(self.values) != len(self.words):
            raise ValueError(f"{len(self.words)} words and values {self.values.shape} do not describe the same sentence")


@dataclass(frozen=True)
class Explanation:
    """Attention of one query, as the forward pass returned it.

    Attributes:
        words: the T words of the rows.
        word_to_region: (layers, H, T, R) float32, each row sums to 1: how a word's attention spreads over regions.
        region_to_word: (layers, H, R, T) float32, each row sums to 1: how a region's attention spreads over words. For a
            region that words may not touch (see `SearchResult.pointed_at`), the row is 0, and so is its column of
            `word_to_region`.
        grounded: whether training taught words where to look: in the first layer at what each word fits by itself, in the last
            at what the sentence acts on.
    """

    words: tuple[str, ...]
    word_to_region: np.ndarray
    region_to_word: np.ndarray
    grounded: bool = False


@dataclass(frozen=True)
class Match:
    """One result. `rank` starts at 1; `score` is a cosine in [-1, 1], higher is better; `path` is a file, or "" if unknown.

    `duplicates` lists the ids of other gallery items that show the same picture.
    """

    rank: int
    id: str
    path: str
    score: float
    caption: str
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effects:
    """How one gallery item scores and ranks when the query loses one region, one word, or the words' effect on one region.

    Attributes:
        id: of the item.
        score: its cosine with the whole query.
        rank: its rank for the whole query, from 1.
        region_scores: (R,) float32, its cosine without each region; NaN where the query has no other region that words may
            touch.
        region_ranks: (R,) int64, its rank without each region; 0 where the score is NaN.
        unlinked_scores: (R,) float32, its cosine when each region stays but words may not touch it; NaN as in `region_scores`.
        unlinked_ranks: (R,) int64, its rank then; 0 where the score is NaN.
        word_scores: (T,) float32, its cosine without each word; NaN where the query has no other word, or the encoder
            understands none of the others.
        word_ranks: (T,) int64, its rank without each word; 0 where the score is NaN.
    """

    id: str
    score: float
    rank: int
    region_scores: np.ndarray
    region_ranks: np.ndarray
    unlinked_scores: np.ndarray
    unlinked_ranks: np.ndarray
    word_scores: np.ndarray
    word_ranks: np.ndarray


@dataclass(frozen=True)
class Relevance:
    """How much each part of a query contributes to its cosine with one embedding, estimated from gradients and attention.

    Attributes:
        regions: (R,) float32, 0 or more; sums to 1, or all zero where nothing speaks for that embedding.
        words: (T,) float32, likewise.
        word_to_region: (T, R) float32, how much each region matters through each word; each row sums to 1, or is all zero.
        region_to_word: (R, T) float32, likewise.
    """

    regions: np.ndarray
    words: np.ndarray
    word_to_region: np.ndarray
    region_to_word: np.ndarray


@dataclass(frozen=True)
class Feedback:
    """What a query asks for besides picture and text.

    Attributes:
        more: ids of gallery items that results should be more like.
        less: ids of gallery items that results should be less like.
        but_not: a second text that says what is not wanted; "" if there is none.
    """

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    but_not: str = ""


@dataclass(frozen=True)
class SearchResult:
    """Everything about one answered query; holds no tensor and no model.

    Attributes:
        text: the sentence as typed.
        regions: of the reference image.
        tokens: of the sentence.
        explanation: attention between the two; None where the compositor has none.
        embedding: (E,) float32, unit length: the query in the joint space.
        digest: of the reference's pixels (`vision.pictures.picture_digest`).
        perceptual_hash: (385,) uint8, what the reference looks like (`vision.perceptual_hash`).
        matches: best first.
        left_out: ids of gallery items that are the reference itself, and so are not results.
        timings_ms: milliseconds by stage: "detect", "compose", "search".
        likelihood: how likely the first match is what was asked for, in [0, 1]; None if this was never measured.
        pointed_at: numbers, from 1, of the only regions that words may touch; None if the query pointed at none, so that
            words may touch all of them.
        picture_note: what part of the reference's file was ignored, if a person may miss it; "" if nothing was.
        recall: share of the ten nearest pictures that a search like this finds; None if it compares the query with all
            pictures.
        filters: what the gallery was narrowed to, each as FACET:VALUE.
        feedback: which results to be more or less like, and what is not wanted; None if the query gave no feedback.
    """

    text: str
    regions: Regions
    tokens: Tokens
    explanation: Explanation | None
    embedding: np.ndarray
    digest: str
    perceptual_hash: np.ndarray
    matches: tuple[Match, ...] = ()
    left_out: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    likelihood: float | None = None
    pointed_at: tuple[int, ...] | None = None
    picture_note: str = ""
    recall: float | None = None
    filters: tuple[str, ...] = ()
    feedback: Feedback | None = None

    @property
    def links(self) -> np.ndarray | None:
        """(R,) bool, regions that words may touch; None if the query pointed at none."""
        return None if self.pointed_at is None else np.isin(np.arange(1, len(self.regions) + 1), self.pointed_at)
