"""The events that ask a query, called with plain values."""

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from lbf_model.interface.answers import MINE
from lbf_model.interface.events.answering import ANSWERED
from lbf_model.interface.events.ask import Ask
from lbf_model.interface.events.wiring import Changes
from lbf_model.interface.state import Pointed, View, Visit
from lbf_model.retrieval.pointing import Pointing
from lbf_model.types import Feedback
from tests.unit.conftest import TEXT
from tests.unit.page_changes import NOW, changed, ended


@pytest.fixture
def ask(scenes, answering):
    return Ask(scenes, answering)


FIELDS = {"picture", "text", "but_not", "gallery", "count", "filters"}


def test_what_was_typed_is_answered(ask, path):
    changes = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    assert changed(changes) == set(ANSWERED) - FIELDS - {"details"}, "what was typed stays as it was typed"
    matches = changes.visit.answer.result.matches
    assert len(matches) == 3 and changes.results.count('class="go"') == 3
    assert changes.look == changes.visit.look() and changes.look.chosen.id == matches[0].id
    assert len(changes.visit.turns) == 1 and changes.trail == "" and changes.files == ""
    assert changes.layers[:2] == [("whichever says more", "auto"), ("the mean of all layers", "mean")]
    assert changes.heads == ["mean", "1", "2"]
    assert "regions found" in changes.status or "region found" in changes.status or "whole picture" in changes.status
    assert changes.words.count("data-pick") == 4 and "looked at" in changes.said


def test_an_example_fills_the_fields_and_knows_its_answer(ask, path):
    changes = ended(ask.ask_example("example:0", 5, *NOW))
    assert (changes.picture, changes.text, changes.gallery, changes.count) == (f"/served{path}", TEXT, "scenes", 5)
    assert changes.visit.target == "s3" and changes.visit.turns[0].source == f"example:{Path(path).name}"
    assert changes.visit.answer.query.picture == path, "what is asked again later is the file itself"


def test_a_suggestion_is_asked_of_the_picture_that_is_there(ask, path):
    changes = ended(ask.ask_suggestion("ask:make: it red", path, "scenes", 2, *NOW))
    assert (changes.text, changes.count, changes.visit.answer.query.picture) == ("make: it red", 2, path)


def test_a_suggestion_changes_only_what_was_pointed_at(ask, path):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    chosen = replace(first.pointed, numbers=(1,))
    changes = ended(ask.ask_suggestion("ask:make it red", path, "scenes", 2, first.visit, *NOW[1:], chosen, "blue"))
    query = changes.visit.answer.query
    assert query.pointing == Pointing((1,)) and query.feedback.but_not == changes.but_not == "blue"


def test_more_like_a_result_changes_only_what_was_pointed_at(ask, path):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    more = f"more:{first.visit.answer.result.matches[1].id}"
    chosen = replace(first.pointed, numbers=(1,))
    changes = ended(ask.refine(more, first.visit, *NOW[1:], chosen))
    assert changes.visit.answer.query.pointing == Pointing((1,)) and changes.visit.answer.query.feedback.more
    again = ended(ask.refine("none:", changes.visit, *NOW[1:], changes.pointed))
    assert again.visit.answer.query.pointing == Pointing((1,)), "as asked before"


def test_filters_narrow_the_answer_on_show_at_once_and_ask_nothing_else(ask, path, scenes):
    offered = scenes.filters("scenes")[0]
    asked = {"picture": path, "text": TEXT, "gallery": "scenes", "count": 8, "details": None, "own": None, "view": View()}
    asked["but_not"] = ""
    assert list(ask.narrow(**asked, visit=Visit(), filters=[offered])) == [Changes()], "nothing is on show"
    visit = ended(ask.ask(**asked, visit=Visit())).visit
    narrowed = ended(ask.narrow(**asked, visit=visit, filters=[offered])).visit
    assert narrowed.answer.query.filters == (offered,) and narrowed.answer.query.text == TEXT
    assert narrowed.answer.token != visit.answer.token
    asked["text"] = ""
    assert list(ask.narrow(**asked, visit=visit, filters=[])) == [Changes()], "a text that cannot be asked is left alone"
    assert ended(ask.narrow(**{**asked, "text": TEXT}, visit=narrowed, filters=[])).visit.answer.query.filters == ()


@pytest.mark.parametrize("pick", ["example:1", "example:-1", "turn:0", ""])
def test_an_example_that_is_not_there_is_refused(ask, pick):
    with pytest.raises(gr.Error, match="no longer on the page"):
        list(ask.ask_example(pick, 5, *NOW))


def test_the_view_stays_and_fits_the_model(ask, path):
    view = View(layer="9", head="2", style="soft", contrast=True, detail_panel="compare")
    changes = ended(ask.ask(path, TEXT, "scenes", 3, Visit(), None, None, view))
    assert changes.view == replace(view, layer="auto") and "Compared with the other words" in changes.said
    assert "drawn=soft" in changes.address and "closer=compare" in changes.address and "layer" not in changes.address


