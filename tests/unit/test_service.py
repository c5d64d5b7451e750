"""What answers a page, without a page."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.items import GalleryError, GalleryItem, GalleryUnavailable
from lbf_model.indexing.build import build_gallery
from lbf_model.interface.answers import MINE, Query, QueryError
from lbf_model.interface.examples import Example, examples_of, offer_examples
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.retrieval.catalog import Catalog, CatalogEntry
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

TEXT = "make red cube large"
GALLERIES = Path(__file__).resolve().parents[2] / "assets" / "galleries"


@pytest.fixture(scope="module")
def catalog(retriever, compared, tiny_css, tiny_split, tmp_path_factory):
    entries = [
        GalleryItem(f"s{i}", tiny_split.picture(i, "3d").relative_to(tiny_css).as_posix(), f"scene {i}") for i in range(8)
    ]
    gallery, _ = build_gallery(retriever, tiny_css, entries, tmp_path_factory.mktemp("gallery"), compared=compared)
    return Catalog(
        {"scenes": CatalogEntry("scenes", "Scenes", gallery, retriever, tuple(compared))}, retriever, tuple(compared)
    )


@pytest.fixture(scope="module")
def path(tiny_split):
    return str(tiny_split.picture(9, "3d"))


@pytest.fixture(scope="module")
def service(catalog, path):
    return Service(
        {"scenes": "Scenes"}, lambda: catalog, [Example(Path(path), TEXT, "scenes", "s3"), Example(Path(path), TEXT, "x", "")]
    )


def test_models_can_be_loaded_in_the_thread_that_asks(catalog):
    threads = []
    service = Service({"scenes": "Scenes"}, lambda: threads.append(get_ident()) or catalog)
    service.load_here()
    assert service.ready and service.catalog() is catalog and threads == [get_ident()]


@pytest.fixture(scope="module")
def answer(service, path):
    return service.answer(Query(path, TEXT, "scenes", 5))


def ids(answer):
    return [m.id for m in answer.result.matches]


def test_models_are_loaded_in_the_background_and_once(catalog):
    loaded = []
    service = Service({"scenes": "Scenes"}, lambda: loaded.append(1) or catalog)
    assert service.choices() == [("Scenes", "scenes")] and not service.ready and not loaded
    assert service.catalog() is catalog and service.ready
    service.warm_up()
    assert service.catalog() is catalog and loaded == [1]


@pytest.mark.parametrize("name", [MINE, "example", "shop:1"])
def test_a_gallery_has_no_name_that_means_something_else_in_links(name, catalog):
    with pytest.raises(ValueError, match=f"{name!r} cannot be the name of a gallery"):
        Service({name: "Shop"}, lambda: catalog)


def test_a_gallery_that_is_away_is_no_fault_of_the_text(catalog):
    gone = Catalog(catalog.by_name, catalog.own, unavailable={"shop": GalleryUnavailable("no answer")})
    service = Service({"scenes": "Scenes", "shop": "Shop"}, lambda: gone)
    assert service.text_problem(TEXT, "shop") is None and service.text_problem("", "scenes")
    with pytest.raises(GalleryUnavailable):
        service.answer(Query("picture.png", TEXT, "shop", 3))


def test_what_hinders_loading_reaches_everyone_who_waits(capsys):
    def load():
        raise GalleryError("broken")

    service = Service({"scenes": "Scenes"}, load)
    for _ in range(2):
        with pytest.raises(GalleryError, match="broken"):
            service.catalog()
    assert "broken" in capsys.readouterr().err and not service.ready


def test_a_reference_from_the_gallery_does_not_answer_itself(service, catalog):
    gallery = catalog.by_name["scenes"].gallery
    answer = service.answer(
        Query(str(catalog.by_name["scenes"].gallery.picture(catalog.by_name["scenes"].gallery.item("s2"))), TEXT, "scenes", 50)
    )
    assert answer.result.left_out == ("s2",) and "s2" not in ids(answer) and len(ids(answer)) == len(gallery) - 1
    assert service.source(answer) == "scenes:s2" and service.resolve("scenes:s2") == gallery.picture(gallery.item("s2"))


def test_examples_are_known_by_their_picture_and_have_a_target(service, answer, path):
    assert [e.gallery for e in service.examples] == ["scenes"], "examples of galleries that are not offered are left out"
    source = service.source(answer)
    assert source == f"example:{Path(path).name}" and service.resolve(source) == Path(path)
    assert service.target(answer.query, source) == "s3"
    assert service.target(Query(path, "another text", "scenes", 5), source) is None


def test_a_gallery_without_stored_examples_offers_some_of_its_own(tmp_path):
    (tmp_path / "examples.json").write_text("[]")
    places = {"mine": GALLERIES / "fashion", "away": tmp_path / "nowhere"}
    offered = examples_of(places, tmp_path)
    assert len(offered) == 4 and offered == examples_of(places, tmp_path)
    assert len({e.text for e in offered}) == len({e.picture for e in offered}) == 4
    assert all(e.gallery == "mine" and e.picture.is_file() and e.picture.is_relative_to(GALLERIES) for e in offered)
    stored = {"picture": "one.webp", "text": TEXT, "gallery": "mine", "answer": "s3"}
    (tmp_path / "examples.json").write_text(json.dumps([stored]))
    assert [e.file for e in examples_of(places, tmp_path)] == ["one.webp"]


def test_pictures_that_say_nothing_or_cannot_be_read_are_no_examples(catalog, tmp_path):
    assert offer_examples("scenes", catalog.by_name["scenes"].gallery) == [], "the untrained detector names no object there"
    shutil.copytree(GALLERIES / "fashion", tmp_path / "fashion")
    places = {"fashion": tmp_path / "fashion"}
    (tmp_path / "examples.json").write_text("[]")
    first, *others = examples_of(places, tmp_path)
    first.picture.write_bytes(b"no picture")
    assert first.picture not in [e.picture for e in examples_of(places, tmp_path)] and others


def test_a_link_names_an_example_from_the_gallery_as_a_picture_of_the_gallery(catalog):
    gallery = catalog.by_name["scenes"].gallery
    example = Example(gallery.picture(gallery.item("s2")), TEXT, "scenes")
    service = Service({"scenes": "Scenes"}, lambda: catalog, [example])
    answer = service.answer(Query(str(example.picture), TEXT, "scenes", 3))
    assert service.source(answer) == "scenes:s2" and service.target(answer.query, "scenes:s2") is None
    with pytest.raises(QueryError, match="not here"):
        service.resolve(f"example:{example.file}")


@pytest.mark.parametrize("source", ["example:none.png", "nowhere:s1", "", "example:../../secret", "my-pictures:000.jpg"])
def test_a_link_cannot_name_what_is_not_offered(service, source):
    with pytest.raises(QueryError, match="not here"):
        service.resolve(source)
    with pytest.raises(QueryError, match="no picture"):
        service.resolve("scenes:../../secret")


def test_details_speak_of_the_chosen_result(service, answer):
    for match in answer.result.matches[:2]:
        details = service.details(answer, match.id)
        assert details.item.id == match.id and details.token == answer.token
        assert (details.effects.rank, details.effects.score) == (match.rank, pytest.approx(match.score, abs=1e-5))
        assert details.effects.region_scores.shape == details.relevance.regions.shape == (len(answer.result.regions),)
    with pytest.raises(QueryError, match="no picture 'elsewhere' in “Scenes”"):
        service.details(answer, "elsewhere")
    assert service.item_path(answer, match.id).is_file()


def test_the_landscape_holds_the_chosen_result_and_its_neighbours(service, answer):
    last = service.answer(Query(answer.query.picture, TEXT, "scenes", 8)).result.matches[-1]
    around = service.landscape(answer, last.id)
    assert around.ranks[0] == last.rank and sorted(around.ranks) == list(range(1, 9))
    assert around.items.shape == (8, len(around.query)) and len(around.pictures) == 8
    assert np.linalg.norm(around.reference) == pytest.approx(1, abs=1e-4)


def test_columns_begin_with_what_was_answered(service, answer):
    columns = service.columns(answer, "s3")
    assert [m.id for m in columns[0].matches] == ids(answer) and len(columns) > 2
    assert all(1 <= c.rank_of_target <= 8 for c in columns)


def test_an_answer_keeps_no_large_picture(service, tmp_path):
    Image.new("RGB", (2000, 1500), (200, 30, 30)).save(tmp_path / "large.png")
    answer = service.answer(Query(str(tmp_path / "large.png"), TEXT, "scenes", 1))
    assert max(answer.picture.size) == 720 and answer.result.regions.image_size == (2000, 1500)


def test_problems_are_told_for_the_field_that_has_them(service, path, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    assert service.picture_problem(path) is None and service.text_problem(TEXT, "scenes") is None
    assert "Add a picture" in service.picture_problem(None)
    assert service.picture_problem(str(bad)) and service.text_problem("", "scenes") and service.text_problem("xyzzy", MINE)
    assert service.gallery_problem("scenes", None) is None and "Add them again" in service.gallery_problem(MINE, None)
    with pytest.raises(PictureError):
        service.answer(Query(str(bad), TEXT, "scenes", 5))
    with pytest.raises(TextError):
        service.answer(Query(path, "", "scenes", 5))
    for arguments in ((path, TEXT, "no such", 5), (path, TEXT, MINE, 5), (path, TEXT, "scenes", 0), (None, TEXT, "scenes", 5)):
        with pytest.raises(QueryError):
            service.answer(Query(*arguments))


def test_on_zero_gpu_a_text_is_checked_without_a_network(service, catalog, monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(catalog.own.encoder.reader, "check_text", pytest.fail)
    assert service.text_problem("baroque", "scenes") is None and "Type what" in service.text_problem(" ", "scenes")


def test_an_answer_from_own_pictures_is_not_about_those_that_replaced_them(service, path):
    answer = service.answer(Query(path, TEXT, "scenes", 5))
    picture = service.open_picture(path)
    assert answer.is_about(picture, "scenes") and answer.is_about(picture, "scenes", OwnGallery(Path("new")))
    mine = replace(answer, query=replace(answer.query, gallery=MINE), own=OwnGallery(Path("old")))
    assert mine.is_about(picture, MINE, OwnGallery(Path("old"), ever=3))
    assert not mine.is_about(picture, MINE, OwnGallery(Path("new"))) and not mine.is_about(picture, MINE)


def test_two_visitors_share_nothing(service, path):
    one = service.answer(Query(path, TEXT, "scenes", 5))
    before = [m.id for m in one.result.matches]
    service.answer(Query(path, "remove blue cube", "scenes", 3))
    assert [m.id for m in one.result.matches] == before
    assert [m.id for m in service.answer(Query(path, TEXT, "scenes", 5)).result.matches] == before


def test_a_page_needs_a_gallery():
    with pytest.raises(ValueError, match="needs one gallery"):
        Service({}, lambda: None)


def test_suggestions_need_no_second_detection_of_an_answered_picture(service, answer, monkeypatch):
    path = answer.query.picture
    found = service.suggest(path, "scenes")
    monkeypatch.setattr(type(service.catalog().own.detector), "detect_regions", lambda *_: pytest.fail("detected again"))
    assert service.suggest(path, "scenes", None, answer) == found


def test_a_picture_that_was_moved_away_is_named_and_drawn_blank(service, answer, monkeypatch, tmp_path):
    gallery, first = service.entry("scenes").gallery, answer.result.matches[0].id
    monkeypatch.setattr(type(gallery), "picture", lambda self, item: tmp_path / f"{item.id}.png")
    asked_again = service.answer(answer.query)
    assert ids(asked_again) == ids(answer)
    assert service.landscape(asked_again, first).pictures[0].getextrema() == ((224, 224),) * 3
    for look in (service.details, service.item_path):
        with pytest.raises(QueryError, match=r"“scene \d” is no longer where it was indexed"):
            look(asked_again, first)
