"""Records of garment pictures: words that are known, lines that come back as they went."""

from dataclasses import replace

import pytest

from lbf_model.tasks.garments.records import GarmentPicture, read_records, write_records

DRAWN = GarmentPicture(
    "pictures/1.webp", "masks/1.png", 60, 80, "dress", "red", "striped", "long-sleeved", "short", "round",
    (1.5, 2, 50, 70), (("sleeve", (1.5, 2, 9, 30)), ("hem", (5, 60, 50, 70))),
)  # fmt: skip
PHOTOGRAPHED = replace(DRAWN, pattern=None, sleeve=None, length=None, neckline=None, parts=None)


def test_records_come_back_as_they_went(tmp_path):
    records = [DRAWN, PHOTOGRAPHED, replace(DRAWN, parts=())]
    write_records(tmp_path / "lines.jsonl", records)
    assert read_records(tmp_path / "lines.jsonl", "make-catalogue") == records


def test_lists_become_tuples_so_that_records_can_be_compared():
    assert replace(DRAWN, box=[1.5, 2, 50, 70], parts=[[name, list(box)] for name, box in DRAWN.parts]) == DRAWN
    assert len({DRAWN, replace(DRAWN)}) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"category": "sock"}, {"category": None}, {"color": "teal"}, {"color": None}, {"pattern": "other"}, {"sleeve": "long"},
     {"length": "maxi"}, {"neckline": "crew"}, {"parts": (("button", (0, 0, 1, 1)),)}],
)  # fmt: skip
def test_unknown_words_are_refused(wrong):
    with pytest.raises(ValueError, match=r"pictures/1\.webp"):
        replace(DRAWN, **wrong)


def test_a_caption_leaves_out_what_is_plain_or_unknown():
    assert DRAWN.caption == "red striped dress"
    assert PHOTOGRAPHED.caption == replace(DRAWN, pattern="solid").caption == "red dress"


def test_a_missing_file_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(ValueError, match="missing; make it with `python -m lbf_model prepare-photographs`"):
        read_records(tmp_path / "train.jsonl", "prepare-photographs")


@pytest.mark.parametrize("line", ["{", "[]", "5", '{"file": "a.jpg"}', '{"kind": "dress"}'])
def test_broken_lines_name_the_command_too(tmp_path, line):
    write_records(tmp_path / "lines.jsonl", [DRAWN])
    with (tmp_path / "lines.jsonl").open("a") as file:
        file.write(line)
    with pytest.raises(ValueError, match=r"broken .* `python -m lbf_model make-catalogue`"):
        read_records(tmp_path / "lines.jsonl", "make-catalogue")
