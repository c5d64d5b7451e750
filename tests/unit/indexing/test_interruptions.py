"""An interrupted index loses nothing, and goes on to the gallery that it would have made."""

import pytest
from PIL import Image

from lbf_model.indexing.build import build_steps
from lbf_model.indexing.read import list_folder
from lbf_model.only_writer import FolderInUseError
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import counts, draw, files, index


def test_an_interrupted_update_leaves_the_old_gallery_and_goes_on(retriever, folder, out):
    old, _ = index(retriever, folder, out)
    for i in range(20):
        draw(folder / f"more{i:02d}.png", 100 + i)
    with pytest.raises(KeyboardInterrupt):
        index(CountingRetriever(retriever, stop_after=10), folder, out, update=True)
    assert retriever.open_gallery(out).items == old.items
    counting = CountingRetriever(retriever)
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
        index(CountingRetriever(retriever, stop_after=8), folder, out)
    draw(folder / "00.png", 99)
    gallery, _ = index(retriever, folder, out)
    with Image.open(folder / "00.png") as picture:
        embedding = retriever.encoder.encode_targets(retriever.detect_regions([picture]))
    assert gallery.items[0].path == "00.png"
    assert gallery.vectors()[0] == pytest.approx(embedding[0], abs=1e-5)


def test_an_index_killed_while_it_wrote_a_batch_ends_with_the_same_bytes(retriever, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        index(CountingRetriever(retriever, stop_after=8), folder, out)
    journal = out / "items.jsonl.part"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 8
    journal.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    rest = CountingRetriever(retriever)
    index(rest, folder, out, workers=3, batch=4)
    assert rest.pictures == 7 and files(out) == files(tmp_path / "whole")


def test_an_interrupted_build_names_what_was_spoiled_meanwhile(retriever, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        index(CountingRetriever(retriever, stop_after=8), folder, out)
    (out / "gallery.json.part").write_bytes(b"")
    rest = CountingRetriever(retriever)
    _, changes = index(rest, folder, out)
    assert changes.mended == (f"{out}: gallery.json.part: broken",)
    assert rest.pictures == 4 and files(out) == files(tmp_path / "whole")


def test_a_second_build_is_refused_while_one_writes(retriever, folder, out):
    steps = build_steps(retriever, folder, list_folder(folder).entries, out)
    next(steps)
    for update in (False, True):
        with pytest.raises(FolderInUseError, match="another run is writing there"):
            index(retriever, folder, out, update=update)
    steps.close()
    assert len(index(retriever, folder, out)[0]) == 12
