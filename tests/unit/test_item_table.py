"""Pictures come back from the table as they went in, and what somebody else wrote into it is not trusted."""

import errno
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.gallery import item_table
from lbf_model.gallery.item_table import ItemTable, write_items
from lbf_model.gallery.items import GalleryError, GalleryItem


def region(label):
    return {"box": [0.0, 1.5, 2.0, 3.0], "score": 0.5, "label": label}


ITEMS = [
    GalleryItem("a", "a.png", "one", (region("red cube"), region("red cube")), "d0", 10, 10**18),
    GalleryItem("b", "summer/b.png", "“two”", (region("red cube"), region("blue cube")), "d1", 11, 12),
    GalleryItem("c", os.fsdecode(b"summer/caf\xe9.png"), "", (), "d1", 0, 0, "b"),
    GalleryItem("d", "summer/at sea/d.png", "four", (region("blue cube"),), "d3"),
]
FIRST = [0, 1, 1, 3]


@pytest.fixture
def file(tmp_path):
    write_items(tmp_path / "items.sqlite", ITEMS, FIRST)
    return tmp_path / "items.sqlite"


@pytest.fixture(params=["on disk", "in memory"])
def table(request, file):
    return ItemTable.open(file) if request.param == "on disk" else ItemTable.hold(ITEMS, FIRST, "here")


def test_items_come_back_as_they_went_in(table):
    assert len(table) == 4 and list(table) == ITEMS and table == ITEMS and table != ITEMS[:3]
    assert [table[row] for row in range(4)] == ITEMS and table[-1] == ITEMS[3] and table[np.int64(2)] == ITEMS[2]
    assert table[1:3] == tuple(ITEMS[1:3]) and table[::-2] == tuple(ITEMS[::-2])
    assert table != [*ITEMS[:3], replace(ITEMS[3], caption="other")]
    for outside in (4, -5):
        with pytest.raises(IndexError):
            table[outside]
    assert table.check() == []


def test_items_are_found_by_id_and_by_their_pixels(table):
    assert [table.row_of(id) for id in "abcd"] == [0, 1, 2, 3] and table.row_of("e") is None
    assert [table.row_with_digest(f"d{i}") for i in range(4)] == [0, 1, None, 3]


def test_what_shows_the_same_picture_is_told_by_rows(table):
    assert table.first_rows().tolist() == FIRST and table.first_rows().dtype == np.int64


def test_labels_and_folders_name_the_rows_that_have_them(table):
    assert table.names("label") == {"blue cube": 2, "red cube": 3}, "a label counts regions"
    assert table.names("folder") == {"": 1, "summer": 2, "summer/at sea": 1}
    assert table.rows_with("label", ["red cube"]).tolist() == [0, 1]
    assert table.rows_with("label", ["red cube", "blue cube", "green"]).tolist() == [0, 1, 3]
    assert table.rows_with("folder", ["summer"]).tolist() == [1, 2]
    assert table.rows_with("folder", []).dtype == np.int64 and not len(table.rows_with("label", ["summer"]))


def test_the_same_items_make_the_same_bytes(file, tmp_path):
    (tmp_path / "again").write_bytes(b"there already")
    write_items(tmp_path / "again", ITEMS, FIRST)
    assert (tmp_path / "again").read_bytes() == file.read_bytes()
    assert not {p.name for p in tmp_path.iterdir()} - {"again", "items.sqlite"}


def test_little_of_a_table_is_kept_in_memory(file, monkeypatch):
    monkeypatch.setattr(item_table, "_REMEMBERED", 2)
    table = ItemTable.open(file)
    for _ in range(3):
        assert [table[row].id for row in range(4)] == list("abcd")
    assert table._remember.cache_info().currsize == 2


def test_an_open_file_cannot_be_written_to(file):
    table = ItemTable.open(file)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        table._database.connection.execute("DELETE FROM items")


def test_a_table_that_nobody_uses_is_closed_at_once(file):
    table = ItemTable.open(file)
    connection = table._database.connection
    assert table[0].id == "a"
    del table
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_threads_may_share_a_table(file):
    table = ItemTable.open(file)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda n: (table[n % 4], table.row_of("abcd"[n % 4])), range(400))) == [
            (ITEMS[n % 4], n % 4) for n in range(400)
        ]


def alter(file, *changes):
    with closing(sqlite3.connect(file)) as connection:
        for change in changes:
            connection.execute(change)
        connection.commit()


