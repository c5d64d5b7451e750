"""A sampler of queries about the tiny CSS data set, made once for all tests of training."""

import pytest

from lbf_model.tasks.css.regions import CssRegionTable
from lbf_model.tasks.css.sampling import QuerySampler
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary


@pytest.fixture(scope="package")
def sampler(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36)
    reader = Vocabulary(CSS_WORDS, CSS_ALIASES)
    return QuerySampler(tiny_split, table, reader, frozenset({tiny_split.queries[0].source}), 0.0, 0.5, seed=1)
