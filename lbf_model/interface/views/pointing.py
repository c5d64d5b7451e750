"""The regions of the picture on show as buttons, to point at those that the next search is to change."""

from collections.abc import Sequence

from markupsafe import Markup

from lbf_model.interface.service import Answer
from lbf_model.interface.views.filling import fill
from lbf_model.retrieval.pointing import name_regions


def region_chips(answer: Answer, numbers: Sequence[int]) -> Markup:
    """One button a region, pressed where it is pointed at, and a line that says what will change.

    Picks are "point:INDEX" and, where something is pointed at, "point:all". A picture of one region has no buttons: there is
    nothing to choose.

    Args:
        answer: on show.
        numbers: of the regions pointed at, from 1.
    """
    labels = answer.result.regions.labels
    if len(labels) < 2:
        return Markup()
    said = f"Only {name_regions(numbers)} will change." if numbers else ""
    return fill("pointing", labels=labels, numbers=numbers, said=said)
