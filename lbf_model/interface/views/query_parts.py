"""What a query asks for besides picture and text, as buttons that remove it."""

from collections.abc import Sequence

from markupsafe import Markup

from lbf_model.interface.views.filling import fill
from lbf_model.interface.views.pictures import thumbnail
from lbf_model.types import Feedback


def query_parts(feedback: Feedback | None, shown: Sequence[tuple[str, str]]) -> Markup:
    """One button for each picture to be more or less like, and one for what is not wanted; "" if there is none.

    Picks are "more:ID", "less:ID", "not:" and, if there are several, "none:".

    Args:
        feedback: of the query on show.
        shown: (caption, path) of each picture that it names: those to be like, then those to be unlike.
    """
    if feedback is None:
        return Markup()
    named = [("more", id) for id in feedback.more] + [("less", id) for id in feedback.less]
    items = [(*one, caption, thumbnail(path)) for one, (caption, path) in zip(named, shown, strict=True)]
    return fill("parts", items=items, but_not=feedback.but_not)
