"""What visitors should know about an answer before they trust it."""

from collections.abc import Iterator, Sequence

from lbf_model.retrieval.feedback import tell_feedback
from lbf_model.retrieval.odds import DOUBTFUL
from lbf_model.retrieval.pointing import name_regions
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.types import SearchResult


def answer_notices(result: SearchResult) -> tuple[str, ...]:
    """Sentences about an answer, each once.

    They say whether regions and results were found, what in the picture's file was ignored, what was pointed at, what else was
    asked for, what the text contradicts, whether anything fits, and whether the search may have missed something.
    """
    picture = f"About your picture: {result.picture_note}." if result.picture_note else ""
    moved = f"Also asked for: {tell_feedback(result.feedback)}." if result.feedback else ""
    told = [sentence for sentence in (*_lacking(result), picture, tell_pointing(result), moved) if sentence]
    return (*told, *contradictions(result.tokens.words), *_doubts(result), *_approximation(result))


def _lacking(result: SearchResult) -> Iterator[str]:
    """What a picture or a gallery did not have."""
    if result.regions.whole_image:
        yield "The model found no garment or object that it knows, so it searched by the whole picture."
    if not result.matches:
        what = "Nothing else in the gallery fits the filters" if result.filters else "The gallery holds nothing else"
        yield f"{what}, so there is no result."


def contradictions(words: Sequence[str]) -> tuple[str, ...]:
    """What the words of a text both ask for and refuse, one sentence each."""
    found = (b.find_contradiction(words) for b in BENCHMARKS.values() if b.find_contradiction)
    return tuple(dict.fromkeys(notice for notice in found if notice))


def tell_pointing(result: SearchResult) -> str:
    """Which regions alone were to change, in a sentence; "" if the query pointed at none."""
    if result.pointed_at is None:
        return ""
    labels = result.regions.labels
    kept = [number for number in range(1, len(labels) + 1) if number not in result.pointed_at]
    if not kept:
        return "All regions were to change."
    if len(kept) < len(result.pointed_at):  # of two lists, give the shorter one
        return f"All but {name_regions(kept, labels)} were to change."
    return f"Only {name_regions(result.pointed_at, labels)} {'was' if len(result.pointed_at) == 1 else 'were'} to change."


def _doubts(result: SearchResult) -> tuple[str, ...]:
    if result.likelihood is None or result.likelihood >= DOUBTFUL:
        return ()
    tenths = max(1, round(10 * result.likelihood))
    right = "hardly ever right" if result.likelihood < 0.05 else f"right in about {tenths} of 10 cases"
    return (f"Perhaps nothing here fits: the first result of an answer like this one is {right}.",)


def _approximation(result: SearchResult) -> tuple[str, ...]:
    if result.recall is None:
        return ()
    missed = 100 - 100 * result.recall
    often = "fewer than 1" if missed < 1 else f"about {missed:.0f}"
    return (f"The search is approximate, recall {result.recall:.2f}: of 100 pictures that belong here, it misses {often}.",)
