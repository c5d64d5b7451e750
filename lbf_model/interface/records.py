"""Answers as JSON: what the command line prints and the API returns."""

from typing_extensions import TypedDict  # pydantic, which describes these for the API, needs this one before Python 3.12

from lbf_model.explain.attention import region_maps, word_maps
from lbf_model.tasks.notices import answer_notices
from lbf_model.types import Feedback, Match, SearchResult


class RegionRecord(TypedDict):
    """A region: box x1, y1, x2, y2 in pixels of the upright picture, at most 2048 on its long side; score in [0, 1]."""

    box: list[float]
    score: float
    label: str


class MatchRecord(TypedDict):
    """A result: rank from 1, cosine in [-1, 1]; `duplicates` are ids of items that are the same picture.

    `picture` is where the picture can be fetched, to be appended to the address of the server."""

    rank: int
    id: str
    score: float
    caption: str
    duplicates: list[str]
    picture: str


class FeedbackRecord(TypedDict):
    """What a query asked for besides picture and text: ids of pictures to be more or less like, and what is not wanted."""

    more: list[str]
    less: list[str]
    but_not: str


class SearchRecord(TypedDict):
    """An answered query; `item` is the id of the reference picture if the gallery holds it; it is left out of the matches.

    `notices` are sentences about the answer, such as that its text refuses what it asks for, or that perhaps nothing fits;
    `likelihood`, in [0, 1], is how likely the first result is what was asked for, null where nobody measured that.
    `pointed_at` are the numbers, from 1 in the order of `regions`, of the only regions that words could touch, null where the
    query pointed at none. `recall` is the share of the ten nearest pictures that an approximate search finds, null where the
    search is exact; `filters` are what the gallery was narrowed to. `feedback` is null where the query gave none."""

    matches: list[MatchRecord]
    regions: list[RegionRecord]
    words: list[str]
    unknown_words: list[str]
    corrected_words: dict[str, str]
    notices: list[str]
    likelihood: float | None
    pointed_at: list[int] | None
    recall: float | None
    filters: list[str]
    feedback: FeedbackRecord | None
    item: str | None
    timings_ms: dict[str, float]


class ExplanationRecord(TypedDict):
    """Attention: one row for each word, over the regions, and one for each region, over the words; each sums to 1.

    A region that words could not touch has a row of zeros."""

    words: list[str]
    regions: list[RegionRecord]
    word_to_region: list[list[float]]
    region_to_word: list[list[float]]


class GalleryRecord(TypedDict):
    """A gallery on offer: `name` is what /search takes; fingerprints of the checkpoint and the detector that made it.

    `recall` is the share of the ten nearest pictures that its approximate search finds, null where the search is exact.
    `facets` are the values that a search can be narrowed to, by name: "FACET:VALUE" is a filter."""

    name: str
    title: str
    pictures: int
    recall: float | None
    checkpoint: str
    detector: str
    facets: dict[str, list[str]]
    compared: list[str]


def match_record(match: Match, picture: str) -> MatchRecord:
    """A result; `picture` is where a client finds it, "" if its file has gone since it was indexed."""
    return {
        "rank": match.rank,
        "id": match.id,
        "score": round(match.score, 6),
        "caption": match.caption,
        "duplicates": list(match.duplicates),
        "picture": picture,
    }


def search_record(result: SearchResult, pictures: list[str]) -> SearchRecord:
    """A search: matches, regions, words, timings.

    Args:
        result: the answer.
        pictures: where a client finds the picture of each match.
    """
    return {
        "matches": [match_record(m, p) for m, p in zip(result.matches, pictures, strict=True)],
        "regions": result.regions.records(),
        "words": list(result.tokens.words),
        "unknown_words": list(result.tokens.unknown),
        "corrected_words": dict(result.tokens.corrected),
        "notices": list(answer_notices(result)),
        "likelihood": None if result.likelihood is None else round(result.likelihood, 3),
        "pointed_at": None if result.pointed_at is None else list(result.pointed_at),
        "recall": result.recall,
        "filters": list(result.filters),
        "feedback": None if result.feedback is None else feedback_record(result.feedback),
        "item": result.left_out[0] if result.left_out else None,
        "timings_ms": result.timings_ms,
    }


def feedback_record(feedback: Feedback) -> FeedbackRecord:
    """What a query asked for besides picture and text."""
    return {"more": list(feedback.more), "less": list(feedback.less), "but_not": feedback.but_not}


def explanation_record(result: SearchResult, layer: int | None = None, head: int | None = None) -> ExplanationRecord:
    """Attention in both directions; `layer` and `head` count from 0, None is the mean.

    Raises:
        ValueError: no such layer or head.
    """
    return {
        "words": list(result.tokens.words),
        "regions": result.regions.records(),
        "word_to_region": word_maps(result.explanation, layer, head).round(5).tolist(),
        "region_to_word": region_maps(result.explanation, layer, head).round(5).tolist(),
    }
