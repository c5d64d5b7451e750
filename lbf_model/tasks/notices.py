"""What visitors should know about an answer before they trust it."""

from collections.abc import Sequence

from lbf_model.retrieval.odds import DOUBTFUL
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.types import SearchResult


def answer_notices(result: SearchResult) -> tuple[str, ...]:
    """Sentences about an answer, each once: what its text contradicts, and whether anything fits at all."""
    return (*contradictions(result.tokens.words), *_doubts(result))


def contradictions(words: Sequence[str]) -> tuple[str, ...]:
    """What the words of a text both ask for and refuse, a sentence each."""
    found = (b.find_contradiction(words) for b in BENCHMARKS.values() if b.find_contradiction)
    return tuple(dict.fromkeys(notice for notice in found if notice))


def _doubts(result: SearchResult) -> tuple[str, ...]:
    if result.likelihood is None or result.likelihood >= DOUBTFUL:
        return ()
    often = "hardly ever" if result.likelihood < 0.05 else f"in about {max(1, round(10 * result.likelihood))} of 10 cases"
    return (f"Perhaps nothing here fits: the first result of an answer like this one is right {often}.",)
