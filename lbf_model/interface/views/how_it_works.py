"""How an answer came about, in four steps, with this query's own regions and words."""

from markupsafe import Markup

from lbf_model.explain.attention import word_maps
from lbf_model.explain.drawing import draw_heat, draw_regions
from lbf_model.interface.state import Visit
from lbf_model.interface.views.filling import fill
from lbf_model.interface.views.pictures import data_uri, thumbnail

_SIDE = 240  # pixels
_NAMED = 4  # at most this many labels are listed


def how_it_works(visit: Visit) -> Markup:
    """The steps from picture and words to the first result of a visit with an answer.

    The map is of the word in focus, or of the first word if a region is in focus.
    """
    answer, focus = visit.answer, visit.focus
    result, picture = answer.result, answer.picture
    index = focus.index if focus.kind == "word" else 0
    labels = [f"“{label}”" for label in dict.fromkeys(result.regions.labels)]
    first = result.matches[0] if result.matches else None
    return fill(
        "how_it_works",
        regions=data_uri(draw_regions(picture, result.regions, long_side=_SIDE)),
        count=len(result.regions),
        labels=", ".join(labels[:_NAMED]) + (" and more" if len(labels) > _NAMED else ""),
        words=result.tokens.words,
        word=result.tokens.words[index],
        map=data_uri(draw_heat(picture, result.regions, word_maps(result.explanation)[index], long_side=_SIDE)),
        result=thumbnail(first.path) if first else "",
        caption=first.caption if first else "",
    )
