"""What visitors should know about a text before they trust its answer."""

from collections.abc import Sequence

from lbf_model.tasks.registry import BENCHMARKS


def text_notices(words: Sequence[str]) -> tuple[str, ...]:
    """Sentences about the words of a text, as they were read; each once."""
    found = (b.find_contradiction(words) for b in BENCHMARKS.values() if b.find_contradiction)
    return tuple(dict.fromkeys(notice for notice in found if notice))
