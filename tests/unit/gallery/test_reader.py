"""A gallery of another checkpoint or format, or with missing, altered or impossible content, is refused."""

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from lbf_model.checksums import checksum, checksums_of, read_record, write_record
from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import GalleryWriter, check_gallery, load_gallery, read_facts, read_unaltered, write_checksums
from tests.earlier_galleries import as_lines
from tests.unit.gallery.small_gallery import FACTS, add, embeddings, flipped, items


@pytest.mark.parametrize("names", [("zzz", "bbb"), ("aaa", "zzz")])
def test_a_gallery_of_another_checkpoint_is_refused(gallery, names):
    with pytest.raises(GalleryError, match="zzz is in use"):
        load_gallery(gallery.place, *names)


def test_another_format_is_a_clear_error(gallery):
    path = gallery.place / "gallery.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    with pytest.raises(GalleryError, match="in format 1, which this version cannot read"):
        load_gallery(gallery.place, "aaa", "bbb")


@pytest.mark.parametrize("change", [{"skipped": None}, {"backend": ["flat"]}, {"root": 5}, {"title": None}])
def test_a_broken_fact_is_a_clear_error(gallery, change):
    path = gallery.place / "gallery.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    write_record(
        gallery.place / "checksums-1.json", read_record(gallery.place / "checksums-1.json") | {path.name: checksum(path)}
    )
    with pytest.raises(GalleryError, match=rf"broken gallery \('?{next(iter(change))} "):
        load_gallery(gallery.place, "aaa", "bbb")


@pytest.mark.parametrize("name", ["gallery.json", "hashes-1.npy", "items-1.sqlite", "vectors-1.faiss"])
def test_missing_and_broken_files_are_clear_errors(gallery, name):
    path = gallery.place / name
    path.write_bytes(b"{broken")
    with pytest.raises(GalleryError):
        load_gallery(gallery.place, "aaa", "bbb")
    path.unlink()
    with pytest.raises(GalleryError):
        load_gallery(gallery.place, "aaa", "bbb")


def vouch(folder):
    """Write checksums of whatever lies there, as somebody else may."""
    write_record(folder / "checksums-1.json", checksums_of(file for file in folder.iterdir() if "checksums" not in file.name))


def alter(table, change, *values):
    """Change a SQLite file."""
    with closing(sqlite3.connect(table)) as connection:
        connection.execute(change, values)
        connection.commit()


def test_every_altered_byte_is_refused_by_the_name_of_its_file(compared):
    rng = random.Random(0)
    files = sorted(compared.place.iterdir())
    assert len(files) == 7
    for file in files:
        whole = file.read_bytes()
        for _ in range(20):
            flipped(file, rng.randrange(len(whole)), 1 << rng.randrange(8))
            with pytest.raises(GalleryError) as refused:
                load_gallery(compared.place, "aaa", "bbb")
            assert file.name in str(refused.value)
            file.write_bytes(whole)
    assert load_gallery(compared.place, "aaa", "bbb").items == compared.items


def test_swapped_ids_and_another_root_are_refused(gallery):
    table, about = gallery.place / "items-1.sqlite", gallery.place / "gallery.json"
    whole = table.read_bytes()
    alter(table, "UPDATE items SET id = CASE id WHEN 'id3' THEN 'id4' ELSE 'id3' END WHERE id IN ('id3', 'id4')")
    with pytest.raises(GalleryError, match=r"items-1\.sqlite: altered.*--update"):
        load_gallery(gallery.place, "aaa", "bbb")
    table.write_bytes(whole)
    about.write_text(about.read_text().replace('"root": "pictures"', '"root": "/"'))
    for read in (read_facts, lambda folder: load_gallery(folder, "aaa", "bbb")):
        with pytest.raises(GalleryError, match=r"gallery\.json: altered"):
            read(gallery.place)


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/passwd", "a/../../b.png"])
def test_a_gallery_that_names_other_files_is_refused(gallery, path):
    alter(gallery.place / "items-1.sqlite", "UPDATE items SET path = ? WHERE row = 3", path.encode())
    with pytest.raises(GalleryError, match="leads out"):
        write_checksums(gallery.place)
    vouch(gallery.place)
    loaded = load_gallery(gallery.place, "aaa", "bbb")
    with pytest.raises(GalleryError, match="leads out"):
        loaded.search(embeddings(20)[3], 1)
    assert loaded.search(embeddings(20)[4], 1)[0].id == "id4"


def test_a_gallery_without_checksums_is_vouched_for_by_hand(gallery):
    record = gallery.place / "checksums-1.json"
    whole = record.read_bytes()
    record.unlink()
    with pytest.raises(GalleryError, match=r"checksums-1\.json: missing.*write-checksums"):
        load_gallery(gallery.place, "aaa", "bbb")
    assert write_checksums(gallery.place) == record and record.read_bytes() == whole
    assert load_gallery(gallery.place, "aaa", "bbb").items == gallery.items


@pytest.mark.parametrize("wrong, told", [(np.nan, "without unit length, such as that of 'id3'"), (5.0, "without unit length")])
def test_what_cannot_be_true_is_not_vouched_for(tmp_path, wrong, told):
    vectors = embeddings(5)
    vectors[3, 2] = wrong
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, items(5), vectors)
    writer.finish([])
    for check in (write_checksums, check_gallery):
        with pytest.raises(GalleryError, match=told):
            check(tmp_path / "g")


def test_row_numbers_out_of_order_and_ids_that_stand_twice_are_not_vouched_for(gallery, tmp_path):
    as_lines(gallery.place)
    index = gallery.place / "vectors-1.faiss"
    whole = index.read_bytes()
    last = len(whole) - 8
    assert whole[last] == 19, "the last row number"
    flipped(index, last)
    with pytest.raises(GalleryError, match="numbered out of order"):
        write_checksums(gallery.place)
    writer = GalleryWriter(tmp_path / "twice", FACTS)
    add(writer, [replace(item, id="same") for item in items(2)], embeddings(2))
    writer.finish([])
    with pytest.raises(GalleryError, match="two pictures share one id"):
        check_gallery(tmp_path / "twice")


def test_a_check_names_everything_that_does_not_fit(compared):
    assert check_gallery(compared.place) == 20
    flipped(compared.place / "vectors-1-ccc.faiss", -9)
    (compared.place / "hashes-1.npy").unlink()
    with pytest.raises(GalleryError, match=r"hashes-1\.npy: missing; .*vectors-1-ccc\.faiss: altered.*--update"):
        check_gallery(compared.place)
    left = read_unaltered(compared.place)
    assert left.items == compared.items and left.hashes is None and left.backends.keys() == {"aaa", "ddd"}
