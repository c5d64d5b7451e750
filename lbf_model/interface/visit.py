"""What a page keeps of one visitor: the queries so far, the answer that is shown, and what in it is looked at."""

from dataclasses import dataclass, replace

from lbf_model.interface.engine import MINE, Answer, Query
from lbf_model.interface.links import Step, write_link


@dataclass(frozen=True)
class Turn:
    """A query that was asked, and how to show and name it.

    Attributes:
        query: what was asked.
        source: "example:FILE" or "GALLERY:ID" where the server has the picture itself, else "".
        thumbnail: data URI of the reference.
    """

    query: Query
    source: str
    thumbnail: str


@dataclass(frozen=True)
class Visit:
    """One visitor's state; every event makes a new one of it.

    Attributes:
        turns: every query so far, once each.
        current: place of the one that is shown, -1 before the first.
        answer: to it.
        target: id of the item that is known to be the right answer, if there is one.
        chosen: id of the result that is explained; the first one until another is chosen.
        focus: ("word", place) or ("region", place), whose map is shown.
    """

    turns: tuple[Turn, ...] = ()
    current: int = -1
    answer: Answer | None = None
    target: str | None = None
    chosen: str | None = None
    focus: tuple[str, int] = ("word", 0)

    def asked(self, answer: Answer, source: str, thumbnail: str, target: str | None, focus: tuple[str, int]) -> "Visit":
        """The visit after another query, or after returning to one."""
        turns = self.remembering(answer.query, source, thumbnail).turns
        current = [turn.query for turn in turns].index(answer.query)
        first = answer.result.matches[0].id if answer.result.matches else None
        return Visit(turns, current, answer, target, first, focus)

    def remembering(self, query: Query, source: str, thumbnail: str) -> "Visit":
        """The visit with a query among its turns, which was asked earlier or elsewhere."""
        if any(turn.query == query for turn in self.turns):
            return self
        return replace(self, turns=(*self.turns, Turn(query, source, thumbnail)))

    def explaining(self, id: str) -> "Visit":
        """The visit when another result is chosen."""
        return replace(self, chosen=id)

    def link(self) -> str:
        """The query part of the link that restores the visit; "" where no link can."""
        if self.current < 0:
            return ""
        steps = [
            Step("" if t.query.gallery == MINE else t.source, t.query.text, t.query.gallery, t.query.count) for t in self.turns
        ]
        return write_link(steps, self.current)
