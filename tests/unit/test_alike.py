"""Near-duplicates among results become one with a count."""

import json

import numpy as np
import pytest
from PIL import Image

from lbf_model.interface.alike import collapse_alike
from lbf_model.types import Match
from tests.server import ROOT

PICTURES = ROOT / "assets" / "galleries" / "fashion" / "pictures"


def test_copies_are_one_result_that_names_the_others(tmp_path):
    with Image.open(PICTURES / "garment_0100.webp") as picture:
        one = picture.convert("RGB")
    one.save(tmp_path / "one.png")
    one.save(tmp_path / "poor.jpg", quality=60)
    one.resize((one.width // 2, one.height // 2)).save(tmp_path / "small.jpg", quality=80)
    Image.fromarray(255 - np.asarray(one)).save(tmp_path / "other.png")
    files = ["one.png", "other.png", "poor.jpg", "small.jpg"]
    matches = [Match(rank, name, str(tmp_path / name), 1 - rank / 10, "") for rank, name in enumerate(files, 1)]
    matches[2] = Match(3, "poor.jpg", str(tmp_path / "poor.jpg"), 0.7, "", ("poor again.jpg",))
    found = collapse_alike(matches)
    assert [(m.rank, m.id) for m in found] == [(1, "one.png"), (2, "other.png")], "ranks stay what they are"
    assert found[0].duplicates == ("poor.jpg", "poor again.jpg", "small.jpg") and found[1].duplicates == ()
    assert collapse_alike([]) == ()


@pytest.mark.parametrize("gallery", ["fashion", "css"])
def test_different_pictures_stay_apart(gallery):
    folder = ROOT / "assets" / "galleries" / gallery
    lines = next(folder.glob("items-*.jsonl")).read_text().splitlines()[:150]
    items = list({item["caption"]: item for item in map(json.loads, lines)}.values())
    matches = [Match(n, i["id"], str(folder / "pictures" / i["path"]), 0.5, "") for n, i in enumerate(items, 1)]
    assert len(collapse_alike(matches)) == len(matches) > 50
