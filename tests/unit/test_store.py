"""A gallery finds itself, keeps its order, resumes, and refuses strangers."""

import itertools
import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from lbf_model.checksums import checksums_of, write_record
from lbf_model.gallery.items import CompositorFacts, GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.store import (
    GalleryWriter,
    check_gallery,
    load_gallery,
    only_writer,
    read_facts,
    read_unaltered,
    write_checksums,
)
from tests.earlier_galleries import as_lines
from tests.server import ROOT
from tests.small import random_hashes

FACTS = GalleryFacts("aaa", "bbb", 8, "pictures")
TWO = replace(FACTS, compared=(CompositorFacts("ccc", "css-concat", "concat", 8), CompositorFacts("ddd", "css-sum", "sum", 12)))


def items(count, first=0):
    return [
        GalleryItem(f"id{i}", f"{i}.png", f"caption {i}", ({"box": [0, 0, 1, 1], "score": 1.0, "label": "x"},), f"digest {i}")
        for i in range(first, first + count)
    ]


def embeddings(count, seed=0, width=8):
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def add(writer, items, *vectors):
    """Append items with hashes that tell them apart as their digests do."""
    writer.add(items, random_hashes(items), *vectors)


@pytest.fixture
def gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, items(20), embeddings(20))
    return writer.finish([{"path": "bad.png", "reason": "broken"}])


def test_every_item_finds_itself_first(gallery):
    for row, vector in enumerate(embeddings(20)):
        best = gallery.search(vector, 1)[0]
        assert best.id == f"id{row}" and best.rank == 1
        assert best.score == pytest.approx(1, abs=1e-5)
        assert best.path.endswith(f"{row}.png") and best.caption == f"caption {row}"


def test_scores_fall_and_ranks_count(gallery):
    matches = gallery.search(embeddings(1, seed=5)[0], 20)
    assert [m.rank for m in matches] == list(range(1, 21))
    assert all(a.score >= b.score for a, b in itertools.pairwise(matches))
    scores = embeddings(20) @ embeddings(1, seed=5)[0]
    assert [m.id for m in matches] == [f"id{i}" for i in np.argsort(-scores)]


def test_more_results_than_pictures_gives_all(gallery):
    assert len(gallery.search(embeddings(1)[0], 500)) == 20


def test_the_reference_itself_can_be_left_out(gallery):
    matches = gallery.search(embeddings(20)[3], 20, exclude=["id3"])
    assert len(matches) == 19 and "id3" not in {m.id for m in matches}
    assert [m.rank for m in matches] == list(range(1, 20))
    assert len(gallery.search(embeddings(20)[3], 5, exclude=["not there"])) == 5


def test_equal_scores_keep_the_order_of_the_gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, items(6), np.repeat(embeddings(1), 6, axis=0))
    found = writer.finish([]).search(embeddings(1)[0], 6)
    assert [m.id for m in found] == [f"id{i}" for i in range(6)]


def test_saved_and_loaded_is_the_same(gallery):
    loaded = load_gallery(gallery.place, "aaa", "bbb")
    query = embeddings(1, seed=9)[0]
    assert loaded.search(query, 20) == gallery.search(query, 20)
    assert loaded.items == gallery.items
    assert np.array_equal(loaded.vectors(), embeddings(20))
    assert loaded.skipped == gallery.skipped == ({"path": "bad.png", "reason": "broken"},)
    assert read_facts(gallery.place) == loaded.facts == FACTS
    assert not list(gallery.place.glob("*.part"))


@pytest.mark.parametrize("names", [("zzz", "bbb"), ("aaa", "zzz")])
def test_a_gallery_of_another_checkpoint_is_refused(gallery, names):
    with pytest.raises(GalleryError, match="zzz is in use"):
        load_gallery(gallery.place, *names)


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


def test_an_empty_gallery_is_refused(tmp_path):
    with pytest.raises(GalleryError, match="no readable picture"):
        GalleryWriter(tmp_path / "g", FACTS).finish([])


@pytest.mark.parametrize("name", ["gallery.json", "hashes-1.npy", "items-1.sqlite", "vectors-1.faiss"])
def test_missing_and_broken_files_are_clear_errors(gallery, name):
    path = gallery.place / name
    path.write_bytes(b"{broken")
    with pytest.raises(GalleryError):
        load_gallery(gallery.place, "aaa", "bbb")
    path.unlink()
    with pytest.raises(GalleryError):
        load_gallery(gallery.place, "aaa", "bbb")


