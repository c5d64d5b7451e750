"""A gallery in Milvus answers as its folder does; what is away, foreign or broken there gets one line."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError, GalleryItem, GalleryUnavailable
from lbf_model.gallery.milvus import address as address_module
from lbf_model.gallery.milvus import publish, searcher
from lbf_model.gallery.milvus.address import MilvusAddress, MilvusConnection
from lbf_model.gallery.milvus.publish import publish_gallery
from lbf_model.gallery.places import load_gallery, parse_place, read_facts
from lbf_model.retrieval.catalog import Catalog, leave_out_unavailable
from tests.milvus import free_port, milvus_server, write_gallery
from tests.server import ROOT

rng = np.random.default_rng(0)
VECTORS = rng.normal(size=(60, 16)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
QUERY = VECTORS[0] + VECTORS[1]
QUERY /= np.linalg.norm(QUERY)
ITEMS = [
    GalleryItem(
        f"i{row}",
        f"{'summer' if row % 2 else 'winter'}/{row}\udce4.png",
        f"“picture” {row}",
        ({"box": [0, 0, 8, 8.5], "score": 0.5, "label": "red shirt" if row % 3 else "blue dress"},),
        f"digest{row if row != 7 else 3}",
        12,
        34,
    )
    for row in range(60)
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_gallery(tmp_path_factory.mktemp("shop") / "gallery", VECTORS, ITEMS)


@pytest.fixture(scope="module")
def published(milvus, shop):
    address = milvus("shop")
    publish_gallery(shop, address)
    return address


def rounded(matches):
    """Without the last digits of scores, which two engines add up in different order."""
    return [replace(match, score=round(match.score, 5)) for match in matches]


ATTRIBUTES = {"color": ("red", "blue")}


@pytest.mark.parametrize("filters", [(), ("folder:summer",), ("color:red", "folder:winter")])
@pytest.mark.parametrize("exclude", [(), ("i0", "i3")])
def test_a_published_gallery_answers_as_its_folder_does(shop, published, filters, exclude):
    here, there = (load_gallery(place, "ccc", "ddd", ATTRIBUTES) for place in (shop, published))
    asked = QUERY, 12, exclude, filters
    assert rounded(there.search(*asked)) == rounded(here.search(*asked))
    ranks = [gallery.rank(QUERY[None], "i5", exclude, filters) for gallery in (here, there)]
    assert ranks[1][0] == pytest.approx(ranks[0][0]) and ranks[1][1] == ranks[0][1]


def test_everything_else_of_a_published_gallery_is_as_in_its_folder(shop, published):
    here, there = (load_gallery(place, "ccc", "ddd", ATTRIBUTES) for place in (shop, published))
    assert len(there) == 60 and there.items == here.items and there.labels() == here.labels()
    assert there.items[7].copy_of == "i3", "copies stay copies"
    assert there.find_same("none", here.hashes.values[3]) == here.find_same("none", here.hashes.values[3]) == ("i3", "i7")
    assert np.array_equal(there.vectors(), here.vectors()) and np.array_equal(there.vector("i9"), VECTORS[9])
    assert there.picture(there.item("i1")) == shop / "pictures" / ITEMS[1].path
    assert read_facts(published).title == "Shop" and there.facts.recall is None
    assert (there.facts.backend, there.facts.compared) == ("milvus", ())


def test_an_embedded_database_is_published_to_searched_and_opened_again_by_another_process(shop, tmp_path):
    text = f"milvus+lite:{tmp_path}/embedded.db/shop"
    publish = [sys.executable, "-m", "lbf_model", "publish", str(shop), text, "--pictures", "/elsewhere"]
    told = subprocess.run(publish, cwd=ROOT, capture_output=True, text=True)
    assert told.stdout == f"60 pictures: offer them with app.py --gallery NAME={text}\n", told.stderr
    code = (
        "import sys, numpy as np\nfrom lbf_model.gallery.places import load_gallery, parse_place\n"
        "gallery = load_gallery(parse_place(sys.argv[1]), 'ccc', 'ddd')\n"
        "print(ascii(str(gallery.picture(gallery.item('i2')))), gallery.search(gallery.vector('i4'), 1)[0].id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, text], cwd=ROOT, capture_output=True, text=True, errors="surrogateescape"
    )
    assert done.stdout == ascii(f"/elsewhere/{ITEMS[2].path}") + " i4\n", done.stderr


def test_publishing_again_replaces_what_is_there_and_an_open_gallery_goes_on(milvus, shop, tmp_path):
    address = milvus("again")
    publish_gallery(shop, address)
    before = load_gallery(address, "ccc", "ddd")
    publish_gallery(write_gallery(tmp_path / "fewer", VECTORS[:5]), address)
    after = load_gallery(address, "ccc", "ddd")
    assert (len(before), len(after)) == (60, 5) and before.search(QUERY, 60)[-1].rank == 59, "one of 60 is a copy"
    publish_gallery(shop, address)
    connection = MilvusConnection(address)
    held = [name for name in connection.ask("list_collections") if name.startswith("again_")]
    connection.close()
    assert len(held) == 2, "the present one and the one before"


def test_what_was_not_published_whole_is_not_what_the_address_names(milvus, shop, monkeypatch):
    address = milvus("half")
    publish_gallery(shop, address)
    monkeypatch.setattr(publish, "least_effort", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish_gallery(shop, address, index="hnsw")
    assert len(load_gallery(address, "ccc", "ddd")) == 60
    monkeypatch.undo()
    publish_gallery(shop, address)
    connection = MilvusConnection(address)
    assert len([name for name in connection.ask("list_collections") if name.startswith("half_")]) == 2, "no remains"
    connection.close()


def test_the_recall_of_an_approximate_index_is_measured_and_kept(milvus, tmp_path, monkeypatch):
    address = milvus("approximate")
    many = rng.normal(size=(400, 16)).astype(np.float32)
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    folder = write_gallery(tmp_path / "many", many)
    published = publish_gallery(folder, address, index="hnsw")
    there = load_gallery(address, "ccc", "ddd")
    assert there.facts.recall == published.facts.recall >= 0.98
    assert there.search(many[3], 200)[0].id == "i3", "more results than the effort of a search"
    asked = []
    monkeypatch.setattr(MilvusConnection, "ask", lambda self, *values, **named: asked.append(named) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        there.search(many[3], 200)
    assert asked[0]["search_params"]["params"] == {"ef": 200}


def test_filters_that_leave_many_rows_search_all_first_and_then_those(published, monkeypatch):
    monkeypatch.setattr(searcher, "_FEW", 5)
    gallery = load_gallery(published, "ccc", "ddd")
    exact = VECTORS @ QUERY
    asked = []
    ask = MilvusConnection.ask
    monkeypatch.setattr(MilvusConnection, "ask", lambda self, *v, **n: asked.append(n["filter"]) or ask(self, *v, **n))
    for rows, filters in ((np.arange(0, 60, 2), [""]), (np.argsort(exact)[:8], ["", "row in"])):
        asked.clear()
        scores, found = gallery._searcher.search(QUERY[None], 3, np.sort(rows))
        best = sorted(rows, key=lambda row: -exact[row])[:3]
        assert found[0].tolist() == best and scores[0] == pytest.approx(exact[best], abs=1e-5)
        assert [text[:6] for text in asked] == filters


def test_the_local_copy_is_made_once_and_made_again_where_it_was_altered(published, own_cache, capsys):
    load_gallery(published, "ccc", "ddd")
    assert "copying" in capsys.readouterr().err
    load_gallery(published, "ccc", "ddd")
    assert "copying" not in capsys.readouterr().err
    (copy,) = own_cache.rglob("hashes.npy")
    copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    for name in ("unfinished-by-another", "unfinished-and-abandoned", "of-an-earlier-collection"):
        (copy.parents[1] / name).mkdir()
    os.utime(copy.parents[1] / "unfinished-and-abandoned", (0, 0))
    assert (
        load_gallery(published, "ccc", "ddd").hashes.find_same(load_gallery(published, "ccc", "ddd").hashes.values[59]).tolist()
    )
    assert "copying" in capsys.readouterr().err
    assert len([*own_cache.rglob("items.sqlite")]) == 1
    assert {path.name for path in copy.parents[1].iterdir()} == {copy.parent.name, "unfinished-by-another"}


def test_another_checkpoints_vectors_are_refused_by_name(published):
    with pytest.raises(GalleryError, match=r"milvus\+http://.*/shop: made by compositor ccc, but other is in use"):
        load_gallery(published, "other", "ddd")


def test_nothing_published_and_what_is_no_gallery_are_told_apart(milvus, shop):
    with pytest.raises(GalleryError, match="/none: no gallery was published there"):
        read_facts(milvus("none"))
    connection = MilvusConnection(milvus("foreign"))
    connection.ask("create_collection", "foreign", 4)
    connection.close()
    for call in (lambda: read_facts(milvus("foreign")), lambda: publish_gallery(shop, milvus("foreign"))):
        with pytest.raises(GalleryError, match="/foreign: what is there is not a gallery"):
            call()


@pytest.mark.parametrize("change", [{"item": "{}"}, {"hash": "AAAA"}, {"item": json.dumps({"id": "x", "path": "../x"})}])
def test_a_broken_picture_is_refused(milvus, shop, change):
    address = milvus("broken")
    made = publish_gallery(shop, address)
    connection = MilvusConnection(address)
    (row,) = connection.ask("get", made.name, [5])
    connection.ask("upsert", made.name, [{**row, **change}])
    connection.close()
    with pytest.raises(GalleryError, match="a picture is broken or missing"):
        load_gallery(address, "ccc", "ddd")


def test_a_server_that_is_away_slow_or_stopped_is_one_line_and_others_go_on(shop, tmp_path, monkeypatch):
    away = MilvusAddress.parse(f"milvus+http://127.0.0.1:{free_port()}/shop")
    told = []
    assert leave_out_unavailable({"shop": away, "mine": shop}, told.append) == {"mine": shop}
    assert len(told) == 1 and told[0].startswith(f"left out: {away}: Milvus does not answer") and "\n" not in told[0]
    with pytest.raises(GalleryUnavailable):
        leave_out_unavailable({"shop": away}, told.append)
    monkeypatch.setattr(address_module, "_SECONDS", 0.5)
    with socket.socket() as silent:  # takes connections, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(GalleryUnavailable, match="does not answer"):
            read_facts(MilvusAddress.parse(f"milvus+http://127.0.0.1:{silent.getsockname()[1]}/shop"))


def test_a_gallery_is_searched_again_when_its_server_is_back(shop, tmp_path, monkeypatch):
    with milvus_server(tmp_path / "server") as port:
        address = MilvusAddress.parse(f"milvus+http://127.0.0.1:{port}/shop")
        publish_gallery(shop, address)
        gallery = load_gallery(address, "ccc", "ddd")
        expected = gallery.search(QUERY, 3)
    with pytest.raises(GalleryUnavailable):
        gallery.search(QUERY, 3)
    with milvus_server(tmp_path / "server", port):
        for _ in range(100):  # the client waits before it tries a connection again
            try:
                assert gallery.search(QUERY, 3) == expected
                return
            except GalleryUnavailable:
                time.sleep(0.2)
        pytest.fail("the gallery stays away")


def test_the_catalog_names_why_a_gallery_is_away():
    catalog = Catalog({"mine": "entry"}, None, unavailable={"shop": GalleryUnavailable("away")})
    assert catalog.entry("mine") == "entry"
    with pytest.raises(GalleryUnavailable, match="away"):
        catalog.entry("shop")


NO_ADDRESS = ["http://h:1", "http://u:p@h:1/c", "lite:x/c", "ftp://h/c", "http://h/c/d", "http://h/1c"]
ADDRESSES = ["http://h:1/c", "https://h/c_2", "lite:a/b.db/c", "lite:/a b/b.db/c"]


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_an_address_that_is_none_tells_how_to_write_one(text):
    with pytest.raises(GalleryError, match="write milvus"):
        parse_place(f"milvus+{text}")


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_reads_as_it_was_written(text):
    assert str(parse_place(f"milvus+{text}")) == f"milvus+{text}"


def test_without_the_client_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(GalleryError, match="requirements-milvus"):
        read_facts(MilvusAddress.parse("milvus+http://127.0.0.1:1/c"))
