"""An updated gallery follows its folder: what is new or changed is encoded, what is kept stays as it was."""

import os

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import counts, draw, index


def test_an_update_encodes_only_what_is_new(retriever, folder, out):
    first, _ = index(retriever, folder, out)
    vectors = dict(zip((i.path for i in first.items), first.vectors(), strict=True))
    draw(folder / "new.png", 50)
    draw(folder / "03.png", 51)
    (folder / "05.png").unlink()
    (folder / "06.png").write_bytes(b"broken by now")
    os.utime(folder / "07.png", ns=(1, 1))  # another time, the same pixels
    counting = CountingRetriever(retriever)
    second, changes = index(counting, folder, out, update=True)
    assert counting.pictures == 2
    assert counts(changes) == (1, 1, 2, 9)
    assert [s["path"] for s in changes.skipped] == ["06.png"]
    assert [i.path for i in second.items] == [e.path for e in list_folder(folder).entries if e.path != "06.png"]
    for item, vector in zip(second.items, second.vectors(), strict=True):
        assert np.array_equal(vector, vectors.get(item.path)) == (item.path not in ("new.png", "03.png"))
    third, changes = index(CountingRetriever(retriever, stop_after=0), folder, out, update=True)
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


def test_a_moved_picture_is_not_encoded_again(retriever, folder, out):
    index(retriever, folder, out)
    (folder / "01.png").rename(folder / "sub" / "moved.png")
    _, changes = index(CountingRetriever(retriever, stop_after=0), folder, out, update=True)
    assert counts(changes) == (1, 0, 1, 11)


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


def test_a_finished_gallery_is_not_overwritten_unasked(retriever, folder, out):
    index(retriever, folder, out)
    with pytest.raises(GalleryError, match="--update"):
        index(retriever, folder, out)


def test_an_update_from_another_folder_is_refused(retriever, folder, out, tmp_path):
    index(retriever, folder, out)
    draw(tmp_path / "other" / "a.png", 1)
    with pytest.raises(GalleryError, match="its pictures are in"):
        index(retriever, tmp_path / "other", out, update=True)


def test_an_update_by_another_checkpoint_says_what_to_do(retriever, compared, folder, out):
    index(retriever, folder, out)
    other = CountingRetriever(retriever)
    other.fingerprint = "other"
    with pytest.raises(GalleryError, match="leave --checkpoint out, or build into another folder with --out"):
        index(other, folder, out, update=True)


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
    assert index(CountingRetriever(retriever, stop_after=0), folder, out, update=True, compared=compared)[1].mended == ()
