"""What a page remembers about one visitor: the queries so far, the answer on show, what is looked at in it, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from lbf_model.explain.attention import telling_layer
from lbf_model.explain.drawing import STYLES
from lbf_model.interface.answers import MINE, Answer, Query
from lbf_model.interface.attention_choice import AUTO, MEAN, choices
from lbf_model.interface.links import DEFAULTS, Link, Step, write_link
from lbf_model.interface.map_methods import ATTENTION, MAP_METHODS, MapMethod, offered_methods
from lbf_model.retrieval.feedback import tell_feedback, write_feedback
from lbf_model.retrieval.pointing import Pointing
from lbf_model.types import SearchResult

# What can be shown below an answer: the title of each panel by its name.
DETAIL_PANELS = {
    "maps": "All words",
    "why": "Why this result?",
    "mattered": "What mattered",
    "landscape": "Where it lies",
    "compare": "Compare",
}


@dataclass(frozen=True)
class View:
    """How an answer is shown: the controls beside the picture, and the panel below them.

    Attributes:
        method: what a map shows, a name in MAP_METHODS.
        layer: of attention: AUTO, MEAN or a number from 1.
        head: of attention: MEAN or a number from 1.
        style: how a map is drawn, one of `drawing.STYLES`.
        contrast: show how a word's map differs from the mean over all words.
        detail_panel: one of DETAIL_PANELS.
    """

    method: str = ATTENTION.name
    layer: str = AUTO
    head: str = MEAN
    style: str = STYLES[0]
    contrast: bool = False
    detail_panel: str = "maps"

    @classmethod
    def from_link(cls, values: Mapping[str, str]) -> "View":
        """The view that a link describes; what it leaves out or gets wrong is as on a new page."""
        given = {**DEFAULTS, **values}
        method = given["map"] if given["map"] in MAP_METHODS else DEFAULTS["map"]
        style = given["drawn"] if given["drawn"] in STYLES else STYLES[0]
        panel = given["closer"] if given["closer"] in DETAIL_PANELS else DEFAULTS["closer"]
        return cls(method, given["layer"], given["head"], style, bool(given["contrast"]), panel)

    @property
    def map_method(self) -> MapMethod:
        """What a map shows."""
        return MAP_METHODS[self.method]

    def layer_shown(self, result: SearchResult) -> str:
        """The layer that was chosen, or the one that AUTO stands for."""
        return str(1 + telling_layer(result.explanation)) if self.layer == AUTO else self.layer

    def link_values(self) -> dict[str, str]:
        """What a link says about the view, by the names in `links.DEFAULTS`."""
        return {
            "map": self.method,
            "layer": self.layer,
            "head": self.head,
            "drawn": self.style,
            "contrast": "1" if self.contrast else "",
            "closer": self.detail_panel,
        }

    def fitted_to(self, answer: Answer) -> "View":
        """The view, limited to what an answer can show.

        AUTO replaces a layer that the answer's model lacks, the mean over heads replaces such a head, and attention replaces a
        method that needs a result if there is none.
        """
        methods = [name for _, name in offered_methods(bool(answer.result.matches))]
        layers, heads = (choices(count) for count in answer.result.explanation.word_to_region.shape[:2])
        method = self.method if self.method in methods else ATTENTION.name
        layer = self.layer if self.layer in layers else AUTO
        return replace(self, method=method, layer=layer, head=self.head if self.head in heads else MEAN)


class Focus(NamedTuple):
    """The word or the region whose map is shown: its kind, "word" or "region", and its index."""

    kind: str
    index: int


_FIRST_WORD = Focus("word", 0)


@dataclass(frozen=True)
class Turn:
    """A query that was asked, and how to show and name it.

    Attributes:
        query: what was asked.
        source: "example:FILE" or "GALLERY:ID" if the server has the picture itself, else "".
        thumbnail: data URI of the reference.
        digest: identifies its pixels, whatever file they came from.
    """

    query: Query
    source: str
    thumbnail: str
    digest: str

    @property
    def title(self) -> str:
        """The text, and what else was asked for."""
        besides = tell_besides(self.query)
        return f"{self.query.text} ({besides})" if besides else self.query.text


def tell_besides(query: Query) -> str:
    """What a query asks for besides its text: regions pointed at, what the gallery is narrowed to, which results to be like."""
    told = [query.pointing.told] if query.pointing is not None else []
    told += [f"only {', '.join(value.partition(':')[2] for value in query.filters)}"] if query.filters else []
    told += [tell_feedback(query.feedback)] if query.feedback is not None else []
    return "; ".join(told)


@dataclass(frozen=True)
class Chosen:
    """Id of the result that is explained, in the answer of this token."""

    token: str
    id: str | None


@dataclass(frozen=True)
class Focused:
    """The word or region whose map is shown, in the answer of this token."""

    token: str
    focus: Focus


@dataclass(frozen=True)
class Look:
    """What a visitor looks at in an answer; events that do not ask a query change nothing else.

    The two parts are stored separately, so that two events at once do not undo each other. Each names its answer, and is
    ignored for any other.
    """

    chosen: Chosen | None = None
    focused: Focused | None = None


@dataclass(frozen=True)
class Pointed:
    """What the next query about the picture on show is to change.

    Attributes:
        token: of the answer that shows the picture; for any other answer, this record is ignored.
        numbers: of the only regions that are to change, from 1; empty if all may.
        box: a box drawn since, xyxy in pixels, which is to change, too; None if there is none.
    """

    token: str
    numbers: tuple[int, ...] = ()
    box: tuple[int, int, int, int] | None = None

    def toggled(self, number: int) -> "Pointed":
        """With this region added, or removed if it was pointed at already."""
        return replace(self, numbers=tuple(sorted({*self.numbers} ^ {number})))

    def pointing(self, answer: Answer) -> Pointing | None:
        """What the next query about the picture of an answer points at. A new box replaces the answer's own."""
        if self.token != answer.token or not (self.numbers or self.box):
            return None
        answered = answer.query.pointing.box if answer.query.pointing is not None else None
        last = len(answer.result.regions)  # which is the answer's own box, if it has one
        numbers = tuple(number for number in self.numbers if answered is None or number != last)
        box = self.box or (answered if answered is not None and last in self.numbers else None)
        return Pointing(numbers, box=box)


