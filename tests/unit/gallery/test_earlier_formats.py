"""Galleries that earlier versions wrote are read as the present ones."""

import json

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import check_gallery, load_gallery, read_facts, write_checksums
from tests.earlier_galleries import as_lines
from tests.unit.gallery.small_gallery import FACTS, TWO, embeddings


def test_a_gallery_from_before_there_were_compared_compositors_loads(gallery, capsys):
    path = gallery.place / "gallery.json"
    about = json.loads(path.read_text())
    assert about.pop("compared") == []
    path.write_text(json.dumps(about))
    write_checksums(gallery.place)
    assert load_gallery(gallery.place, "aaa", "bbb").facts == read_facts(gallery.place) == FACTS
    assert capsys.readouterr() == ("", "")


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
