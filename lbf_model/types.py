"""Frozen records that cross room borders: small NumPy data that a page can hold and JSON can say."""

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
        whole_image: True where nothing was found, and the one region is the whole image instead.
        feature_map: (C, h, w) float16, unnormalised: what the detector's body sees of the whole picture, averaged to a small
            fixed grid; None where a detector does not give one.
        label_scores: (R,) float32 in [0, 1], how likely each label is right; None where a detector does not tell that apart
            from its confidence.
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
                f"{count} labels do not speak of the same regions"
            )
        if count == 0:
            raise ValueError("there is at least one region: the whole image where nothing was found")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def boxes_unit(self) -> np.ndarray:
        """(R, 4) float32, xyxy in [0, 1]."""
        width, height = self.image_size
        return (self.boxes / np.array([width, height, width, height])).astype(np.float32)

    def top(self, count: int) -> "Regions":
        """The `count` best regions, fewer where there are fewer."""
        return self.only(np.arange(min(count, len(self))))

    def with_region(self, other: "Regions") -> "Regions":
        """These regions and those of the same picture that `other` has; none of them is the whole image for want of others."""
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
        """The regions at some places (N,) int; the feature map is of the whole picture and stays."""
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
        """As JSON can say them, and a gallery keeps them: {"box": [x1, y1, x2, y2] in pixels, "score", "label"}."""
        return [
            {"box": [round(float(v), 1) for v in box], "score": round(float(score), 4), "label": label}
            for box, score, label in zip(self.boxes, self.scores, self.labels, strict=True)
        ]

    @classmethod
    def from_records(cls, records: Sequence[dict]) -> Self:
        """What `records` told, without features; the picture counts as no larger than its boxes."""
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
        corrected: (as typed, as read) of each word taken for a slip of the pen; `words` holds what was read.
    """

    words: tuple[str, ...]
    values: np.ndarray
    unknown: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        if len(self.values) != len(self.words):
            raise ValueError(f"{len(self.words)} words and values {self.values.shape} do not speak of the same sentence")


@dataclass(frozen=True)
class Explanation:
    """Attention of one query, as the forward pass returned it.

    Attributes:
        words: the T words of the rows.
        word_to_region: (layers, H, T, R) float32, each row sums to 1: how a word spreads over regions.
        region_to_word: (layers, H, R, T) float32, each row sums to 1: how a region spreads over words. Of a region that words
            may not touch (see `SearchResult.pointed_at`), the row is 0, and so is its column of `word_to_region`.
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

    `duplicates` holds the ids of other gallery items that show the same picture.
    """

    rank: int
    id: str
    path: str
    score: float
    caption: str
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effects:
    """What a query without one region, without one word, or without what the words say of one region is to one gallery item.

    Attributes:
        id: of the item.
        score: its cosine with the whole query.
        rank: its rank for the whole query, from 1.
        region_scores: (R,) float32, its cosine without each region; NaN where the query has no other region that words may
            touch.
        region_ranks: (R,) int64, its rank without each region; 0 likewise.
        unlinked_scores: (R,) float32, its cosine when words may not touch a region that is still there; NaN likewise.
        unlinked_ranks: (R,) int64, its rank then; 0 likewise.
        word_scores: (T,) float32, its cosine without each word; NaN where the query has no other word.
        word_ranks: (T,) int64, its rank without each word; 0 where the query has no other word.
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
    """How much each part of a query has to do with its cosine with one embedding, estimated from gradients and attention.

    Attributes:
        regions: (R,) float32, 0 or more; sums to 1, or all zero where nothing speaks for that embedding.
        words: (T,) float32, likewise.
        word_to_region: (T, R) float32, how much each region matters by way of each word; each row sums to 1, or is all zero.
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
        more: ids of gallery items that results are to be more like.
        less: ids of those that they are to be less like.
        but_not: a second text, which says what is not wanted; "" where nothing.
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
        digest: names the reference's pixels (`vision.pictures.picture_digest`).
        perceptual_hash: (385,) uint8, what it looks like (`vision.perceptual_hash`).
        matches: best first.
        left_out: ids of the gallery's items that are the reference itself, and so do not answer.
        timings_ms: milliseconds by stage: "detect", "compose", "search".
        likelihood: how likely the first match is what was asked for, in [0, 1]; None where nobody measured that.
        pointed_at: numbers, from 1, of the only regions that words may touch; None where the query pointed at none, so that
            words may touch all.
        picture_note: what of the reference's file was ignored that a person may miss; "" where nothing was.
        recall: share of the ten nearest pictures that such a search finds; None where it compares the query with all.
        filters: what the gallery was narrowed to, each as FACET:VALUE.
        feedback: which results to be more or less like, and what is not wanted; None where the query said nothing of it.
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
        """(R,) bool, regions that words may touch; None where the query pointed at none."""
        return None if self.pointed_at is None else np.isin(np.arange(1, len(self.regions) + 1), self.pointed_at)
