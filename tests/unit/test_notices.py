"""An answer says what visitors should know before they trust it."""

from dataclasses import replace

import pytest

from lbf_model.tasks.notices import answer_notices


@pytest.mark.parametrize(
    "recall, told",
    [(0.98, "recall 0.98: of 100 pictures that belong here, it misses about 2."), (0.997, "it misses fewer than 1.")],
)
def test_an_approximate_search_says_so(small_visit, recall, told):
    result = small_visit.answer.result
    assert not any("approximate" in notice for notice in answer_notices(result))
    (notice,) = [n for n in answer_notices(replace(result, recall=recall)) if "approximate" in n]
    assert notice.startswith("The search is approximate") and notice.endswith(told)


def test_what_was_not_found_is_told(small_visit):
    result = small_visit.answer.result
    whole = replace(result, regions=replace(result.regions, whole_image=True))
    assert answer_notices(whole)[0].endswith("so it searched by the whole picture.")
    for filters, told in (
        ((), "The gallery holds nothing else"),
        (("color:red",), "Nothing else in the gallery fits the filters"),
    ):
        (notice,) = [n for n in answer_notices(replace(result, matches=(), filters=filters)) if "no result" in n]
        assert notice == f"{told}, so there is no result."
