"""One query has one answer, from the command line, the page, the API and Compare, on a gallery with copies."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lbf_model.cli.main import main
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.interface.answers import Query
from lbf_model.interface.records import search_record
from lbf_model.interface.service import Service
from lbf_model.retrieval.catalog import Catalog, CatalogEntry
from lbf_model.retrieval.compare import compare
from lbf_model.retrieval.pointing import Pointing
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.pictures import load_picture
from tests.small import random_regions

TEXT = "make red cube large"
DIFFERENT = 12


def scene(seed):
    """A few coloured boxes on gray, different for every seed."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (180, 120), (200, 200, 200))
    pen = ImageDraw.Draw(picture)
    for _ in range(4):
        left, top = rng.integers(0, 130), rng.integers(0, 80)
        pen.rectangle((left, top, left + 40, top + 30), fill=tuple(rng.integers(0, 255, 3).tolist()))
    return picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve pictures, and copies of six of them: saved as JPEG, at half the size, with other metadata."""
    root = tmp_path_factory.mktemp("pictures")
    for i in range(DIFFERENT):
        scene(i).save(root / f"{i:02d}.png")
    for i in range(4):
        scene(i).save(root / f"{i:02d}-copy.jpg", quality=80)
    scene(4).resize((90, 60)).save(root / "04-small.png")
    tags = Image.Exif()
    tags[0x010E] = "the same once more"
    scene(5).save(root / "05-tagged.jpg", quality=95, exif=tags)
    return root


@pytest.fixture(scope="module")
def gallery(retriever, compared, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("gallery")
    return build_gallery(retriever, folder, list_folder(folder).entries, out, compared=compared, title="Copies")[0]


@pytest.fixture(scope="module")
def service(retriever, compared, gallery):
    entry = CatalogEntry("copies", "Copies", gallery, retriever, tuple(compared))
    return Service({"copies": "Copies"}, lambda: Catalog({"copies": entry}, retriever))


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "reference.png"
    scene(99).save(path)
    return path


def by_command_line(capsys, gallery, checkpoints, reference, count, *more):
    flags = ["--gallery", str(gallery.place), "--checkpoint", str(checkpoints / "lbf"), "-k", str(count), "--json", *more]
    assert main(["search", "--image", str(reference), "--text", TEXT, *flags]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("count", [1, 8, DIFFERENT, 50])
def test_every_way_to_ask_gives_the_same_answer(capsys, retriever, compared, gallery, service, checkpoints, reference, count):
    answer = service.answer(Query(str(reference), TEXT, "copies", count))
    page = search_record(answer.result, [m.path for m in answer.result.matches])  # what /search returns, too
    command_line = by_command_line(capsys, gallery, checkpoints, reference, count)
    own, *_ = service.columns(answer, None)
    direct = retriever.search(load_picture(reference), TEXT, gallery, count)
    ids = [m["id"] for m in page["matches"]]
    assert ids == [m["id"] for m in command_line["matches"]] == [m.id for m in own.matches] == [m.id for m in direct.matches]
    assert len(ids) == min(count, DIFFERENT), "as many different pictures as were asked for, while there are so many"
    assert [m["rank"] for m in page["matches"]] == list(range(1, len(ids) + 1)), "ranks have no gaps"
    assert [m["duplicates"] for m in page["matches"]] == [m["duplicates"] for m in command_line["matches"]]
    assert page["item"] is None and command_line["item"] is None


@pytest.mark.parametrize(
    "flags, pointing", [(["--regions", "1"], Pointing((1,))), (["--keep", "1, 2"], Pointing((1, 2), keep=True))]
)
def test_every_way_to_point_gives_the_same_answer(
    capsys, monkeypatch, retriever, gallery, service, checkpoints, reference, flags, pointing
):
    three = random_regions(3, width=retriever.encoder.config.feature_width)
    monkeypatch.setattr(AttributeRcnnDetector, "detect_regions", lambda self, pictures: [three] * len(pictures))
    answer = service.answer(Query(str(reference), TEXT, "copies", 5, pointing))
    page = search_record(answer.result, [m.path for m in answer.result.matches])  # what /search returns, too
    command_line = by_command_line(capsys, gallery, checkpoints, reference, 5, *flags)
    direct = retriever.search(load_picture(reference), TEXT, gallery, 5, pointing)
    plain = retriever.search(load_picture(reference), TEXT, gallery, 5)
    assert page["pointed_at"] == command_line["pointed_at"] == list(direct.pointed_at) == ([1] if "--regions" in flags else [3])
    scores = [m["score"] for m in page["matches"]]
    assert scores == [m["score"] for m in command_line["matches"]] == [round(m.score, 6) for m in direct.matches]
    assert scores != [round(m.score, 6) for m in plain.matches], "words that touch less say something else"
    assert page["notices"] == command_line["notices"] and "was to change" in page["notices"][0]


def test_the_command_line_tells_what_was_pointed_at_and_what_cannot_be(capsys, gallery, checkpoints, reference):
    flags = ["--gallery", str(gallery.place), "--checkpoint", str(checkpoints / "lbf")]
    search = ["search", "--image", str(reference), "--text", TEXT, *flags]
    assert main([*search, "--regions", "1"]) == 0
    assert "to change." in capsys.readouterr().out
    for wrong, said in (("99", "no region 99"), ("1;2", "is not a list of regions"), ("0", "whole numbers from 1")):
        assert main([*search, "--regions", wrong]) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*search, "--regions", "1", "--keep", "2"])


def test_copies_are_one_result_in_every_column(retriever, compared, gallery, reference):
    result = retriever.search(load_picture(reference), TEXT, gallery, 50)
    for column in compare(retriever, result, gallery, compared, 50):
        shown = {tuple(sorted((m.id, *m.duplicates))) for m in column.matches}
        assert len(column.matches) == len(shown) == DIFFERENT
        assert {("00-copy.jpg", "00.png"), ("04-small.png", "04.png"), ("05-tagged.jpg", "05.png")} <= shown


@pytest.mark.parametrize("saved", ["png", "jpg", "half", "webp"])
def test_the_reference_never_answers_itself_whatever_it_was_saved_as(
    capsys, retriever, compared, gallery, service, checkpoints, tmp_path, saved
):
    picture = scene(2).resize((90, 60)) if saved == "half" else scene(2)
    path = tmp_path / f"mine.{'png' if saved == 'half' else saved}"
    picture.save(path, **({} if path.suffix == ".png" else {"quality": 75}))
    own = {"02.png", "02-copy.jpg"}
    answer = service.answer(Query(str(path), TEXT, "copies", 50))
    command_line = by_command_line(capsys, gallery, checkpoints, path, 50)
    assert set(answer.result.left_out) == own and command_line["item"] in own
    columns = service.columns(answer, None)
    for matches in ([m["id"] for m in command_line["matches"]], *([m.id for m in c.matches] for c in columns)):
        assert len(matches) == DIFFERENT - 1 and not own & set(matches)


def test_the_command_line_tells_what_was_left_out(capsys, gallery, checkpoints, folder):
    flags = ["--gallery", str(gallery.place), "--checkpoint", str(checkpoints / "lbf")]
    assert main(["search", "--image", str(folder / "00.png"), "--text", TEXT, *flags]) == 0
    assert "your picture is in this gallery, and was left out: 00-copy.jpg, 00.png" in capsys.readouterr().out


def test_a_target_that_is_a_copy_ranks_as_its_picture(retriever, compared, gallery, reference):
    result = retriever.search(load_picture(reference), TEXT, gallery, 50)
    for target in ("00.png", "00-copy.jpg"):
        for column in compare(retriever, result, gallery, compared, 50, target):
            (found,) = [m for m in column.matches if target in (m.id, *m.duplicates)]
            # An untrained row embeds pictures so alike that rounding decides which comes first.
            assert column.rank_of_target in [m.rank for m in column.matches if abs(m.score - found.score) < 1e-6]
