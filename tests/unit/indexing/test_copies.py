"""The same picture in several files is encoded once and found once, and copies of it are told."""

import numpy as np
from PIL import Image

from tests.earlier_galleries import as_without_hashes
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import counts, index


def test_the_same_picture_is_encoded_once_whatever_its_file(retriever, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
        picture.save(folder / "sub" / "again.webp", lossless=True)
        tags = Image.Exif()
        tags[0x0112] = 6
        picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png", exif=tags)
    counting = CountingRetriever(retriever)
    gallery, _ = index(counting, folder, out)
    assert counting.pictures == 12 and len(gallery) == 15
    vectors = dict(zip((i.path for i in gallery.items), gallery.vectors(), strict=True))
    best = gallery.search(vectors["turned.png"], 12)
    assert len(best) == 12
    assert (best[0].id, set(best[0].duplicates)) == ("02.png", {"again.bmp", "sub/again.webp", "turned.png"})


def test_copies_are_told_when_the_gallery_is_built_and_again_when_it_changes(retriever, folder, out):
    with Image.open(folder / "04.png") as picture:
        picture.resize((600, 400), Image.Resampling.NEAREST).save(folder / "04-large.png")
    gallery, _ = index(retriever, folder, out)
    assert {i.path: i.copy_of for i in gallery.items if i.copy_of} == {"04.png": "04-large.png"}
    (folder / "04-large.png").unlink()
    gallery, _ = index(retriever, folder, out, update=True)
    assert not any(i.copy_of for i in gallery.items)
    assert retriever.open_gallery(out).items == gallery.items


def test_a_gallery_from_before_there_were_hashes_is_searched_and_brought_up_to_date(retriever, compared, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    made, _ = index(retriever, folder, out, compared=compared)
    as_without_hashes(out)
    old = retriever.open_gallery(out)
    assert old.hashes is None and old.items == made.items, "equal pixels are one picture there, too"
    assert old.search(made.vector("02.png"), 20) == made.search(made.vector("02.png"), 20)
    new, changes = index(CountingRetriever(retriever, stop_after=0), folder, out, update=True, compared=compared)
    assert counts(changes) == (0, 0, 0, 13) and new.items == made.items
    assert np.array_equal(new.hashes.values, made.hashes.values)
    for encoder in (retriever.encoder, *compared):
        name = encoder.fingerprint
        assert np.array_equal(new.seen_by(name).vectors(), made.seen_by(name).vectors()), "to the last bit"
