"""What lies in a folder: links out of it are not followed, and what cannot be read is named and kept."""

import os
import sys

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.read import list_folder
from lbf_model.interface.gradio_cache import cached_copy
from lbf_model.vision.pictures import load_picture
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import counts, draw, index


def test_hidden_and_system_entries_are_passed_over(folder):
    names = (".x.png", "._00.png", "__MACOSX/a.png", "sub/@eaDir/b.png", ".thumbnails/c.png", "Thumbs.db", "sub/.notes")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "notes.TXT").write_bytes(b"")
    listing = list_folder(folder)
    assert len(listing.entries) == 12 and not listing.unseen and listing.others == {".txt": 1}


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
    gallery, changes = index(CountingRetriever(retriever, stop_after=0), folder, out, update=True)
    assert counts(changes) == (0, 0, len(below), len(whole) - len(below)) and below
    assert {s["path"] for s in changes.skipped} == {"sub", *below}
    assert not {item.path for item in gallery.items} & set(below)


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


def test_an_update_keeps_and_names_what_it_cannot_look_at(retriever, folder, out, barred):
    whole, _ = index(retriever, folder, out)
    barred |= {"sub", "04.png"}
    kept, changes = index(CountingRetriever(retriever, stop_after=0), folder, out, update=True)
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


def test_what_was_ignored_of_a_picture_is_told(retriever, folder, out):
    with Image.open(folder / "03.png") as picture:
        picture.save(folder / "03.png", icc_profile=b"no profile")
    gallery, changes = index(retriever, folder, out)
    assert len(gallery) == 12 and not changes.skipped
    assert changes.notes == ({"path": "03.png", "reason": "its colour profile cannot be used, and was ignored"},)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no other encoding")
def test_a_name_in_another_encoding_is_indexed_and_searched(retriever, folder, out):
    (folder / "03.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
    gallery, _ = index(retriever, folder, out)
    item = gallery.item("caf\\xe9.png")
    assert item.path == os.fsdecode(b"caf\xe9.png") and load_picture(gallery.picture(item)).size == (60, 40)
    assert retriever.open_gallery(out).items == gallery.items
    assert counts(index(CountingRetriever(retriever, stop_after=0), folder, out, update=True)[1]) == (0, 0, 0, 12)
    assert cached_copy(gr.Image(), str(gallery.picture(item))).encode()
