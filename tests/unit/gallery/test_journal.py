"""The journal of an unfinished gallery keeps what is complete, and belongs to the compositors that began it."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError, GalleryFacts
from lbf_model.gallery.store import GalleryWriter
from tests.unit.gallery.small_gallery import FACTS, TWO, add, both, embeddings, items


def test_an_interrupted_build_keeps_what_is_complete(tmp_path):
    folder = tmp_path / "g"
    add(GalleryWriter(folder, FACTS), items(5), embeddings(5))
    with (folder / "items.jsonl.part").open("a") as file:
        file.write('{"id": "cut o')
    with (folder / "vectors.part").open("ab") as file:
        file.write(b"12345")
    writer = GalleryWriter(folder, FACTS)
    assert [i.id for i in writer.items] == [f"id{i}" for i in range(5)]
    add(writer, items(3, first=5), embeddings(8)[5:])
    gallery = writer.finish([])
    assert np.array_equal(gallery.vectors()[:5], embeddings(5)) and len(gallery) == 8


def test_another_checkpoint_cannot_go_on_with_it(tmp_path):
    add(GalleryWriter(tmp_path / "g", FACTS), items(1), embeddings(1))
    with pytest.raises(GalleryError, match="unfinished"):
        GalleryWriter(tmp_path / "g", GalleryFacts("other", "bbb", 8, "pictures"))


def test_an_interrupted_build_may_go_on_with_another_back_end(tmp_path):
    add(GalleryWriter(tmp_path / "g", FACTS), items(5), embeddings(5))
    assert len(GalleryWriter(tmp_path / "g", replace(FACTS, backend="hnsw", title="new")).items) == 5


def test_compared_vectors_are_cut_back_with_the_others(tmp_path):
    folder = tmp_path / "g"
    add(GalleryWriter(folder, TWO), items(5), embeddings(5), both(5))
    cut = folder / "vectors-ddd.part"
    cut.write_bytes(cut.read_bytes()[:-1])
    writer = GalleryWriter(folder, TWO)
    assert len(writer.items) == len(writer.vectors()) == len(writer.vectors("ccc")) == len(writer.vectors("ddd")) == 4
    add(writer, items(1, first=4), embeddings(5)[4:], {name: of[4:] for name, of in both(5).items()})
    writer.finish([])
    add(GalleryWriter(tmp_path / "whole", TWO), items(5), embeddings(5), both(5))
    GalleryWriter(tmp_path / "whole", TWO).finish([])
    there = sorted(p.name for p in folder.iterdir())
    vectors = [f"vectors-1{name}.faiss" for name in ("-ccc", "-ddd", "")]
    assert there == ["checksums-1.json", "gallery.json", "hashes-1.npy", "items-1.sqlite", *vectors]
    assert all((folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes() for name in there)
    (tmp_path / "lost").mkdir()
    add(GalleryWriter(tmp_path / "lost", TWO), items(5), embeddings(5), both(5))
    (tmp_path / "lost" / "vectors-ccc.part").unlink()
    assert not GalleryWriter(tmp_path / "lost", TWO).items


def test_a_journal_belongs_to_the_same_compared_compositors(tmp_path):
    writer = GalleryWriter(tmp_path / "g", TWO)
    with pytest.raises(GalleryError, match="unfinished"):
        GalleryWriter(tmp_path / "g", FACTS)
    with pytest.raises(ValueError, match="embeddings of aaa, but the gallery holds aaa, ccc, ddd"):
        add(writer, items(1), embeddings(1))
    assert not writer.items and not len(writer.vectors())


@pytest.mark.parametrize("name", ["items.jsonl.part", "hashes.part", "vectors.part", "vectors-ccc.part"])
def test_a_journal_is_kept_up_to_what_was_zeroed(tmp_path, name):
    folder = tmp_path / "g"
    add(GalleryWriter(folder, TWO), items(5), embeddings(5), both(5))
    content = (folder / name).read_bytes()
    third = content.replace(b"\n", b" ", 2).index(b"\n") + 1 if "items" in name else 3 * len(content) // 5
    (folder / name).write_bytes(content[:third] + bytes(len(content) - third))
    writer = GalleryWriter(folder, TWO)
    assert [i.id for i in writer.items] == ["id0", "id1", "id2"]
    assert np.array_equal(writer.vectors("ccc"), both(5)["ccc"][:3]) and len(writer.hashes()) == 3
    assert writer.lost == "" if "items" in name else "broken after 3 pictures" in writer.lost


def test_a_line_of_zeros_is_named_and_what_stands_before_it_kept(tmp_path):
    folder = tmp_path / "g"
    add(GalleryWriter(folder, FACTS), items(3), embeddings(3))
    lines = (folder / "items.jsonl.part").read_bytes().split(b"\n")
    lines[1] = bytes(len(lines[1]))
    (folder / "items.jsonl.part").write_bytes(b"\n".join(lines))
    writer = GalleryWriter(folder, FACTS)
    assert [i.id for i in writer.items] == ["id0"]
    assert writer.lost == "items.jsonl.part, or what belongs to it: broken after 1 pictures"


@pytest.mark.parametrize("content", [b"", bytes(50), b'{"for'])
def test_a_journal_whose_beginning_is_broken_is_told_by_its_checksums(tmp_path, content):
    folder = tmp_path / "g"
    add(GalleryWriter(folder, FACTS), items(3), embeddings(3))
    (folder / "gallery.json.part").write_bytes(content)
    writer = GalleryWriter(folder, FACTS)
    assert len(writer.items) == 3 and writer.lost == "gallery.json.part: broken"
    (folder / "gallery.json.part").write_bytes(content)
    assert not GalleryWriter(folder, replace(FACTS, compositor="other")).items, "added by another compositor"


def test_a_journal_keeps_its_pictures_on_disk(tmp_path):
    writer, made = GalleryWriter(tmp_path / "gallery", FACTS), items(5)
    for some in (made[:2], made[2:]):
        add(writer, some, embeddings(len(some)))
    assert list(writer.items) == made and [writer.items[row] for row in (4, 0)] == [made[4], made[0]]
    assert writer.items[0] is not writer.items[0], "read anew each time"
    assert isinstance(writer.vectors(), np.memmap) and isinstance(writer.hashes(), np.memmap)
    again = GalleryWriter(tmp_path / "gallery", FACTS).items
    assert list(again) == made and again[3] == made[3]
    with pytest.raises(IndexError):
        again[5]
