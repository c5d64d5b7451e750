"""The bank of sentences that training draws from."""

import json
from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.sentence_bank import write_bank
from lbf_model.tasks.garments.sentences import SIDES
from tests.unit.garments.small_garments import CONFIG, NAMES, SEED, HashedWords


@pytest.fixture(scope="module")
def bank_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    write_bank(folder, HashedWords(), 600, SEED)
    return folder


def test_sentences_that_are_drawn_fit_what_was_asked(bank_folder, words):
    bank = write_bank(bank_folder, words, 600, SEED)
    about = json.loads((bank_folder / "sentences.json").read_text())
    said = defaultdict(list)
    for text, change in zip(bank.texts, about["changes"], strict=True):
        said[words.tokenize_text(text).values.astype(np.float16).tobytes()].append(change)
    rng, found = np.random.default_rng(0), 0
    for (attribute, values), garment, side in product(VALUES.items(), ("skirt", "t-shirt"), (None, *SIDES)):
        for old, new in rng.permuted(np.tile(values, (10, 1)), axis=1)[:, :2].tolist():
            for wanted in ([new], []):
                drawn = bank.draw(rng, [attribute], [old], wanted, garment, side)
                if drawn is not None:
                    assert drawn.values.dtype == np.float32 and drawn.values.shape == (len(drawn.meanings), CONFIG.word_width)
                    olds = [[], [old]] if wanted else [[old]]
                    fitting = [list(c) for c in product([[attribute]], [wanted], olds, [side], [None, garment])]
                    assert any(change in fitting for change in said[drawn.values.astype(np.float16).tobytes()])
                    found += 1
    assert found > 100 and len(set(bank.texts)) > 400
    two = [change for change in about["changes"] if len(change[0]) == 2]
    assert 0.2 < len(two) / len(bank.texts) < 0.36
    for attributes, new, old, side, garment in two[:50]:
        assert [NAMES.index(a) for a in attributes] == sorted(NAMES.index(a) for a in attributes)
        told = old or [next(v for v in VALUES[a] if v != n) for a, n in zip(attributes, new, strict=True)]
        assert bank.draw(rng, attributes, told, new, garment or "skirt", side) is not None


def test_a_bank_is_written_once_and_refuses_another_seed(bank_folder):
    assert len(write_bank(bank_folder, None, 600, SEED).texts) == 600, "nothing is read again"
    for count, seed in ((600, SEED + 1), (601, SEED)):
        with pytest.raises(ValueError, match="choose another folder"):
            write_bank(bank_folder, None, count, seed)
