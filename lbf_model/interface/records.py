"""Answers as JSON can say them: what the command line prints and the API returns."""

from lbf_model.explain.weights import explain_region, explain_word
from lbf_model.indexing import region_records
from lbf_model.types import SearchResult


def search_record(result: SearchResult) -> dict:
    """A search as JSON can say it: matches, regions, words, timings."""
    return {
        "matches": [
            {
                "rank": m.rank,
                "id": m.id,
                "path": m.path,
                "score": round(m.score, 6),
                "caption": m.caption,
                "duplicates": list(m.duplicates),
            }
            for m in result.matches
        ],
        "regions": region_records(result.regions),
        "words": list(result.tokens.words),
        "unknown_words": list(result.tokens.unknown),
        "corrected_words": dict(result.tokens.corrected),
        "timings_ms": result.timings_ms,
    }


def explanation_record(result: SearchResult, layer: int | None = None, head: int | None = None) -> dict:
    """Attention in both directions; `layer` and `head` count from 0, None is the mean.

    Raises:
        ValueError: no such layer or head.
    """
    words, regions = result.tokens.words, range(len(result.regions))
    return {
        "words": list(words),
        "regions": region_records(result.regions),
        "word_to_region": [explain_word(result.explanation, w, layer, head).round(5).tolist() for w in range(len(words))],
        "region_to_word": [explain_region(result.explanation, r, layer, head).round(5).tolist() for r in regions],
    }
