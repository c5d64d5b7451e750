"""The trail of a visit, and links that restore it."""

from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from lbf_model.interface.engine import MINE, Query
from lbf_model.interface.links import read_link
from lbf_model.interface.visit import Visit

GALLERIES = ["fashion", "css"]


def answered(number, gallery="fashion"):
    query = Query(f"/cache/{number}.png", f"text {number} & more=1", gallery, 8)
    matches = (SimpleNamespace(id="best"),)
    return SimpleNamespace(query=query, result=SimpleNamespace(matches=matches), digest=f"d{number}", token=f"t{number}")


def asked(visit, number, source="", gallery="fashion"):
    return visit.asked(answered(number, gallery), source, "data:,", None, ("word", 0))


def restored(visit):
    return read_link(dict(parse_qsl(visit.link())), GALLERIES)


def test_every_query_is_one_step_and_can_be_returned_to():
    visit = asked(asked(asked(Visit(), 1), 2), 3)
    assert [t.query.text[:6] for t in visit.turns] == ["text 1", "text 2", "text 3"] and visit.current == 2
    back = asked(visit, 1)
    assert back.turns == visit.turns and back.current == 0 and back.chosen == "best"


def test_the_same_picture_from_another_file_is_the_same_step():
    one, other = answered(1), answered(1)
    other.query = Query("/elsewhere.png", one.query.text, "fashion", 8)
    visit = Visit().asked(one, "", "data:,", None, ("word", 0)).asked(other, "", "data:,", None, ("word", 0))
    assert len(visit.turns) == 1 and visit.current == 0


def test_a_look_means_nothing_to_another_answer():
    visit = asked(Visit(), 1)
    look = visit.look(chosen="second", focus=("region", 3))
    assert (visit.looking(look).chosen, visit.looking(look).focus) == ("second", ("region", 3))
    assert visit.looking(look).look(focus=("word", 1)).chosen == "second"
    later = asked(visit, 2)
    assert later.looking(look) is later and Visit().looking(look) == Visit() and later.looking(None) is later


def test_a_link_restores_steps_and_the_current_one():
    visit = asked(asked(asked(Visit(), 1, "example:a.webp"), 2, "fashion:x"), 1, "example:a.webp")
    steps = restored(visit)
    assert [(s.picture, s.text) for s in steps] == [("fashion:x", "text 2 & more=1"), ("example:a.webp", "text 1 & more=1")]
    assert steps[-1].gallery == "fashion" and steps[-1].count == 8


def test_a_link_names_nothing_that_a_visitor_brought():
    assert Visit().link() == "" and asked(Visit(), 1).link() == ""
    assert asked(Visit(), 1, "fashion:x", MINE).link() == ""
    visit = asked(asked(Visit(), 1, ""), 2, "fashion:x")
    assert [s.picture for s in restored(visit)] == ["fashion:x"] and "/cache" not in visit.link()


def test_a_link_without_a_picture_restores_nothing():
    assert read_link({}, GALLERIES) == [] and read_link({"__theme": "dark", "text": "x"}, GALLERIES) == []
    assert read_link({"picture": "example:a"}, GALLERIES)[0].gallery == "fashion"


@pytest.mark.parametrize(
    "broken",
    [
        {"count": "many"},
        {"before": "[["},
        {"before": "[1]"},
        {"before": '[["a"]]'},
        {"before": "{}x"},
        {"before": '[["a","b","c",1e999]]'},
        {"before": "[" * 9999},
    ],
)
def test_a_broken_link_says_so(broken):
    with pytest.raises(ValueError, match="cut off"):
        read_link({"picture": "example:a", **broken}, GALLERIES)


def test_a_link_does_not_grow_without_end():
    visit = Visit()
    for number in range(40):
        visit = asked(visit, number, f"fashion:{number}")
    assert len(restored(visit)) == 21
