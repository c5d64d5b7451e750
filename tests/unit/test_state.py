"""The trail of a visit, and links that restore it."""

from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from lbf_model.interface.answers import MINE, Query
from lbf_model.interface.links import DEFAULTS, read_link
from lbf_model.interface.state import DETAIL_PANELS, Chosen, Focus, Focused, Look, View, Visit
from lbf_model.retrieval.pointing import Pointing, read_pointing

GALLERIES = ["fashion", "css"]


def answered(number, gallery="fashion"):
    query = Query(f"/cache/{number}.png", f"text {number} & more=1", gallery, 8)
    matches = (SimpleNamespace(id="best"),)
    return SimpleNamespace(query=query, result=SimpleNamespace(matches=matches, digest=f"d{number}"), token=f"t{number}")


def pointed(number, pointing, source="example:a.webp"):
    """A visit of one query that points at regions."""
    answer = answered(number)
    answer.query = replace(answer.query, pointing=pointing)
    return Visit().asked(answer, source, "data:,", None, Focus("word", 0))


def asked(visit, number, source="", gallery="fashion"):
    return visit.asked(answered(number, gallery), source, "data:,", None, Focus("word", 0))


VIEW = View()


def restored(visit, view=VIEW):
    return read_link(dict(parse_qsl(visit.link(view))), GALLERIES)


def test_every_query_is_one_step_and_can_be_returned_to():
    visit = asked(asked(asked(Visit(), 1), 2), 3)
    assert [t.query.text[:6] for t in visit.turns] == ["text 1", "text 2", "text 3"] and visit.current == 2
    back = asked(visit, 1)
    assert back.turns == visit.turns and back.current == 0 and back.chosen == "best"


def test_the_same_picture_from_another_file_is_the_same_step():
    one, other = answered(1), answered(1)
    other.query = Query("/elsewhere.png", one.query.text, "fashion", 8)
    visit = Visit().asked(one, "", "data:,", None, Focus("word", 0)).asked(other, "", "data:,", None, Focus("word", 0))
    assert len(visit.turns) == 1 and visit.current == 0


def test_what_the_page_opened_on_is_no_step_of_the_visitor():
    opened = replace(asked(Visit(), 1), opened=True)
    later = asked(opened, 2)
    assert [t.query.text[:6] for t in later.turns] == ["text 2"] and later.current == 0 and not later.opened


def test_another_number_of_results_is_the_same_step_and_steps_can_be_cleared():
    more = answered(1)
    more.query = replace(more.query, count=20)
    visit = asked(asked(Visit(), 1), 2).asked(more, "", "data:,", None, Focus("word", 0))
    assert [t.query.count for t in visit.turns] == [20, 8] and visit.current == 0
    cleared = visit.cleared()
    assert cleared.turns == visit.turns[:1] and cleared.current == 0
    assert Visit().cleared() == Visit()


def test_a_look_means_nothing_to_another_answer():
    visit = asked(Visit(), 1)
    look = visit.look(chosen="second", focus=Focus("region", 3))
    assert (visit.looking(look).chosen, visit.looking(look).focus) == ("second", ("region", 3))
    assert visit.looking(look).look(focus=Focus("word", 1)).chosen == Chosen("t1", "second")
    later = asked(visit, 2)
    assert later.looking(look) == later and Visit().looking(look) == Visit() and later.looking(None) is later
    assert later.looking(Look(look.chosen, Focused("t2", Focus("word", 5)))) == later.looking(
        Look(focused=Focused("t2", Focus("word", 5)))
    )


def test_a_link_restores_steps_and_the_current_one():
    visit = asked(asked(asked(Visit(), 1, "example:a.webp"), 2, "fashion:x"), 1, "example:a.webp")
    found = restored(visit)
    assert [(s.picture, s.text) for s in found.steps] == [
        ("example:a.webp", "text 1 & more=1"),
        ("fashion:x", "text 2 & more=1"),
    ]
    assert found.current == 0 and found.steps[0].gallery == "fashion" and found.steps[0].count == 8
    assert restored(asked(visit, 2, "fashion:x")).current == 1


def test_a_link_restores_what_is_looked_at_and_is_short_where_nothing_was_chosen():
    visit = asked(Visit(), 1, "example:a.webp")
    assert set(dict(parse_qsl(visit.link(View())))) == {"picture", "text", "gallery", "count", "focus"}
    visit = visit.looking(visit.look(chosen="second", focus=Focus("region", 2)))
    found = restored(visit, View("relevance", "2", "mean", "soft", True, "why"))
    assert found.look == {
        "result": "second", "focus": "region:2", "map": "relevance", "layer": "2", "drawn": "soft", "contrast": "1",
        "closer": "why",
    }  # fmt: skip


@pytest.mark.parametrize("pointing, said", [(Pointing((3, 2)), "2,3"), (Pointing((1,), keep=True), "keep 1")])
def test_a_link_says_what_was_pointed_at_in_the_current_step_and_in_others(pointing, said):
    visit = pointed(1, pointing)
    assert dict(parse_qsl(visit.link(VIEW)))["regions"] == said
    later = restored(asked(visit, 2, "fashion:x"))
    assert [step.regions for step in later.steps] == [said, ""] and later.current == 1
    assert [read_pointing(step.regions) for step in later.steps] == [pointing, None]


