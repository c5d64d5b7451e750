"""Suggested changes to a picture, from what was detected in it; the page's only way to every benchmark's suggestions."""

from collections import Counter

from lbf_model.gallery.gallery import Gallery
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.types import Regions


def suggest_changes(regions: Regions, gallery: Gallery, count: int = 4) -> tuple[str, ...]:
    """Modification texts for a picture.

    Args:
        regions: of the picture. The first benchmark that knows their labels suggests; labels that none knows suggest nothing.
        gallery: the one to search; what none of its regions is called is not suggested.
        count: how many at most.

    Returns:
        Texts, the most promising first; the same for the same picture and gallery.
    """
    held = Counter(gallery.labels())
    for benchmark in BENCHMARKS.values():
        if benchmark.suggest_changes and (texts := tuple(benchmark.suggest_changes(regions, held))):
            return texts[:count]
    return ()