@dataclass(frozen=True)
class Visit:
    """One visitor's state; every event makes a new one from it.

    Attributes:
        turns: every query so far, once each.
        current: index of the turn on show, -1 before the first.
        answer: to it.
        target: id of the item that is known to be the right answer, if there is one.
        chosen: id of the result that is explained; the first one until another is chosen.
        focus: the word or region whose map is shown.
        opened: whether the turn on show is the one that the page opened on; no visitor asked it, so it is not one of the steps.
    """

    turns: tuple[Turn, ...] = ()
    current: int = -1
    answer: Answer | None = None
    target: str | None = None
    chosen: str | None = None
    focus: Focus = _FIRST_WORD
    opened: bool = False

    def asked(self, answer: Answer, source: str, thumbnail: str, target: str | None, focus: Focus) -> "Visit":
        """The visit after another query, or after returning to an earlier one."""
        turn = Turn(answer.query, source, thumbnail, answer.result.digest)
        turns = self.remembering(turn).turns
        current = [_identity(t) for t in turns].index(_identity(turn))
        visit = Visit(turns, current, answer, target, None, focus)
        return replace(visit, chosen=visit.first)

    def recounted(self, answer: Answer) -> "Visit":
        """The visit with another number of results of the answer on show."""
        turns = tuple(replace(t, query=answer.query) if i == self.current else t for i, t in enumerate(self.turns))
        return replace(self, turns=turns, answer=answer)

    def remembering(self, turn: Turn) -> "Visit":
        """The visit with one more turn, or with this one replacing the same turn."""
        turns = () if self.opened else self.turns
        known = [_identity(t) for t in turns]
        place = known.index(_identity(turn)) if _identity(turn) in known else len(turns)
        return replace(self, turns=(*turns[:place], turn, *turns[place + 1 :]), opened=False)

    def cleared(self) -> "Visit":
        """The visit with only the turn on show."""
        return replace(self, turns=self.turns[self.current :][:1], current=min(self.current, 0))

    def looking(self, look: Look | None) -> "Visit":
        """The visit with `look` applied, as far as it is about this answer."""
        if look is None or self.answer is None:
            return self
        chosen, focus = self.chosen, self.focus
        if look.chosen is not None and look.chosen.token == self.answer.token:
            chosen = look.chosen.id
        if look.focused is not None and look.focused.token == self.answer.token:
            focus = look.focused.focus
        return replace(self, chosen=chosen, focus=focus)

    def look(self, chosen: str | None = None, focus: Focus | None = None) -> Look:
        """What is looked at now, with another result or another focus."""
        token = self.answer.token
        return Look(Chosen(token, chosen or self.chosen), Focused(token, focus or self.focus))

    def look_from_link(self, values: Mapping[str, str]) -> Look:
        """What a link says to look at, as far as this answer has it; else what is looked at now."""
        kind, _, number = values.get("focus", "").partition(":")
        result = self.answer.result
        count = {"word": len(result.tokens.words), "region": len(result.regions)}.get(kind, 0)
        focus = Focus(kind, int(number)) if number.isdecimal() and int(number) < count else None
        chosen = values.get("result") if values.get("result") in {m.id for m in result.matches} else None
        return self.look(chosen, focus)

    def link(self, view: View) -> str:
        """The query part of the link that restores the visit as it is shown now; "" if no link can."""
        if self.current < 0:
            return ""
        steps = tuple(_step(turn) for turn in self.turns)
        result = "" if self.chosen == self.first else self.chosen or ""
        look = {"result": result, "focus": f"{self.focus.kind}:{self.focus.index}", **view.link_values()}
        return write_link(Link(steps, self.current, look))

    @property
    def first(self) -> str | None:
        """Id of the first result, None if there is none."""
        return self.answer.result.matches[0].id if self.answer and self.answer.result.matches else None


def _step(turn: Turn) -> Step:
    query = turn.query
    regions = "" if query.pointing is None else str(query.pointing)
    source = "" if query.gallery == MINE else turn.source
    return Step(source, query.text, query.gallery, query.count, regions, write_feedback(query.feedback), query.filters)


def _identity(turn: Turn) -> tuple:
    """What makes two turns the same query, wherever their picture was uploaded to and however many results were wanted."""
    query = turn.query
    return turn.digest, query.text, query.gallery, query.pointing, query.filters, query.feedback