def test_a_link_says_what_steps_were_narrowed_to():
    first, second = answered(1), answered(2)
    first.query = replace(first.query, filters=("color:red", "folder:a & b"))
    visit = Visit().asked(first, "fashion:1", "", None, Focus("word", 0)).asked(second, "fashion:2", "", None, Focus("word", 0))
    link = read_link(dict(parse_qsl(visit.link(View()))), ["fashion"])
    assert [step.filters for step in link.steps] == [("color:red", "folder:a & b"), ()]
    back = visit.asked(first, "fashion:1", "", None, Focus("word", 0))
    assert len(back.turns) == 2 and "only red, a & b" in back.turns[0].title
    link = read_link(dict(parse_qsl(back.link(View()))), ["fashion"])
    assert link.steps[link.current].filters == ("color:red", "folder:a & b")


def test_the_same_text_about_other_regions_is_another_step():
    visit = asked(pointed(1, Pointing((2,))), 1)
    assert [t.title for t in visit.turns] == ["text 1 & more=1 (only region 2)", "text 1 & more=1"] and visit.current == 1


VIEWS = (
    View(),
    View("relevance", "2", "4", "soft", True, "why"),
    *(View(detail_panel=name) for name in DETAIL_PANELS),
    View(contrast=True),
    View(layer="1"),
)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_survives_a_link(view):
    look = restored(asked(Visit(), 1, "example:a.webp"), view).look
    assert View.from_link(look) == view
    assert set(view.link_values()) == set(DEFAULTS) - {"result", "focus"}


def test_links_made_by_earlier_versions_are_still_read():
    old = "picture=fashion%3Aa&text=red&gallery=fashion&count=8&map=relevance&layer=2&drawn=soft&contrast=1&closer=mattered"
    assert View.from_link(read_link(dict(parse_qsl(old)), GALLERIES).look) == View(
        "relevance", "2", "mean", "soft", True, "mattered"
    )


@pytest.mark.parametrize("altered", [{"map": "x"}, {"drawn": "x"}, {"closer": "x"}, {"closer": ""}])
def test_what_a_link_says_wrongly_is_as_on_a_new_page(altered):
    assert View.from_link(altered) == View()


def test_a_view_fits_the_model_of_an_answer(small_visit):
    assert View(layer="1", head="1").fitted_to(small_visit.answer) == View(layer="1", head="1")
    assert View("relevance", "2", "3", contrast=True).fitted_to(small_visit.answer) == View("relevance", contrast=True)
    empty = replace(small_visit.answer, result=replace(small_visit.answer.result, matches=()))
    assert View("relevance").fitted_to(empty) == View(), "relevance is of a result"


@pytest.mark.parametrize(
    "values, chosen, focus",
    [
        ({}, "a", ("word", 1)),
        ({"result": "b", "focus": "region:1"}, "b", ("region", 1)),
        ({"result": "gone", "focus": "region:2"}, "a", ("word", 1)),
        ({"focus": "word:0"}, "a", ("word", 0)),
        ({"focus": "word:2"}, "a", ("word", 1)),
        ({"focus": "other:0"}, "a", ("word", 1)),
        ({"focus": "word:-1"}, "a", ("word", 1)),
    ],
)
def test_a_link_says_what_to_look_at_as_far_as_it_is_there(small_visit, values, chosen, focus):
    look = small_visit.look_from_link(values)
    token = small_visit.answer.token
    assert look == Look(Chosen(token, chosen), Focused(token, focus))


def test_a_link_names_nothing_that_a_visitor_brought():
    assert Visit().link(View()) == "" and asked(Visit(), 1).link(View()) == ""
    assert asked(Visit(), 1, "fashion:x", MINE).link(View()) == ""
    visit = asked(asked(Visit(), 1, ""), 2, "fashion:x")
    assert [s.picture for s in restored(visit).steps] == ["fashion:x"] and "/cache" not in visit.link(View())


def test_the_default_gallery_is_taken_where_a_link_names_none():
    assert read_link({"picture": "example:a"}, GALLERIES).steps[0].gallery == "fashion"


@pytest.mark.parametrize(
    "broken",
    [
        {"count": "many"},
        {"at": "x"},
        {"steps": "[["},
        {"steps": "[1]"},
        {"steps": '[["a"]]'},
        {"steps": "{}x"},
        {"steps": '[["a","b","c",1e999]]'},
        {"steps": "[" * 9999},
        {"only": '"abc"'},
        {"only": "[1]"},
        {"steps": '[["a","b","c",1,"","","color:red"]]'},
    ],
)
def test_a_broken_link_says_so(broken):
    with pytest.raises(ValueError, match="cut off"):
        read_link({"picture": "example:a", **broken}, GALLERIES)


def test_a_link_does_not_grow_without_end():
    visit = Visit()
    for number in range(40):
        visit = asked(visit, number, f"fashion:{number}")
    assert len(restored(visit).steps) == 21
