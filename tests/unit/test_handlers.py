"""What the page shows of a visit, without a page."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryItem
from lbf_model.indexing.build import build_gallery
from lbf_model.interface import fragments, handlers
from lbf_model.interface.handlers import ATTENTION, MEAN, RELEVANCE
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.interface.service import Query, QueryError, Service
from lbf_model.interface.state import Visit
from lbf_model.interface.uploads import UploadReport
from lbf_model.retrieval.catalog import Catalog, CatalogEntry
from lbf_model.types import Match

TEXT = "make red cube large"
VIEW = (ATTENTION, MEAN, MEAN, "boxes", False)
NASTY = "<img src=x onerror=alert(1)> \" & '"


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def picks(self):
        return [a["data-pick"] for _, a in self.found if "data-pick" in a]

    def alts(self):
        return [a.get("alt") for tag, a in self.found if tag == "img"]


@pytest.fixture(scope="module")
def service(retriever, compared, tiny_css, tiny_split, tmp_path_factory):
    entries = [
        GalleryItem(f"s{i}", tiny_split.picture(i, "3d").relative_to(tiny_css).as_posix(), f"scene {i}") for i in range(8)
    ]
    gallery, _ = build_gallery(retriever, tiny_css, entries, tmp_path_factory.mktemp("gallery"), compared=compared)
    catalog = Catalog({"scenes": CatalogEntry("scenes", "Scenes", gallery, retriever, tuple(compared))}, retriever)
    return Service({"scenes": "Scenes"}, lambda: catalog)


@pytest.fixture(scope="module")
def visit(service, tiny_split):
    answer = service.answer(Query(str(tiny_split.picture(9, "3d")), TEXT, "scenes", 5))
    return Visit().asked(answer, "", "data:,", "s3", ("word", handlers.telling_word(answer)))


@pytest.fixture(scope="module")
def details(service, visit):
    return service.details(visit.answer, visit.chosen)


def test_results_can_be_picked_explained_and_told_apart(visit):
    tags = Tags(handlers.results(visit))
    ids = [m.id for m in visit.answer.result.matches]
    assert tags.picks() == [f"{kind}:{id}" for id in ids for kind in ("next", "why")]
    assert tags.alts() == [m.caption for m in visit.answer.result.matches]
    assert [a["aria-pressed"] for _, a in tags.found if "aria-pressed" in a] == ["true"] + ["false"] * 4


def test_the_known_target_is_marked_where_it_is():
    matches = [Match(1, "a", "", 0.5, "a"), Match(2, "b", "", 0.4, "b", ("c", "d"))]
    said = fragments.result_cards(matches, ["data:,"] * 2, "b", "a", False)
    assert said.index("expected") > said.index("next:b") and said.count("expected") == 1 + said.count("known to be right") * 0
    assert "3×" in said


def test_texts_of_visitors_are_text(visit):
    matches = [Match(1, NASTY, "", 0.5, NASTY)]
    shown = [
        fragments.result_cards(matches, ["data:,"], None, None, True),
        fragments.compare_columns([(NASTY, NASTY, matches, ["data:,"])], None),
        fragments.word_buttons([NASTY], 0, None),
        fragments.trail([("data:,", NASTY)] * 2, 0),
        fragments.example_cards([("data:,", NASTY, NASTY)]),
        fragments.suggestion_chips([NASTY]),
        fragments.paragraph(NASTY),
        fragments.listed(NASTY, [(NASTY, NASTY)], ": ", 3),
        fragments.links([(NASTY, NASTY, NASTY)]),
        fragments.progress(NASTY, 0.5),
        fragments.side_by_side(("data:,", NASTY), ("data:,", NASTY), [NASTY], [NASTY], NASTY),
        fragments.effects(("data:,", NASTY), NASTY, "", NASTY),
    ]
    for text in shown:
        assert "<img src=x" not in text and all("onerror" not in a for _, a in Tags(text).found)
    assert f"ask:{NASTY}" in Tags(shown[5]).picks(), "what is picked comes back as it was"


def test_each_word_has_a_map_and_every_choice_matters(visit, details):
    words, regions = visit.answer.result.tokens.words, visit.answer.result.regions
    assert len(words) == 4
    drawn = [np.asarray(p) for p in handlers.word_pictures(visit, details, *VIEW, side=200)]
    assert len(drawn) == 4 and all(d.shape == drawn[0].shape for d in drawn)
    to_region, to_word = handlers.maps(visit, None, ATTENTION, MEAN, MEAN)
    assert to_region.shape == (4, len(regions)) and to_word.shape == (len(regions), 4)
    first, _ = handlers.maps(visit, None, ATTENTION, "1", "1")
    assert np.array_equal(first[0], visit.answer.result.explanation.word_to_region[0, 0, 0])
    relevant, _ = handlers.maps(visit, details, RELEVANCE, MEAN, MEAN)
    assert np.array_equal(relevant, details.relevance.word_to_region)


@pytest.mark.parametrize("layer, head", [("7", MEAN), (MEAN, "7"), ("x", MEAN), ("0", MEAN), ("²", MEAN)])
def test_layers_and_heads_that_are_not_there_are_refused(visit, layer, head):
    with pytest.raises(QueryError):
        handlers.inspector(visit, None, ATTENTION, layer, head, "boxes", False)


def test_a_word_is_shown_over_regions_and_a_region_over_words(visit):
    regions = visit.answer.result.regions
    words, figure, said = handlers.inspector(visit, None, *VIEW)
    chosen = visit.focus[1]
    assert [a["aria-pressed"] for _, a in Tags(words).found if "aria-pressed" in a].index("true") == chosen
    assert sorted(Tags(figure).picks()) == sorted(f"region:{r}" for r in range(len(regions)))
    for _, a in Tags(figure).found[2:]:
        assert "score" in a["title"] and "%" in a["title"], "pointing at a region tells label, score and weight"
    assert visit.answer.result.tokens.words[chosen] in said

    words, figure, said = handlers.inspector(replace(visit, focus=("region", 0)), None, *VIEW)
    assert words.count('class="share"') == 4 and "listened most to" in said


def test_why_and_what_mattered_speak_of_the_chosen_result(visit, details):
    said = handlers.why(visit, details)
    assert len(Tags(said).alts()) == 2 and "Result 1" in said
    said = handlers.mattered(visit, details, "Measured & told.")
    assert said.count("<table") == 2 and "Measured &amp; told." in said
    assert all(word in said for word in visit.answer.result.tokens.words)


def test_compositors_stand_in_columns(service, visit):
    said = handlers.compared(service.columns(visit.answer, "s3"), "s3")
    assert said.count("<section>") == len(service.catalog().by_name["scenes"].compared) + 1
    assert "expected result: rank" in said
    assert "no other compositors" in handlers.compared(service.columns(visit.answer, None)[:1], None)


def test_where_it_lies_is_one_picture_with_words(service, visit):
    said = handlers.landscape(visit, service.landscape(visit.answer, visit.chosen))
    assert len(Tags(said).alts()) == 1 and Tags(said).alts()[0]


def test_the_status_says_what_was_left_out(service, visit):
    assert "ms" in handlers.status(visit.answer) and "Unknown" not in handlers.status(visit.answer)
    query = Query(visit.answer.query.picture, f"{TEXT} mauve", "scenes", 1)
    assert "Unknown words, left out: mauve." in handlers.status(service.answer(query))


def test_records_say_the_whole_answer(visit):
    result = visit.answer.result
    record = search_record(replace(result, left_out=("s1", "s7")), [m.path for m in result.matches])
    assert [m["rank"] for m in record["matches"]] == [1, 2, 3, 4, 5] and record["item"] == "s1"
    assert set(record["matches"][0]) == {"rank", "id", "score", "caption", "duplicates", "picture"}
    assert set(record["regions"][0]) == {"box", "score", "label"}
    assert record["words"] == ["make", "red", "cube", "large"]
    attention = explanation_record(result)
    assert np.array(attention["word_to_region"]).shape == (4, len(record["regions"]))
    assert np.array(attention["region_to_word"]).sum(1) == pytest.approx(1, abs=1e-3)


def test_the_report_names_every_file_as_text():
    pairs = tuple((f"<img src=x onerror=alert({i})>", "why & how") for i in range(25))
    said = handlers.upload_summary(1, UploadReport(("a",), (("b<b>", "a"),), pairs, (), 2))
    assert "1 picture indexed" in said and "not readable: 25" in said and "and 5 more" in said and "2 system files" in said
    assert "<img" not in said and "&lt;img src=x" in said and "b&lt;b&gt;" in said and "why &amp; how" in said
    assert "nothing to search" in handlers.upload_summary(0, UploadReport((), (), pairs, (), 0))