def test_another_format_is_a_clear_error(gallery):
    path = gallery.place / "gallery.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    with pytest.raises(GalleryError, match="format 1, but 4 is read"):
        load_gallery(gallery.place, "aaa", "bbb")


@pytest.fixture
def repeated(tmp_path):
    """Ten pictures, of which 0, 4 and 7 are the same, and so are 2 and 3."""
    same = {4: 0, 7: 0, 3: 2}
    vectors = embeddings(10)
    for row, other in same.items():
        vectors[row] = vectors[other]
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, [replace(item, digest=f"digest {same.get(i, i)}") for i, item in enumerate(items(10))], vectors)
    return writer.finish([])


def test_the_same_picture_is_one_match_that_names_the_others(repeated):
    for count in range(1, 12):
        matches = repeated.search(embeddings(10)[0], count)
        assert len(matches) == min(count, 7), "the count is kept where there are so many different pictures"
        assert matches[0].id == "id0" and matches[0].duplicates == ("id4", "id7")
        assert [m.rank for m in matches] == list(range(1, len(matches) + 1))
    assert {m.id: m.duplicates for m in matches}["id2"] == ("id3",)
    assert {m.id: m.duplicates for m in matches}["id5"] == ()


def test_leaving_the_reference_out_leaves_out_its_duplicates(repeated):
    for one in ("id0", "id4", "id7"):
        matches = repeated.search(embeddings(10)[0], 6, exclude=[one])
        assert len(matches) == 6 and not {"id0", "id4", "id7"} & {m.id for m in matches}


def test_a_gallery_is_whole_until_the_next_one_is_finished(gallery):
    folder = gallery.place
    writer = GalleryWriter(folder, FACTS)
    add(writer, items(3), embeddings(3))
    add(writer, [replace(items(1)[0], caption="new")], embeddings(1))
    assert load_gallery(folder, "aaa", "bbb").items == gallery.items
    chosen = writer.finish([], ["2.png", "0.png"])
    assert load_gallery(folder, "aaa", "bbb").items == chosen.items
    assert [(i.id, i.caption) for i in chosen.items] == [("id2", "caption 2"), ("id0", "new")]
    assert np.array_equal(chosen.vectors(), embeddings(3)[[2, 0]])
    assert sorted(p.name for p in folder.iterdir()) == [
        "checksums-2.json",
        "gallery.json",
        "hashes-2.npy",
        "items-2.sqlite",
        "vectors-2.faiss",
    ]


def test_an_item_stands_where_search_ranks_it(gallery):
    queries = embeddings(3, seed=5)
    for exclude in ((), ("id4",)):
        for query in queries:
            for match in gallery.search(query, 20, exclude):
                scores, ranks = gallery.rank(query[None], match.id, exclude)
                assert ranks[0] == match.rank and scores[0] == pytest.approx(match.score, abs=1e-5)
    scores, ranks = gallery.rank(queries, "id7")
    assert scores.shape == ranks.shape == (3,)
    assert np.allclose(gallery.vector("id7"), embeddings(20)[7])
    with pytest.raises(GalleryError, match="no picture 'elsewhere'"):
        gallery.rank(queries, "elsewhere")


