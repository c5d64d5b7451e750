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
        digest: names its pixels, whatever file they came from.
    """

    query: Query
    source: str
    thumbnail: str
    digest: str


@dataclass(frozen=True)
class Look:
    """What of one answer a visitor looks at; events that ask nothing change this alone.

    Attributes:
        token: of the answer; for another one a look means nothing.
        chosen: id of the result that is explained.
        focus: as in `Visit`.
    """

    token: str
    chosen: str | None
    focus: tuple[str, int]


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
        turn = Turn(answer.query, source, thumbnail, answer.digest)
        turns = self.remembering(turn).turns
        current = [_asked(t) for t in turns].index(_asked(turn))
        first = answer.result.matches[0].id if answer.result.matches else None
        return Visit(turns, current, answer, target, first, focus)

    def remembering(self, turn: Turn) -> "Visit":
        """The visit with a turn among its own that was asked earlier or elsewhere."""
        if any(_asked(t) == _asked(turn) for t in self.turns):
            return self
        return replace(self, turns=(*self.turns, turn))

    def looking(self, look: Look | None) -> "Visit":
        """The visit with what is looked at in its answer, where `look` is about this answer."""
        if look is None or self.answer is None or look.token != self.answer.token:
            return self
        return replace(self, chosen=look.chosen, focus=look.focus)

    def look(self, chosen: str | None = None, focus: tuple[str, int] | None = None) -> Look:
        """What is looked at now, with another result or another focus."""
        return Look(self.answer.token, chosen or self.chosen, focus or self.focus)

    def link(self) -> str:
        """The query part of the link that restores the visit; "" where no link can."""
        if self.current < 0:
            return ""
        steps = [
            Step("" if t.query.gallery == MINE else t.source, t.query.text, t.query.gallery, t.query.count) for t in self.turns
        ]
        return write_link(steps, self.current)


def _asked(turn: Turn) -> tuple:
    """What makes a query the same, wherever its picture was uploaded to."""
    return turn.digest, turn.query.text, turn.query.gallery, turn.query.count