def test_relevance_of_a_new_answer_is_not_that_of_the_one_before(ask, path, details):
    changes = ended(ask.ask(path, "make blue cube small", "scenes", 3, Visit(), details, None, View("relevance")))
    assert changes.details.token == changes.visit.answer.token != details.token
    assert changes.details.item.id == changes.visit.chosen


@pytest.mark.parametrize(
    "query, said",
    [
        ((None, TEXT, "scenes", 3), "Add a picture"),
        (("path", "", "scenes", 3), "Type what should change"),
        (("path", TEXT, "nowhere", 3), "no gallery 'nowhere'"),
        (("path", TEXT, MINE, 3), "no longer here"),
        (("path", TEXT, "scenes", 0), "choose 1 to 50"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why_and_changes_nothing_else(ask, path, query, said):
    query = [path if value == "path" else value for value in query]
    seen = []
    with pytest.raises(gr.Error, match=said):
        for changes in ask.ask(*query, *NOW):
            seen.append(changes)
    assert all(changed(changes) == {"status"} for changes in seen)
    assert said.split("'")[0].strip() in seen[-1].status and "<progress" not in seen[-1].status


def test_problems_are_named_by_their_field(ask, path, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"nothing")
    assert ask.problems(path, TEXT, "scenes", None) == {}
    assert set(ask.problems(None, "", MINE, None)) == {"picture", "gallery"}, "a text is judged by the gallery's words"
    found = ask.problems(str(tmp_path / "broken.png"), "", "scenes", None)
    assert set(found) == {"picture", "text"} and "Type what should change" in found["text"]


def test_a_box_is_asked_of_and_stays_for_the_next_text(ask, path):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    drawn = replace(first.pointed, box=(10, 10, 60, 60))
    boxed = ended(ask.ask(path, TEXT, "scenes", 3, first.visit, *NOW[1:], drawn))
    last = len(boxed.visit.answer.result.regions)
    assert boxed.visit.answer.result.regions.scores[-1] == 1 and boxed.pointed.numbers == (last,)
    assert boxed.visit.answer.query.pointing == Pointing((), box=(10, 10, 60, 60))
    assert "box=" not in boxed.address and "regions=box+10%2C10%2C60%2C60" in boxed.address
    again = ended(ask.ask(path, "make blue cube small", "scenes", 3, boxed.visit, *NOW[1:], boxed.pointed))
    assert again.visit.answer.query.pointing == Pointing((), box=(10, 10, 60, 60))
    other = replace(boxed.pointed, numbers=(1, last), box=(0, 0, 40, 40))
    again = ended(ask.ask(path, TEXT, "scenes", 3, boxed.visit, *NOW[1:], other))
    assert again.visit.answer.query.pointing == Pointing((1,), box=(0, 0, 40, 40)), "a new box stands in for the old one"
    without = ended(ask.ask(path, TEXT, "scenes", 3, boxed.visit, *NOW[1:], replace(boxed.pointed, numbers=())))
    assert without.visit.answer.query.pointing is None


def test_a_plain_query_decodes_its_picture_once(ask, path, monkeypatch):
    first, opened, opens = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)), [], ask._service.open_picture
    monkeypatch.setattr(ask._service, "open_picture", lambda path: opened.append(path) or opens(path))
    ended(ask.ask(path, "make blue cube small", "scenes", 3, first.visit, *NOW[1:], first.pointed))
    assert opened == [path]


def test_another_number_of_results_is_shown_at_once_without_a_search(ask, path, monkeypatch):
    shown = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    monkeypatch.setattr(ask._service.catalog().by_name["scenes"].retriever, "search_steps", None)  # which runs no network
    more = ask.recount(5, shown.visit, None, View())
    assert changed(more) == {"visit", "results", "address"} and more.results.count('class="go"') == 5
    assert more.visit.answer.result.matches[:3] == shown.visit.answer.result.matches
    assert more.visit.answer.token == shown.visit.answer.token and len(more.visit.turns) == 1, "the same answer"
    assert "count=5" in more.address and more.visit.turns[0].query.count == 5
    fewer = ask.recount(1, more.visit, None, View())
    assert fewer.visit.answer.result.matches == shown.visit.answer.result.matches[:1]
    assert ask.recount(5, Visit(), None, View()) is None
    with pytest.raises(gr.Error, match="choose 1 to 50"):
        ask.recount(51, shown.visit, None, View())


# More like this, less like this, but not that


def test_more_like_a_result_asks_the_query_on_show_again(ask, path):
    shown = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    *_, third = (match.id for match in shown.answer.result.matches)
    more = ended(ask.refine(f"more:{third}", shown, *NOW[1:]))
    assert more.visit.answer.query == replace(shown.answer.query, feedback=Feedback(more=(third,)))
    assert more.visit.answer.result.feedback == Feedback(more=(third,)) and len(more.visit.turns) == 2
    assert f'data-pick="more:{third}" aria-pressed="true"' in more.results and f'data-pick="more:{third}"' in more.parts
    assert more.visit.turns[1].title == f"{TEXT} (more like 1 result)" and more.visit.target is None
    less = ended(ask.refine(f"less:{third}", more.visit, *NOW[1:]))
    assert less.visit.answer.query.feedback == Feedback(less=(third,)), "not both"
    back = ended(ask.refine(f"less:{third}", less.visit, *NOW[1:]))
    assert back.visit.answer.query == shown.answer.query and back.parts == "" and back.visit.current == 0


def test_what_was_typed_is_asked_with_its_but_not_and_what_was_liked(ask, path):
    shown = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    id = shown.answer.result.matches[1].id
    shown = ended(ask.refine(f"more:{id}", shown, *NOW[1:])).visit
    changes = ended(ask.ask(path, "make blue cube small", "scenes", 3, shown, *NOW[1:], but_not="red sphere"))
    assert changes.visit.answer.query.feedback == Feedback((id,), (), "red sphere") and "red sphere" in changes.parts
    assert 'data-but-not="red sphere"' in changes.results
    alone = ended(ask.refine("not:", changes.visit, *NOW[1:]))
    assert alone.visit.answer.query.feedback == Feedback((id,)) and alone.but_not == ""
    assert ended(ask.refine("none:", changes.visit, *NOW[1:])).visit.answer.query.feedback is None
    other = str(ask._service.resolve("scenes:s1"))
    changes = ended(ask.ask(other, TEXT, "scenes", 3, shown, *NOW[1:]))
    assert changes.visit.answer.query.feedback is None, "another picture, another question"
    assert ask.suggest(other, "scenes", None, shown).parts == "" and ask.suggest(path, "scenes", None, shown).parts is None


@pytest.mark.parametrize("pick, said", [("other:s1", "no longer on the page"), ("more:gone", "no picture 'gone'")])
def test_what_cannot_be_liked_is_refused(ask, path, pick, said):
    shown = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    with pytest.raises(gr.Error, match=said):
        list(ask.refine(pick, shown, *NOW[1:]))


def test_a_second_text_that_cannot_be_read_is_a_problem_of_its_field(ask, path):
    assert "elephant" in ask.problems(path, TEXT, "scenes", None, "elephant")["but_not"]
    assert ask.problems(path, TEXT, "scenes", None, "") == ask.problems(path, TEXT, "scenes", None, "red") == {}


# Pointing


def test_what_was_pointed_at_is_asked_of_the_picture_on_show_alone(ask, path, scenes, tiny_split):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW))
    assert first.pointed == Pointed(first.visit.answer.token) and first.visit.answer.result.pointed_at is None
    one = replace(first.pointed, numbers=(1,))
    marked = ended(ask.ask(path, TEXT, "scenes", 3, first.visit, *NOW[1:], one))
    token = marked.visit.answer.token
    assert marked.visit.answer.result.pointed_at == (1,) and marked.pointed == Pointed(token, (1,)), (
        "it stays for the next text"
    )
    other = str(tiny_split.picture(11, "3d"))
    for picture, pointed in ((other, marked.pointed), (path, replace(one, token="earlier")), (path, replace(one, numbers=()))):
        plain = ended(ask.ask(picture, TEXT, "scenes", 3, marked.visit, *NOW[1:], pointed))
        assert plain.visit.answer.query.pointing is None
    gone = ask.suggest(other, "scenes", None, marked.visit, marked.pointed)
    assert gone.pointed == Pointed(token) and gone.pointing == ""
    stays = ask.suggest(path, "scenes", None, marked.visit, marked.pointed)
    assert stays.pointed is None and stays.pointing is None
    assert stays.status is None and "Now say what should change" in gone.status, "what was said of another picture goes"
    assert "Add a picture" in ask.suggest(None, "scenes", None, marked.visit, marked.pointed).status
    missing = ask.suggest("/no/such/picture.png", "scenes", None, marked.visit, marked.pointed)
    assert missing.pointing == ""


# Suggestions


def test_suggestions_come_with_an_example_of_what_to_type(ask, path, monkeypatch, scenes):
    monkeypatch.setattr(scenes, "suggest", lambda *given: ("make red cube blue",))
    changes = ask.suggest(path, "scenes", None, Visit())
    assert changed(changes) == {"suggestions", "placeholder", "status"} and changes.placeholder == TEXT
    assert 'data-pick="ask:make red cube blue"' in changes.suggestions
    for nothing in (ask.suggest(None, "scenes", None, Visit()), ask.suggest(path, MINE, None, Visit())):
        assert nothing.suggestions == "" and nothing.placeholder == TEXT
    monkeypatch.undo()
    assert ask.suggest("/no/such/picture.png", "scenes", None, Visit()).suggestions == "", "the search will say what is wrong"


def test_another_gallery_for_the_same_query_takes_another_search(ask, path):
    visit = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    assert "Search again to see results from this gallery." in ask.suggest(path, MINE, None, visit).status


@pytest.mark.parametrize("line, said", [(1, "One search is ahead of yours …"), (3, "3 searches are ahead of yours …")])
def test_a_search_that_waits_is_told_its_place(ask, line, said):
    assert said in ask.tell_line(line).status
    assert ask.tell_line(0) is None
