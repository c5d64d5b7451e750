"""A gallery follows its folder: files come, go and change, twice the same picture is encoded once, nothing is lost."""

import gc
import os
import sys
from copy import copy

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.build import build_gallery, build_steps
from lbf_model.indexing.encode import EncodedPicture
from lbf_model.indexing.read import list_folder
from lbf_model.interface.gradio_cache import cached_copy
from lbf_model.retrieval.compare import load_compared
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.vision.pictures import load_picture
from tests.earlier_galleries import as_without_hashes
from tests.unit.test_retriever import Counting, embed


def draw(path, seed):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 60, 3), np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures, two of them in a sub-folder."""
    root = tmp_path / "pictures"
    root.mkdir()
    for i in range(12):
        draw(root / ("sub" if i > 9 else "") / f"{i:02d}.png", i)
    return root


@pytest.fixture
def out(tmp_path):
    return tmp_path / "gallery"


def index(retriever, folder, out, **options):
    listing = list_folder(folder)
    return build_gallery(retriever, folder, listing.entries, out, unseen=listing.unseen, **options)


def counts(changes):
    return changes.added, changes.changed, changes.removed, changes.kept


def test_an_update_encodes_only_what_is_new(retriever, folder, out):
    first, _ = index(retriever, folder, out)
    vectors = dict(zip((i.path for i in first.items), first.vectors(), strict=True))
    draw(folder / "new.png", 50)
    draw(folder / "03.png", 51)
    (folder / "05.png").unlink()
    (folder / "06.png").write_bytes(b"broken by now")
    os.utime(folder / "07.png", ns=(1, 1))  # another time, the same pixels
    counting = Counting(retriever)
    second, changes = index(counting, folder, out, update=True)
    assert counting.pictures == 2
    assert counts(changes) == (1, 1, 2, 9)
    assert [s["path"] for s in changes.skipped] == ["06.png"]
    assert [i.path for i in second.items] == [e.path for e in list_folder(folder).entries if e.path != "06.png"]
    for item, vector in zip(second.items, second.vectors(), strict=True):
        assert np.array_equal(vector, vectors.get(item.path)) == (item.path not in ("new.png", "03.png"))
    third, changes = index(Counting(retriever, stop_after=0), folder, out, update=True)
    assert counts(changes) == (0, 0, 0, 11) and third.items == second.items


def test_an_updated_gallery_is_the_one_built_anew(retriever, folder, out, tmp_path):
    index(retriever, folder, out)
    draw(folder / "03.png", 51)
    draw(folder / "00a.png", 52)
    updated, _ = index(retriever, folder, out, update=True)
    anew, _ = index(retriever, folder, tmp_path / "anew")
    assert updated.items == anew.items
    assert updated.vectors() == pytest.approx(anew.vectors(), abs=1e-5)
    assert retriever.open_gallery(out).items == updated.items


def test_an_interrupted_update_leaves_the_old_gallery_and_goes_on(retriever, folder, out):
    old, _ = index(retriever, folder, out)
    for i in range(20):
        draw(folder / f"more{i:02d}.png", 100 + i)
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=10), folder, out, update=True)
    assert retriever.open_gallery(out).items == old.items
    counting = Counting(retriever)
    gallery, changes = index(counting, folder, out, update=True)
    assert 0 < counting.pictures < 20
    assert counts(changes) == (20, 0, 0, 12) and len(gallery) == 32


def test_an_update_that_is_given_up_midway_leaves_the_old_gallery(retriever, folder, out):
    old, _ = index(retriever, folder, out)
    draw(folder / "03.png", 51)
    steps = build_steps(retriever, folder, list_folder(folder).entries, out, update=True)
    next(steps)
    steps.close()
    assert retriever.open_gallery(out).items == old.items


def test_a_file_that_changed_while_the_build_was_interrupted_is_read_again(retriever, folder, out):
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=8), folder, out)
    draw(folder / "00.png", 99)
    gallery, _ = index(retriever, folder, out)
    embedding = embed(retriever, Image.open(folder / "00.png"))
    assert gallery.items[0].path == "00.png"
    assert gallery.vectors()[0] == pytest.approx(embedding[0], abs=1e-5)


def test_the_same_picture_is_encoded_once_whatever_its_file(retriever, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
        picture.save(folder / "sub" / "again.webp", lossless=True)
        tags = Image.Exif()
        tags[0x0112] = 6
        picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png", exif=tags)
    counting = Counting(retriever)
    gallery, _ = index(counting, folder, out)
    assert counting.pictures == 12 and len(gallery) == 15
    vectors = dict(zip((i.path for i in gallery.items), gallery.vectors(), strict=True))
    best = gallery.search(vectors["turned.png"], 12)
    assert len(best) == 12
    assert (best[0].id, set(best[0].duplicates)) == ("02.png", {"again.bmp", "sub/again.webp", "turned.png"})


def test_a_moved_picture_is_not_encoded_again(retriever, folder, out):
    index(retriever, folder, out)
    (folder / "01.png").rename(folder / "sub" / "moved.png")
    _, changes = index(Counting(retriever, stop_after=0), folder, out, update=True)
    assert counts(changes) == (1, 0, 1, 11)


def test_links_out_of_the_folder_are_named_and_not_followed(retriever, folder, out, tmp_path):
    draw(tmp_path / "outside" / "secret.png", 70)
    (folder / "link.png").symlink_to(tmp_path / "outside" / "secret.png")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (folder / "inside.png").symlink_to(folder / "00.png")
    (folder / "nowhere.png").symlink_to(tmp_path / "gone.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    gallery, changes = index(retriever, folder, out)
    assert [(s["path"], s["reason"].partition(";")[0]) for s in changes.skipped] == [
        ("circle.png", "a link to nothing"),
        ("linked", "a linked folder"),
        ("nowhere.png", "a link to nothing"),
        ("link.png", "a link leads out of the folder"),
    ]
    assert len(gallery) == 13 and "inside.png" in {i.path for i in gallery.items}


def test_a_folder_that_became_a_link_out_of_the_folder_is_not_followed(retriever, folder, out, tmp_path):
    whole, _ = index(retriever, folder, out)
    below = [item.path for item in whole.items if item.path.startswith("sub/")]
    (folder / "sub").rename(tmp_path / "outside")
    (folder / "sub").symlink_to(tmp_path / "outside")
    draw(tmp_path / "outside" / below[0].removeprefix("sub/"), 70)
    gallery, changes = index(Counting(retriever, stop_after=0), folder, out, update=True)
    assert counts(changes) == (0, 0, len(below), len(whole) - len(below)) and below
    assert {s["path"] for s in changes.skipped} == {"sub", *below}
    assert not {item.path for item in gallery.items} & set(below)


def test_a_finished_gallery_is_not_overwritten_unasked(retriever, folder, out):
    index(retriever, folder, out)
    with pytest.raises(GalleryError, match="--update"):
        index(retriever, folder, out)


def test_an_update_from_another_folder_is_refused(retriever, folder, out, tmp_path):
    index(retriever, folder, out)
    draw(tmp_path / "other" / "a.png", 1)
    with pytest.raises(GalleryError, match="its pictures lie in"):
        index(retriever, tmp_path / "other", out, update=True)


def test_a_title_is_kept_until_another_is_given(retriever, folder, out):
    assert index(retriever, folder, out, title="Noise")[0].facts.title == "Noise"
    assert index(retriever, folder, out, update=True)[0].facts.title == "Noise"
    index(retriever, folder, out, update=True, title="Other")
    assert retriever.open_gallery(out).facts.title == "Other"


def test_ids_and_captions_of_kept_pictures_stay(retriever, folder, out):
    entries = list_folder(folder).entries
    named = [type(e)(f"id {i}", e.path, f"caption {i}") for i, e in enumerate(entries)]
    build_gallery(retriever, folder, named, out, root_name=os.path.relpath(folder, out))
    gallery, changes = index(retriever, folder, out, update=True)
    assert counts(changes) == (0, 0, 0, 12)
    assert [(i.id, i.caption) for i in gallery.items] == [(e.id, e.caption) for e in named]
    assert not os.path.isabs(gallery.facts.root)


# Compared compositors


def files(out):
    """Content by name, but for what differs from run to run."""
    return {p.name: p.read_bytes() for p in out.iterdir()}


def test_compared_compositors_embed_the_same_regions_with_one_detection(retriever, compared, folder, out):
    counting = Counting(retriever)
    gallery, _ = index(counting, folder, out, compared=compared)
    assert counting.pictures == 12
    assert gallery.facts.compared == tuple(b.facts for b in compared) and len(compared) >= 4
    pictures = [Image.open(gallery.picture(item)) for item in gallery.items]
    regions = retriever.detect_regions(pictures)
    embeddings = retriever.encoder.encode_targets(regions)
    assert gallery.vectors() == pytest.approx(embeddings, abs=1e-5)
    for b in compared:
        vectors = b.encode_targets(regions)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert gallery.seen_by(b.fingerprint).vectors() == pytest.approx(vectors, abs=1e-3)
    assert retriever.open_gallery(out).facts == gallery.facts


def test_an_update_adds_compared_compositors_to_an_old_gallery(retriever, compared, folder, out):
    entries = list_folder(folder).entries
    named = [type(e)(f"id {i}", e.path, f"caption {i}") for i, e in enumerate(entries)]
    old, _ = build_gallery(retriever, folder, named, out)
    os.utime(folder / "07.png", ns=(1, 1))
    counting = Counting(retriever)
    new, changes = index(counting, folder, out, update=True, compared=compared[:2])
    assert counting.pictures == 12 and counts(changes) == (0, 0, 0, 12)
    assert np.array_equal(new.vectors(), old.vectors()), "its own vectors stay, to the last bit"
    assert [(i.id, i.caption, i.regions) for i in new.items] == [(i.id, i.caption, i.regions) for i in old.items]
    more, _ = index(retriever, folder, out, update=True, compared=compared)
    anew, _ = build_gallery(retriever, folder, named, out.parent / "anew", compared=compared)
    for b in compared:
        vectors = more.seen_by(b.fingerprint).vectors()
        assert np.array_equal(vectors, anew.seen_by(b.fingerprint).vectors())
        assert b not in compared[:2] or np.array_equal(vectors, new.seen_by(b.fingerprint).vectors())


def test_an_update_keeps_compared_vectors_of_unchanged_pictures(retriever, compared, folder, out):
    first, _ = index(retriever, folder, out, compared=compared)
    draw(folder / "new.png", 50)
    draw(folder / "03.png", 51)
    (folder / "01.png").rename(folder / "sub" / "moved.png")
    counting = Counting(retriever)
    second, changes = index(counting, folder, out, update=True, compared=compared)
    assert counting.pictures == 2 and counts(changes) == (2, 1, 1, 10)
    for b in compared:
        old, new = first.seen_by(b.fingerprint), second.seen_by(b.fingerprint)
        kept = dict(zip((i.digest for i in old.items), old.vectors(), strict=True))
        for item, vector in zip(new.items, new.vectors(), strict=True):
            assert np.array_equal(vector, kept.get(item.digest)) == (item.path not in ("new.png", "03.png"))


def test_an_interrupted_build_with_compared_compositors_gives_the_same_bytes(retriever, compared, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole", compared=compared)
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=8), folder, out, compared=compared)
    with pytest.raises(GalleryError, match="unfinished"):
        index(retriever, folder, out, compared=compared[:1])
    rest = Counting(retriever)
    index(rest, folder, out, compared=compared)
    assert rest.pictures == 4 and files(out) == files(tmp_path / "whole")


def test_an_interrupted_addition_leaves_the_old_gallery_and_goes_on(retriever, compared, folder, out):
    old, _ = index(retriever, folder, out)
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=8), folder, out, update=True, compared=compared)
    assert retriever.open_gallery(out).facts == old.facts
    rest = Counting(retriever)
    new, _ = index(rest, folder, out, update=True, compared=compared)
    assert rest.pictures == 4 and np.array_equal(new.vectors(), old.vectors()) and len(new.facts.compared) == len(compared)


def test_an_update_needs_the_compared_compositors_that_the_gallery_knows(retriever, compared, folder, out):
    index(retriever, folder, out, compared=compared[:2])
    with pytest.raises(GalleryError, match=rf"{compared[0].facts.name} is {compared[0].fingerprint}\).*--beside"):
        index(retriever, folder, out, update=True, compared=compared[1:])


def test_an_update_by_another_checkpoint_says_what_to_do(retriever, compared, folder, out):
    index(retriever, folder, out)
    other = Counting(retriever)
    other.fingerprint = "other"
    with pytest.raises(GalleryError, match="leave --checkpoint out, or build into another folder with --out"):
        index(other, folder, out, update=True)


def test_the_same_picture_has_the_same_compared_vectors(retriever, compared_folder, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    concat = load_compared([compared_folder / "concat"], retriever)
    counting = Counting(retriever)
    gallery, _ = index(counting, folder, out, compared=concat)
    assert counting.pictures == 12
    view = gallery.seen_by(concat[0].fingerprint)
    best = view.search(view.vector("02.png"), 12)
    assert len(best) == 12 and (best[0].id, best[0].duplicates) == ("02.png", ("again.bmp",))


# Copies, hashes and workers


def test_a_gallery_from_before_there_were_hashes_is_searched_and_brought_up_to_date(retriever, compared, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    made, _ = index(retriever, folder, out, compared=compared)
    as_without_hashes(out)
    old = retriever.open_gallery(out)
    assert old.hashes is None and old.items == made.items, "equal pixels are one picture there, too"
    assert old.search(made.vector("02.png"), 20) == made.search(made.vector("02.png"), 20)
    new, changes = index(Counting(retriever, stop_after=0), folder, out, update=True, compared=compared)
    assert counts(changes) == (0, 0, 0, 13) and new.items == made.items
    assert np.array_equal(new.hashes.values, made.hashes.values)
    for encoder in (retriever.encoder, *compared):
        name = encoder.fingerprint
        assert np.array_equal(new.seen_by(name).vectors(), made.seen_by(name).vectors()), "to the last bit"


def test_copies_are_told_when_the_gallery_is_built_and_again_when_it_changes(retriever, folder, out):
    with Image.open(folder / "04.png") as picture:
        picture.resize((600, 400), Image.Resampling.NEAREST).save(folder / "04-large.png")
    gallery, _ = index(retriever, folder, out)
    assert {i.path: i.copy_of for i in gallery.items if i.copy_of} == {"04.png": "04-large.png"}
    (folder / "04-large.png").unlink()
    gallery, _ = index(retriever, folder, out, update=True)
    assert not any(i.copy_of for i in gallery.items)
    assert retriever.open_gallery(out).items == gallery.items


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (3, 5)])
def test_neither_workers_nor_batches_change_a_byte(retriever, compared, folder, out, tmp_path, workers, batch):
    (folder / "broken.png").write_bytes(b"broken")
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    index(retriever, folder, tmp_path / "usual", compared=compared[:1])
    index(retriever, folder, out, compared=compared[:1], workers=workers, batch=batch)
    assert files(out) == files(tmp_path / "usual")


def test_an_index_killed_while_it_wrote_a_batch_ends_with_the_same_bytes(retriever, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=8), folder, out)
    journal = out / "items.jsonl.part"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 8
    journal.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    rest = Counting(retriever)
    index(rest, folder, out, workers=3, batch=4)
    assert rest.pictures == 7 and files(out) == files(tmp_path / "whole")


def test_workers_use_one_thread_each(retriever, folder, out):
    threads, before = set(), torch.get_num_threads()

    class Noting(Counting):
        def detect_regions(self, pictures):
            threads.add(torch.get_num_threads())
            return super().detect_regions(pictures)

    index(Noting(retriever), folder, out, workers=2)
    assert threads == {1} and torch.get_num_threads() == before


def test_on_a_gpu_a_batch_is_looked_at_together(retriever, folder, out):
    batches = []

    class OnGpu(Counting):
        def detect_regions(self, pictures):
            batches.append(len(pictures))
            return super().detect_regions(pictures)

    one = OnGpu(retriever)
    one.encoder = copy(retriever.encoder)
    one.encoder.encode_targets = retriever.encoder.encode_targets
    one.encoder.device = torch.device("cuda")
    gallery, _ = index(one, folder, out, batch=5)
    assert batches == [5, 5, 2] and len(gallery) == 12


def test_half_precision_as_on_a_gpu_makes_nearly_the_same_gallery(checkpoints, retriever, folder, out, tmp_path):
    half = load_retriever(checkpoints / "lbf", dtype=torch.bfloat16)
    near, _ = index(half, folder, out, batch=64)
    usual, _ = index(retriever, folder, tmp_path / "usual")
    assert [item.id for item in near.items] == [item.id for item in usual.items]
    assert float((near.vectors() * usual.vectors()).sum(1).min()) > 0.95 and not np.array_equal(near.vectors(), usual.vectors())


def test_what_is_known_of_pictures_stays_small(retriever, folder, out):
    """Pixels, regions and vectors of pictures that are written stay on the disk, or with the writer."""
    gc.collect()
    of_before = {id(one) for one in gc.get_objects() if type(one) is EncodedPicture}  # which an error of another test may hold
    steps = build_steps(retriever, folder, list_folder(folder).entries, out, batch=1)
    for done in steps:
        alive = [one for one in gc.get_objects() if type(one) is EncodedPicture and id(one) not in of_before]
        assert len(alive) <= 3, f"after {done} pictures"


# Faults


def test_a_second_build_is_refused_while_one_writes(retriever, folder, out):
    steps = build_steps(retriever, folder, list_folder(folder).entries, out)
    next(steps)
    for update in (False, True):
        with pytest.raises(GalleryError, match="is being written by another index"):
            index(retriever, folder, out, update=update)
    steps.close()
    assert len(index(retriever, folder, out)[0]) == 12


@pytest.mark.parametrize("spoil", ["vectors-1.faiss", "compared", "hashes-1.npy", "items-1.sqlite"])
def test_an_update_makes_again_what_was_altered(retriever, compared, folder, out, spoil):
    whole, _ = index(retriever, folder, out, compared=compared)
    file = out / (f"vectors-1-{compared[0].fingerprint}.faiss" if spoil == "compared" else spoil)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(GalleryError, match=f"{file.name}: altered"):
        retriever.open_gallery(out)
    mended, changes = index(retriever, folder, out, update=True, compared=compared)
    assert changes.mended == (f"{file}: altered, its checksum is not the one in checksums-1.json",)
    assert mended.items == whole.items == retriever.open_gallery(out).items
    assert np.array_equal(mended.hashes.values, whole.hashes.values)
    for encoder in (retriever.encoder, *compared):
        name = encoder.fingerprint
        assert mended.seen_by(name).vectors() == pytest.approx(whole.seen_by(name).vectors(), abs=1e-3)
    assert index(Counting(retriever, stop_after=0), folder, out, update=True, compared=compared)[1].mended == ()


def test_an_interrupted_build_names_what_was_spoiled_meanwhile(retriever, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        index(Counting(retriever, stop_after=8), folder, out)
    (out / "gallery.json.part").write_bytes(b"")
    rest = Counting(retriever)
    _, changes = index(rest, folder, out)
    assert changes.mended == (f"{out}/gallery.json.part: broken",)
    assert rest.pictures == 4 and files(out) == files(tmp_path / "whole")


@pytest.fixture
def barred(monkeypatch):
    """A set of names that cannot be read, as if another user owned them; the one who runs tests may be allowed everything."""
    names: set[str] = set()
    scandir, access = os.scandir, os.access

    def barred_scandir(path):
        if os.path.basename(path) in names:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", barred_scandir)
    monkeypatch.setattr(os, "access", lambda path, mode: os.path.basename(path) not in names and access(path, mode))
    return names


def test_an_update_keeps_and_names_what_it_cannot_look_at(retriever, folder, out, barred):
    whole, _ = index(retriever, folder, out)
    barred |= {"sub", "04.png"}
    kept, changes = index(Counting(retriever, stop_after=0), folder, out, update=True)
    assert kept.items == whole.items and np.array_equal(kept.vectors(), whole.vectors())
    assert counts(changes) == (0, 0, 0, 12)
    assert [(s["path"], s["reason"]) for s in changes.skipped] == [
        ("sub", "can't be read (Permission denied); what the gallery holds of it is kept"),
        ("04.png", "can't be read (Permission denied); what the gallery holds of it is kept"),
    ]
    barred.clear()
    assert index(retriever, folder, out, update=True)[1].skipped == ()


def test_what_cannot_be_kept_is_not_said_to_be(retriever, compared, folder, out, barred):
    """Vectors of another compositor are wanted, too, and of what cannot be read there are none."""
    index(retriever, folder, out)
    barred.add("sub")
    _, changes = index(retriever, folder, out, update=True, compared=compared[:1])
    removed = changes.removed
    assert removed == 2 and changes.skipped[0]["reason"].endswith("of 2 pictures that the gallery holds of it, 2 are removed")


def test_a_new_gallery_names_what_it_cannot_look_at(retriever, folder, out, barred):
    barred |= {"sub", "04.png"}
    gallery, changes = index(retriever, folder, out)
    assert len(gallery) == 9
    assert [(s["path"], s["reason"].removeprefix("04.png: ")) for s in changes.skipped] == [
        ("sub", "can't be read (Permission denied)"),
        ("04.png", "can't be read (Permission denied)"),
    ]
    barred.add(folder.name)
    with pytest.raises(GalleryError, match="no readable picture"):
        index(retriever, folder, out.parent / "nothing")


def test_hidden_and_system_entries_are_passed_over(folder):
    names = (".x.png", "._00.png", "__MACOSX/a.png", "sub/@eaDir/b.png", ".thumbnails/c.png", "Thumbs.db", "sub/.notes")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "notes.TXT").write_bytes(b"")
    listing = list_folder(folder)
    assert len(listing.entries) == 12 and not listing.unseen and listing.others == {".txt": 1}


def test_what_was_ignored_of_a_picture_is_told(retriever, folder, out):
    with Image.open(folder / "03.png") as picture:
        picture.save(folder / "03.png", icc_profile=b"no profile")
    gallery, changes = index(retriever, folder, out)
    assert len(gallery) == 12 and not changes.skipped
    assert changes.notes == ({"path": "03.png", "reason": "its colour profile is broken, and was ignored"},)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no other encoding")
def test_a_name_in_another_encoding_is_indexed_and_searched(retriever, folder, out):
    (folder / "03.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
    gallery, _ = index(retriever, folder, out)
    item = gallery.item("caf\\xe9.png")
    assert item.path == os.fsdecode(b"caf\xe9.png") and load_picture(gallery.picture(item)).size == (60, 40)
    assert retriever.open_gallery(out).items == gallery.items
    assert counts(index(Counting(retriever, stop_after=0), folder, out, update=True)[1]) == (0, 0, 0, 12)
    assert cached_copy(gr.Image(), str(gallery.picture(item))).encode()
