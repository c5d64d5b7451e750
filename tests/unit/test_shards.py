"""Shards that are merged are the gallery that is built at once; what does not fit together is refused in one line."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from lbf_model.cli.main import build_parser, main
from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import read_facts
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.indexing.shards import load_shard, merge_shards, save_shard, take_shard

SHARDS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten pictures, of which the last is a copy of the first at another size; one file is broken, one folder is a link."""
    root = tmp_path_factory.mktemp("pictures")
    for number in range(9):
        picture = Image.fromarray(np.random.default_rng(number).integers(0, 255, (10, 15, 3), np.uint8))
        picture.resize((60, 40), Image.Resampling.NEAREST).save(root / f"{number}.png")
    with Image.open(root / "0.png") as picture:
        picture.resize((120, 80), Image.Resampling.NEAREST).save(root / "9.png")
    (root / "5-broken.png").write_bytes(b"broken")
    (root / "linked").symlink_to(root)
    return root


@pytest.fixture(scope="module")
def shards(retriever, compared, folder, tmp_path_factory):
    """Their gallery folders, in order."""
    home, listing = tmp_path_factory.mktemp("shards"), list_folder(folder)
    for number in range(1, SHARDS + 1):
        entries, shard = take_shard(listing.entries, number, SHARDS)
        build_gallery(retriever, folder, entries, home / str(number), unseen=listing.unseen, compared=compared[:1])
        save_shard(home / str(number), shard)
    return [home / str(number) for number in range(1, SHARDS + 1)]


def content(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_merged_shards_are_the_gallery_that_is_built_at_once(retriever, compared, folder, shards, tmp_path):
    listing = list_folder(folder)
    whole, _ = build_gallery(
        retriever, folder, listing.entries, tmp_path / "whole", unseen=listing.unseen, compared=compared[:1]
    )
    merged = merge_shards([shards[2], shards[0], shards[1]], tmp_path / "merged")
    assert content(tmp_path / "merged") == content(tmp_path / "whole")
    assert {item.id: item.copy_of for item in merged.items if item.copy_of} == {"9.png": "0.png"}, "they lie in two shards"
    assert [one["path"] for one in merged.skipped] == ["linked", "5-broken.png"] == [one["path"] for one in whole.skipped]
    assert retriever.open_gallery(tmp_path / "merged").items == whole.items


def test_shards_are_equal_parts_in_the_order_of_paths(folder):
    entries = list_folder(folder).entries
    parts = [take_shard(entries[::-1], number, 4) for number in range(1, 5)]
    assert [entry for part, _ in parts for entry in part] == entries
    assert [len(part) for part, _ in parts] == [2, 3, 3, 3] and len({shard.listing for _, shard in parts}) == 1
    with pytest.raises(GalleryError, match="12 shards of 11 pictures"):
        take_shard(entries, 1, 12)


def refusal(folders, out):
    with pytest.raises(GalleryError) as caught:
        merge_shards(folders, out)
    assert "\n" not in str(caught.value) and not (out / "gallery.json").exists()
    return str(caught.value)


def test_shards_that_are_missing_or_given_twice_are_refused(shards, tmp_path):
    assert "shard 2/3 not given" in refusal([shards[0], shards[2]], tmp_path / "out")
    again = shutil.copytree(shards[0], tmp_path / "again")
    assert f"{again}: shard 1/3 again, like {shards[0]}" in refusal([*shards, again], tmp_path / "out")


def test_shards_of_other_pictures_or_another_split_are_refused(shards, tmp_path):
    for change, told in (({"listing": "other"}, "made from other pictures"), ({"count": 4}, "shard 3/4, but .* is 1/3")):
        other = shutil.copytree(shards[2], tmp_path / next(iter(change)))
        about = json.loads((other / "shard.json").read_text())
        (other / "shard.json").write_text(json.dumps(about | change))
        with pytest.raises(GalleryError, match=told):
            merge_shards([*shards[:2], other], tmp_path / "out")


def test_a_shard_of_other_checkpoints_is_refused(retriever, folder, shards, tmp_path):
    entries, shard = take_shard(list_folder(folder).entries, 3, SHARDS)
    build_gallery(retriever, folder, entries, tmp_path / "3")  # without the compared compositor
    save_shard(tmp_path / "3", shard)
    other = tmp_path / "3"
    assert f"{other}: its compared compositors are not those of {shards[0]}" in refusal([*shards[:2], other], tmp_path / "out")


def test_what_is_no_shard_or_was_altered_is_refused(shards, tmp_path):
    altered = shutil.copytree(shards[1], tmp_path / "altered")
    vectors = altered / "vectors-1.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"x")
    assert "vectors-1.faiss: altered" in refusal([shards[0], altered, shards[2]], tmp_path / "out")
    (altered / "shard.json").write_text("{}")
    with pytest.raises(GalleryError, match="broken"):
        load_shard(altered)
    (altered / "shard.json").unlink()
    with pytest.raises(GalleryError, match="missing"):
        load_shard(altered)


def test_a_gallery_is_not_replaced_by_a_merge(shards):
    with pytest.raises(GalleryError, match="holds a gallery already"):
        merge_shards(shards, shards[0])


def test_a_merged_gallery_is_searched_by_what_is_asked_for(shards, tmp_path, capsys):
    folders = [str(folder) for folder in shards]
    assert main(["merge", *folders, "--out", str(tmp_path / "flat")]) == 0 and read_facts(tmp_path / "flat").backend == "flat"
    assert main(["merge", *folders, "--out", str(tmp_path / "hnsw"), "--backend", "hnsw"]) == 0
    assert read_facts(tmp_path / "hnsw").backend == "hnsw"
    assert main(["merge", *folders, "--out", str(tmp_path / "none"), "--backend", "tree"]) == 2
    assert "choose" in capsys.readouterr().err and not (tmp_path / "none").exists()


def test_the_flag_reads_a_part_of_all():
    assert build_parser().parse_args(["index", "--shard", "3/8"]).shard == (3, 8)
    for text in ("0/8", "9/8", "3", "a/8", "3/"):
        assert main_code(["index", "--shard", text]) == 2


def main_code(arguments):
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


def test_a_picture_in_two_shards_is_refused(retriever, compared, folder, shards, tmp_path):
    whole = tmp_path / "whole"  # with the note of a part
    build_gallery(retriever, folder, list_folder(folder).entries, whole, compared=compared[:1])
    save_shard(whole, load_shard(shards[1]))
    with pytest.raises(GalleryError, match="holds pictures of another shard"):
        merge_shards([shards[0], whole, shards[2]], tmp_path / "all")
