"""The panels that look closer at an answer, without a page."""

from dataclasses import replace

from lbf_model.interface.views import detail_panels
from tests.unit.views.html_tags import Tags


def test_why_and_what_mattered_speak_of_the_chosen_result(visit, details):
    said = str(detail_panels.why(visit, details))
    assert len(Tags(said).alts()) == 2 and f"fits {visit.answer.result.matches[0].score:.3f}" in said
    said = str(detail_panels.mattered(visit, details, "Measured & told."))
    assert said.count("<table") == 3 and "Measured &amp; told." in said
    assert all(f">{word}</th>" in said for word in visit.answer.result.tokens.words)
    assert "<details>" not in detail_panels.mattered(visit, details, "")


def test_compositors_stand_in_columns(scenes, visit):
    columns = scenes.columns(visit.answer, "s3")
    said = str(detail_panels.compared(columns, "s3", visit.chosen))
    sections = said.split("<section>")[1:]
    assert len(sections) == len(columns) == len(scenes.catalog().by_name["scenes"].compared) + 1
    for section, column in zip(sections, columns, strict=True):
        assert f"<h3>{column.title}</h3>" in section and f"expected result: rank {column.rank_of_target}" in section
        marks = [a.get("class", "").split() for tag, a in Tags(section).found if tag == "li"]
        assert marks == [[m for m, id in (("hit", "s3"), ("mine", visit.chosen)) if id == match.id] for match in column.matches]
    assert "no other compositors" in detail_panels.compared(columns[:1], None)
    unread = replace(columns[1], matches=(), problem="cannot read it")
    assert "cannot read it" in detail_panels.compared([columns[0], unread], None)


def test_where_it_lies_is_one_picture_with_words(scenes, visit):
    said = detail_panels.landscape(visit, scenes.landscape(visit.answer, visit.chosen))
    (alt,) = Tags(said).alts()
    assert "among 8 results" in alt and "arrow" in alt
