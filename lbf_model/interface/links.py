"""The state of a page as a link: which queries were asked, of pictures that the server has itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

_LONGEST = 20  # steps a link restores


class LinkError(ValueError):
    """A link cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """A query that a link can hold.

    Attributes:
        picture: "example:FILE" or "GALLERY:ID"; "" where a visitor brought the picture or the gallery, which no link can name.
        text: modification text.
        gallery: name of the gallery searched.
        count: how many results.
    """

    picture: str
    text: str
    gallery: str
    count: int


def write_link(steps: Sequence[Step], current: int) -> str:
    """The query part of a link that restores `steps`, the current one last; "" where its picture cannot be named.

    Steps without a picture are left out.
    """
    now = steps[current]
    if not now.picture:
        return ""
    before = [asdict(step) for place, step in enumerate(steps) if place != current and step.picture][-_LONGEST:]
    return urlencode({**asdict(now), **({"before": json.dumps([list(s.values()) for s in before])} if before else {})})


def read_link(parameters: Mapping[str, str], galleries: Sequence[str]) -> list[Step]:
    """The steps of a link, the current one last; empty where it holds none.

    Args:
        parameters: of the address.
        galleries: names of those on offer; the first is taken where none is named.

    Raises:
        LinkError: the link was cut off or altered.
    """
    if not parameters.get("picture"):
        return []
    try:
        before = [Step(*map(str, s[:3]), int(s[3])) for s in json.loads(parameters.get("before", "[]"))][-_LONGEST:]
        count = int(parameters.get("count", 8))
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, RecursionError):
        raise LinkError("This link is cut off or was altered; ask again.") from None
    now = Step(parameters["picture"], parameters.get("text", ""), parameters.get("gallery", galleries[0]), count)
    return [*before, now]
