"""The state of a page as a link: the queries asked, if the server itself has their pictures, and what is looked at."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from lbf_model.interface.answers import DEFAULT_RESULTS

_OPTIONAL = ("regions", "feedback")  # of a step
_LONGEST = 20  # steps that a link restores besides the current one
# What is looked at on a new page, by the names in links; a link holds only what differs. Old links must still work, so the
# names stay, whatever the page calls these things now.
DEFAULTS = {
    "result": "", "focus": "", "map": "attention", "layer": "auto", "head": "mean", "drawn": "boxes", "contrast": "",
    "closer": "maps",
}  # fmt: skip


class LinkError(ValueError):
    """A link cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """A query that a link can hold.

    Attributes:
        picture: "example:FILE" or "GALLERY:ID"; "" if the picture or the gallery is a visitor's own, which no link can name.
        text: modification text.
        gallery: name of the gallery searched.
        count: how many results.
        regions: what it points at, as `str(Pointing)` writes it: "2,3" or "keep 1"; "" for nothing.
        feedback: what else it asks for, as `write_feedback` writes it; "" for nothing.
        filters: what the gallery is narrowed to, each as FACET:VALUE.
    """

    picture: str
    text: str
    gallery: str
    count: int
    regions: str = ""
    feedback: str = ""
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """What a link restores.

    Attributes:
        steps: in the order they were asked.
        current: index of the one that is shown.
        look: what differs from DEFAULTS, by the names there.
    """

    steps: tuple[Step, ...]
    current: int
    look: Mapping[str, str] = field(default_factory=dict)


def write_link(link: Link) -> str:
    """The query part of an address; "" if the current picture cannot be named.

    Steps without a picture are left out.
    """
    now = link.steps[link.current]
    if not now.picture:
        return ""
    steps = [(index, step) for index, step in enumerate(link.steps) if step.picture and index != link.current]
    others = [(index, _plain(step)) for index, step in steps][-_LONGEST:]
    earlier = sum(index < link.current for index, _ in others)
    look = {name: value for name, value in link.look.items() if value != DEFAULTS[name]}
    kept = {"steps": json.dumps([plain for _, plain in others]), "at": earlier} if others else {}
    fields = {"picture": now.picture, "text": now.text, "gallery": now.gallery, "count": now.count}
    fields |= {name: value for name in _OPTIONAL if (value := getattr(now, name))}
    fields |= {"only": json.dumps(now.filters)} if now.filters else {}
    return urlencode({**fields, **look, **kept})


def read_link(parameters: Mapping[str, str], galleries: Sequence[str]) -> Link:
    """Read an address that names a picture.

    Args:
        parameters: of the address.
        galleries: names of the galleries that are offered; the first is used if the link names none.

    Raises:
        LinkError: the link was cut off or altered.
    """
    try:
        steps = [_step(*plain) for plain in json.loads(parameters.get("steps", "[]"))][-_LONGEST:]
        current = min(max(int(parameters.get("at", 0)), 0), len(steps))
        count = int(parameters.get("count", DEFAULT_RESULTS))
        only = _filters(json.loads(parameters.get("only", "[]")))
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, RecursionError):
        raise LinkError("This link was cut off or altered; search again.") from None
    given = parameters["picture"], parameters.get("text", ""), parameters.get("gallery", galleries[0])
    now = Step(*given, count, *(parameters.get(name, "") for name in _OPTIONAL), only)
    steps.insert(current, now)
    return Link(tuple(steps), current, {name: str(parameters[name]) for name in DEFAULTS if name in parameters})


def _plain(step: Step) -> list:
    """A step as JSON; optional parts at the end are dropped if empty, as in links from before these parts existed."""
    plain = [step.picture, step.text, step.gallery, step.count, step.regions, step.feedback, list(step.filters)]
    while not plain[-1] and plain[-1] != 0:
        plain.pop()
    return plain


def _step(
    picture: str, text: str, gallery: str, count: int, regions: str = "", feedback: str = "", filters: Sequence[str] = ()
) -> Step:
    return Step(str(picture), str(text), str(gallery), int(count), str(regions), str(feedback), _filters(filters))


def _filters(given: object) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(filter, str) for filter in given):
        raise ValueError(f"filters {given!r}")
    return tuple(given)
