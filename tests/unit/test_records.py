"""An answer as JSON says all of it: results, regions, words and attention."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.interface.records import explanation_record, search_record


def test_records_say_the_whole_answer(visit):
    result = visit.answer.result
    record = search_record(replace(result, left_out=("s1", "s7")), [m.path for m in result.matches])
    assert [m["rank"] for m in record["matches"]] == [1, 2, 3, 4, 5] and record["item"] == "s1"
    assert set(record["matches"][0]) == {"rank", "id", "score", "caption", "duplicates", "picture"}
    assert set(record["regions"][0]) == {"box", "score", "label"}
    assert record["words"] == ["make", "red", "cube", "large"]
    attention = explanation_record(result)
    assert np.array(attention["word_to_region"]).shape == (4, len(record["regions"]))
    assert np.array(attention["region_to_word"]).sum(1) == pytest.approx(1, abs=1e-3)
