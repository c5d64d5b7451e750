"""The regions of the picture on show as buttons, to choose what the next search changes, and a box to draw."""

from markupsafe import Markup

from lbf_model.interface.answers import Answer
from lbf_model.interface.state import Pointed
from lbf_model.interface.views.filling import fill
from lbf_model.retrieval.pointing import tell_regions


def region_chips(answer: Answer, pointed: Pointed) -> Markup:
    """One button per region, pressed if it is pointed at, a button to draw a box, and a line that says what will change.

    Picks are "point:INDEX", "point:box" (remove the drawn box), "box:LEFT,TOP,RIGHT,BOTTOM" in thousandths of the picture and,
    if something is pointed at, "point:all". A picture of one region has no button for it: there is nothing to choose.

    Args:
        answer: on show.
        pointed: what is pointed at in it.
    """
    regions = answer.result.regions
    labels = regions.labels if len(regions) > 1 else ()
    said = tell_regions(pointed.numbers, pointed.box is not None)
    box = "" if pointed.box is None else ",".join(map(str, in_thousandths(pointed.box, regions.image_size)))
    said = f"Only {said} will change." if said else ""
    return fill("pointing", labels=labels, numbers=pointed.numbers, said=said, box=box)


def in_thousandths(box: tuple[int, ...], size: tuple[int, int]) -> list[int]:
    """A box in pixels, xyxy, in thousandths of a picture's (width, height)."""
    return [round(1000 * edge / side) for edge, side in zip(box, (*size, *size), strict=True)]