@pytest.mark.parametrize(
    "change, told",
    [
        ("UPDATE items SET path = CAST('../../secret.png' AS BLOB) WHERE row = 1", "leads out of the picture folder"),
        ("UPDATE items SET path = 'b.png' WHERE row = 1", "values of the wrong type"),
        ("UPDATE items SET id = x'62' WHERE row = 1", "values of the wrong type"),
        ("UPDATE items SET size = 'large' WHERE row = 1", "values of the wrong type"),
        ("UPDATE items SET regions = '{broken' WHERE row = 1", "broken"),
        ("UPDATE items SET regions = '3' WHERE row = 1", "broken"),
        ("""UPDATE items SET regions = '[{"score": 0.5, "label": "red"}]' WHERE row = 1""", "not a list of regions"),
        (
            """UPDATE items SET regions = '[{"box": [0, 1, 2], "score": 0.5, "label": "red"}]' WHERE row = 1""",
            "not a list of regions",
        ),
        (
            """UPDATE items SET regions = '[{"box": "abcd", "score": 0.5, "label": "red"}]' WHERE row = 1""",
            "not a list of regions",
        ),
        (
            """UPDATE items SET regions = '[{"box": [0, 1, 2, 3], "score": 0.5, "label": 7}]' WHERE row = 1""",
            "not a list of regions",
        ),
        (
            """UPDATE items SET regions = '[{"box": [0, 1, 2, NaN], "score": 1, "label": "a"}]' WHERE row = 1""",
            "not a list of regions",
        ),
        ("UPDATE items SET first = 9 WHERE row = 1", "is a copy of one that is missing|a copy comes before"),
    ],
)
def test_a_picture_that_somebody_altered_is_refused_when_it_is_read(file, change, told):
    alter(file, change)
    table = ItemTable.open(file)
    assert table[0].id == "a"
    for read in (lambda: table[1], table.check):
        with pytest.raises(GalleryError, match=told):
            for _ in range(2):
                read()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM items; END",
        "DROP INDEX copies",
        "ALTER TABLE items ADD COLUMN more TEXT",
    ],
)
def test_other_tables_than_those_of_a_gallery_are_refused(file, change):
    alter(file, change)
    with pytest.raises(GalleryError, match="not the tables of a gallery"):
        ItemTable.open(file)


def test_what_cannot_be_true_is_found(file):
    alter(file, "UPDATE items SET id = 'a', path = (SELECT path FROM items WHERE row = 0) WHERE row = 3")
    assert [wrong.partition(": ")[2] for wrong in ItemTable.open(file).check()] == [
        "two pictures share one id",
        "two pictures share one path",
    ]


@pytest.mark.parametrize("change", ["UPDATE items SET row = 7 WHERE row = 3", "UPDATE items SET row = -1 WHERE row = 0"])
def test_rows_are_numbered_from_0(file, change):
    alter(file, change)
    with pytest.raises(GalleryError, match="not numbered from 0"):
        ItemTable.open(file)


def test_a_copy_stands_after_what_it_is_a_copy_of(file):
    alter(file, "UPDATE items SET first = 3 WHERE row = 1")
    with pytest.raises(GalleryError, match="a copy comes before"):
        ItemTable.open(file).first_rows()


def test_rows_of_a_label_that_are_not_there_are_refused(file):
    alter(file, "UPDATE held_by SET rows = x'ff000000' WHERE name = 'summer'")
    with pytest.raises(GalleryError, match="row 255 of 4"):
        ItemTable.open(file).rows_with("folder", ["summer"])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE items SET first = x'41' WHERE row = 1",
        "UPDATE items SET first = 1e300 WHERE row = 1",
        "UPDATE items SET first = 0.5 WHERE row = 1",
        "UPDATE items SET regions = '[1, 2]' WHERE row = 1",
        "UPDATE items SET regions = '\"abc\"' WHERE row = 1",
        "UPDATE held_by SET rows = x'000000' WHERE name = 'summer'",
        "UPDATE held_by SET rows = 'abcd' WHERE name = 'summer'",
        "UPDATE held_by SET times = 'x' WHERE name = 'summer'",
        "UPDATE held_by SET name = x'41' WHERE name = 'summer'",
    ],
)
def test_values_of_another_kind_are_told_as_a_broken_gallery(file, change):
    alter(file, change)
    with pytest.raises(GalleryError, match="broken"):
        ItemTable.open(file).check()


def test_half_a_character_names_no_picture(table):
    assert table.row_of("\ud800") is None


def test_missing_and_broken_files_are_told_apart(file, tmp_path):
    with pytest.raises(FileNotFoundError):
        ItemTable.open(tmp_path / "none")
    for content in (b"{broken", b"", file.read_bytes()[:5000]):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(GalleryError, match=r"broken|not the tables"):
            ItemTable.open(tmp_path / "broken").check()


def test_a_full_disk_is_told_as_the_system_does(tmp_path, monkeypatch):
    def full(path):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA max_page_count = 4")
        return connection

    stand_in = {name: getattr(sqlite3, name) for name in ("OperationalError", "SQLITE_FULL", "Error")}
    monkeypatch.setattr(item_table, "sqlite3", SimpleNamespace(connect=full, **stand_in))
    with pytest.raises(OSError) as refusal:
        write_items(tmp_path / "items.sqlite", ITEMS * 100, [0] * 400)
    assert refusal.value.errno == errno.ENOSPC