def test_pictures_that_stand_several_times_count_once_in_a_rank(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    vectors = embeddings(3)[[0, 0, 1, 2]]
    add(writer, [replace(item, digest=f"d{max(i - 1, 0)}") for i, item in enumerate(items(4))], vectors)
    gallery = writer.finish([])
    query = vectors[0]
    for match in gallery.search(query, 4):
        assert gallery.rank(query[None], match.id)[1][0] == match.rank
    assert gallery.rank(query[None], "id1")[1][0] == 1


# Compared compositors


def both(count):
    """Embeddings of the two compared compositors."""
    return {"ccc": embeddings(count, seed=1), "ddd": embeddings(count, seed=2, width=12)}


@pytest.fixture
def compared(tmp_path):
    """Twenty pictures with vectors of three compositors; pictures 0 and 4 are the same."""
    writer = GalleryWriter(tmp_path / "g", TWO)
    some, main, others = items(20), embeddings(20), both(20)
    some[4] = replace(some[4], digest=some[0].digest)
    for vectors in (main, *others.values()):
        vectors[4] = vectors[0]
    add(writer, some, main, others)
    return writer.finish([])


def test_a_gallery_answers_for_compared_compositors_as_for_its_own(compared):
    loaded = load_gallery(compared.place, "aaa", "bbb")
    assert read_facts(compared.place) == loaded.facts == TWO
    for gallery in (compared, loaded):
        for name, vectors in both(20).items():
            view = gallery.seen_by(name)
            assert view.items == gallery.items and view.facts.embedding_width == vectors.shape[1]
            query = embeddings(1, seed=5, width=vectors.shape[1])[0]
            matches = view.search(query, 20, exclude=["id3"])
            assert len(matches) == 18 and {m.id: m.duplicates for m in matches}["id0"] == ("id4",)
            exact = {f"id{i}": score for i, score in enumerate(vectors @ query)}
            assert all(m.score == pytest.approx(exact[m.id], abs=2e-4) for m in matches), "float16 is exact enough"
            assert [m.id for m in matches] == sorted((m.id for m in matches), key=lambda id: -exact[id])
            for match in matches:
                scores, ranks = view.rank(query[None], match.id, ["id3"])
                assert ranks[0] == match.rank and scores[0] == pytest.approx(match.score, abs=1e-5)
        assert np.array_equal(gallery.vectors(), gallery.seen_by("aaa").vectors())
    query = embeddings(1, seed=5)[0]
    assert [m.id for m in compared.search(query, 20)] != [m.id for m in compared.seen_by("ccc").search(query, 20)]


def test_stored_compared_vectors_survive_being_stored_again(compared, tmp_path):
    writer = GalleryWriter(tmp_path / "again", TWO)
    add(writer, compared.items, compared.vectors(), {name: compared.seen_by(name).vectors() for name in ("ccc", "ddd")})
    writer.finish([])
    for name in ("hashes-1.npy", "vectors-1.faiss", "vectors-1-ccc.faiss", "vectors-1-ddd.faiss", "gallery.json"):
        assert (tmp_path / "again" / name).read_bytes() == (compared.place / name).read_bytes()
    assert len(load_gallery(tmp_path / "again", "aaa", "bbb").seen_by("ddd").vector("id7")) == 12


def test_vectors_that_a_gallery_does_not_hold_are_a_clear_error(compared, gallery):
    with pytest.raises(GalleryError, match="no vectors of compositor zzz"):
        compared.seen_by("zzz")
    with pytest.raises(GalleryError, match="no vectors of compositor aaa"):
        compared.seen_by("ccc").seen_by("aaa")
    with pytest.raises(GalleryError, match="no vectors"):
        gallery.seen_by("ccc")


def test_a_gallery_from_before_there_were_compared_compositors_loads(gallery, capsys):
    path = gallery.place / "gallery.json"
    about = json.loads(path.read_text())
    assert about.pop("compared") == []
    path.write_text(json.dumps(about))
    write_checksums(gallery.place)
    assert load_gallery(gallery.place, "aaa", "bbb").facts == read_facts(gallery.place) == FACTS
    assert capsys.readouterr() == ("", "")


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


def test_outdated_compared_vectors_are_deleted_last(compared):
    writer = GalleryWriter(compared.place, FACTS)
    add(writer, items(2), embeddings(2))
    (compared.place / "vectors-1.graph").write_bytes(b"of a back end that this version does not know")
    assert load_gallery(compared.place, "aaa", "bbb").facts == TWO
    writer.finish([])
    assert sorted(p.name for p in compared.place.iterdir()) == [
        "checksums-2.json",
        "gallery.json",
        "hashes-2.npy",
        "items-2.sqlite",
        "vectors-2.faiss",
    ]


@pytest.mark.parametrize("spoil", ["missing", "broken", "short", "records"])
def test_broken_compared_vectors_are_clear_errors(compared, spoil):
    path = compared.place / "vectors-1-ccc.faiss"
    if spoil == "missing":
        path.unlink()
    elif spoil == "broken":
        path.write_bytes(b"{broken")
    elif spoil == "short":
        (compared.place / "vectors-1-ddd.faiss").replace(path)
        (compared.place / "vectors-1-ddd.faiss").write_bytes(path.read_bytes())
    else:
        about = compared.place / "gallery.json"
        about.write_text(json.dumps({**json.loads(about.read_text()), "compared": [{"name": "x"}]}))
    with pytest.raises(GalleryError, match=r"missing|altered"):
        load_gallery(compared.place, "aaa", "bbb")
    with pytest.raises(GalleryError, match=r"missing|broken|vectors of ccc"):
        write_checksums(compared.place)


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


# Earlier formats


def test_a_gallery_of_lines_is_read_as_the_present_one(compared, capsys):
    whole, query = list(compared.items), embeddings(1, seed=5)[0]
    found, scores = compared.search(query, 20, ["id3"]), compared.rank(query[None], "id7")
    as_lines(compared.place)
    loaded = load_gallery(compared.place, "aaa", "bbb")
    assert read_facts(compared.place) == loaded.facts == TWO
    assert loaded.items == whole and whole[4].copy_of == "id0" and loaded.labels() == compared.labels() == {"x": 20}
    assert loaded.search(query, 20, ["id3"]) == found and loaded.rank(query[None], "id7") == scores
    for name in ("aaa", "ccc", "ddd"):
        assert np.array_equal(loaded.seen_by(name).vectors(), compared.seen_by(name).vectors())
    assert check_gallery(compared.place) == 20 and capsys.readouterr() == ("", "")


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/passwd", "a/../../b.png"])
def test_lines_that_name_other_files_are_refused(gallery, path):
    lines = as_lines(gallery.place)
    lines.write_text(lines.read_text().replace('"3.png"', json.dumps(path)))
    with pytest.raises(GalleryError, match="leads out"):
        write_checksums(gallery.place)


# Approximate back ends


@pytest.mark.parametrize("backend", ["hnsw", "ivf-pq"])
def test_a_gallery_keeps_how_it_is_searched_and_how_well(tmp_path, backend):
    folder, count = tmp_path / "g", 400
    writer = GalleryWriter(folder, replace(TWO, backend=backend))
    add(writer, items(count), embeddings(count), both(count))
    made = writer.finish([])
    loaded = load_gallery(folder, "aaa", "bbb")
    assert loaded.facts == made.facts == read_facts(folder) and loaded.facts.backend == backend
    assert 0.9 < loaded.facts.recall <= 1
    query = embeddings(1, seed=5)[0]
    assert loaded.search(query, 5, ["id3"]) == made.search(query, 5, ["id3"])
    for match in loaded.search(query, 5):
        assert loaded.rank(query[None], match.id)[0] == pytest.approx(match.score, abs=1e-5)
    exact = loaded.seen_by("ccc")
    assert (exact.facts.backend, exact.facts.recall) == ("flat", None)
    assert [m.id for m in exact.search(query, 5)] == [f"id{row}" for row in np.argsort(-(both(count)["ccc"] @ query))[:5]]
    assert check_gallery(folder) == count
    flipped(folder / "vectors-1.index", 200)
    with pytest.raises(GalleryError, match=r"vectors-1\.index: altered"):
        load_gallery(folder, "aaa", "bbb")
    assert read_unaltered(folder).backends.keys() == {"ccc", "ddd"}
    writer = GalleryWriter(folder, replace(TWO, backend="auto"))
    add(writer, items(3), embeddings(3), both(3))
    assert writer.finish([]).facts == TWO and not list(folder.glob("*.index"))


def test_an_interrupted_build_may_go_on_with_another_back_end(tmp_path):
    add(GalleryWriter(tmp_path / "g", FACTS), items(5), embeddings(5))
    assert len(GalleryWriter(tmp_path / "g", replace(FACTS, backend="hnsw", title="new")).items) == 5


# One writer


def test_one_process_writes_a_folder_and_lets_go_when_it_dies(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom lbf_model.gallery.store import only_writer\n"
        "with only_writer(Path(sys.argv[1])):\n    print('writing', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "g")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"writing\n"
        with pytest.raises(GalleryError, match=r"/g: is being written by another index"), only_writer(tmp_path / "g"):
            pass
        other.kill()
    with only_writer(tmp_path / "g"):
        pass


# Checksums


def vouch(folder):
    """Write checksums of whatever lies there, as somebody else may."""
    write_record(folder / "checksums-1.json", checksums_of(file for file in folder.iterdir() if "checksums" not in file.name))


def alter(table, change, *values):
    """Change a SQLite file."""
    with closing(sqlite3.connect(table)) as connection:
        connection.execute(change, values)
        connection.commit()


def flipped(path, place, bit=1):
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    path.write_bytes(content)


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


# A journal that a power cut or another program spoiled


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
