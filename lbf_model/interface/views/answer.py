"""What is above the inspector: examples and suggestions, the status of an answer, its results, the trail of queries."""

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from lbf_model.interface.answers import Answer
from lbf_model.interface.state import Visit
from lbf_model.interface.views.filling import fill
from lbf_model.interface.views.pictures import thumbnail
from lbf_model.tasks.notices import answer_notices
from lbf_model.types import SearchResult


def example_cards(examples: Sequence[tuple[str, str, str]]) -> Markup:
    """Examples, with a heading before each run of one gallery; picks are "example:INDEX".

    Args:
        examples: (data URI of the reference, text, title of the gallery) of each.
    """
    groups = groupby(enumerate(examples), key=lambda numbered: numbered[1][2])
    return fill("examples", galleries=[(title, [(i, uri, text) for i, (uri, text, _) in group]) for title, group in groups])


def suggestion_chips(texts: Sequence[str]) -> Markup:
    """Changes to ask for; picks are "ask:TEXT"."""
    return fill("suggestions", texts=texts)


def status(answer: Answer) -> Markup:
    """What was found, what was left out, and how long that took."""
    timings = answer.result.timings_ms
    stages = ", ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in timings.items())
    said, seconds = " ".join(_status_sentences(answer.result)), sum(timings.values()) / 1000
    return fill("status", said=said, stages=stages, seconds=seconds)


def _status_sentences(result: SearchResult) -> list[str]:
    count = len(result.regions)
    said = [] if result.regions.whole_image else [f"{count} region{'s' if count != 1 else ''} found."]
    if result.left_out:
        said.append("This picture is in the gallery, so it was left out.")
    if result.tokens.corrected:
        said.append(f"Read {', '.join(f'“{typed}” as “{meant}”' for typed, meant in result.tokens.corrected)}.")
    if result.tokens.unknown:
        said.append(f"Not understood, and left out: {', '.join(result.tokens.unknown)}.")
    said += answer_notices(result)
    return said


def results(visit: Visit, explained: bool = False) -> Markup:
    """The results of the answer on show as cards.

    Picks are "next:ID" (the result becomes the next reference), "why:ID", and "more:ID" and "less:ID" (to ask for more or
    less like it). If the file of a result has gone or is broken, its card has no picture.

    Args:
        visit: with an answer.
        explained: whether the panel that explains the chosen result is open.
    """
    return fill(
        "results",
        cards=[(match, thumbnail(match.path)) for match in visit.answer.result.matches],
        target=visit.target,
        chosen=visit.chosen,
        text=visit.answer.query.text,
        feedback=visit.answer.query.feedback,
        explained=explained,
        token=visit.answer.token,
        gallery=visit.answer.query.gallery,
    )


def trail(visit: Visit) -> Markup:
    """The queries so far as steps, "" if there is only one; picks are "turn:INDEX"."""
    return fill("trail", turns=visit.turns, current=visit.current)
