"""The campaign counts what is promised, and its table says what its JSON says."""

import json

import numpy as np
import pytest

from benchmarks.campaign import galleries
from benchmarks.campaign.mutations import Tally, change_one_byte, mutate
from benchmarks.campaign.table import BEGIN, END, table, write_table
from tests.server import ROOT


def test_mutations_depend_on_the_seed_alone_and_change_something():
    data = bytes(range(256)) * 4
    made = [[mutate(data, np.random.default_rng(seed)) for seed in range(40)] for _ in range(2)]
    assert made[0] == made[1] and sum(changed != data for changed in made[0]) >= 38
    assert len({len(changed) > len(data) for changed in made[0]}) == 2, "pieces are cut out and doubled"
    one = change_one_byte(data, np.random.default_rng(0))
    assert sum(a != b for a, b in zip(one, data, strict=True)) == 1


def test_refusals_are_counted_and_other_errors_break_a_promise():
    tally = Tally()
    tally.try_once("fine", lambda: "read", (ValueError,))
    tally.try_once("refused", lambda: int("x"), (ValueError,))
    tally.try_once("worse", lambda: [][0], (ValueError,))
    figures = tally.figures()
    assert (figures["tries"], figures["outcomes"]) == (3, {"broken promise": 1, "read": 1, "refused": 1})
    assert figures["broken promises"] == ["worse: IndexError: list index out of range"]


@pytest.mark.parametrize(
    "said, broken", [("gallery.json: altered", 0), ("something is wrong", 1), (None, 1), (OSError("gallery.json"), 1)]
)
def test_what_was_altered_has_to_be_refused_by_name(tmp_path, said, broken):
    file, tally = tmp_path / "gallery.json", Tally()
    file.write_bytes(b"whole")

    def load():
        assert file.read_bytes() != b"whole"
        if isinstance(said, Exception):
            raise said
        if said:
            raise ValueError(said)

    galleries.try_altered(file, change_one_byte, np.random.default_rng(0), tally, load, ValueError)
    assert len(tally.broken) == broken and file.read_bytes() == b"whole"


def test_the_table_stands_between_its_marks(tmp_path):
    document = tmp_path / "a.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    found = {"tries": 1200, "outcomes": {"refused": 1000, "decoded as RGB": 200}, "broken promises": ["x"]}
    write_table(document, {"pictures": found})
    assert document.read_text().startswith("before\n") and document.read_text().endswith(f"{END}\nafter\n")
    assert "| pictures | 1,200 | refused: 1,000, decoded as RGB: 200 | 1 |" in document.read_text()


def test_the_document_says_what_the_json_says():
    figures = json.loads((ROOT / "benchmarks" / "campaign.json").read_text())
    assert table(figures) in (ROOT / "docs" / "reliability.md").read_text()
