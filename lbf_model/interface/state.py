"""What a page keeps of one visitor: the queries so far, the answer that is shown, and what in it is looked at."""

from dataclasses import dataclass, replace

from lbf_model.interface.links import Link, Step, write_link
from lbf_model.interface.service import MINE, Answer, Query


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
        turn = Turn(answer.query, source, thumbnail, answer.result.digest)
        turns = self.remembering(turn).turns
        current = [_asked(t) for t in turns].index(_asked(turn))
        visit = Visit(turns, current, answer, target, None, focus)
        return replace(visit, chosen=visit.first)

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

    def link(self, closer: str, view: tuple) -> str:
        """The query part of the link that restores the visit; "" where no link can.

        Args:
            closer: what is looked at below the answer.
            view: method, layer, head, style and contrast.
        """
        if self.current < 0:
            return ""
        steps = [_step(turn) for turn in self.turns]
        method, layer, head, style, contrast = view
        look = {
            "result": "" if self.chosen == self.first else self.chosen or "", "focus": f"{self.focus[0]}:{self.focus[1]}",
            "map": method, "layer": layer, "head": head, "drawn": style, "contrast": "1" if contrast else "", "closer": closer,
        }  # fmt: skip
        return write_link(Link(tuple(steps), self.current, look))

    @property
    def first(self) -> str | None:
        """Id of the first result, None where there is none."""
        return self.answer.result.matches[0].id if self.answer and self.answer.result.matches else None


def _step(turn: Turn) -> Step:
    query = turn.query
    return Step("" if query.gallery == MINE else turn.source, query.text, query.gallery, query.count)


def _asked(turn: Turn) -> tuple:
    """What makes a query the same, wherever its picture was uploaded to."""
    return turn.digest, turn.query.text, turn.query.gallery, turn.query.count
