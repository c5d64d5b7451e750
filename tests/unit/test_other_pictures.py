"""Pictures without a garment: every kind draws, repeats by its seed, and keeps training and measuring apart."""

import numpy as np
import pytest

from lbf_model.tasks.garments.other_pictures import HELD_OUT, TAUGHT, animals, draw_other

KINDS = (*TAUGHT, *HELD_OUT)


def drawn(kind: str, seed: int, size=(72, 97)):
    return draw_other(np.random.default_rng(seed), kind, size)


def test_training_and_measuring_share_no_kind():
    assert len(TAUGHT) >= 28 and len(HELD_OUT) >= 7
    assert len(set(KINDS)) == len(KINDS)


@pytest.mark.parametrize("size", [(72, 97), (97, 72)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_rgb_of_exactly_the_size(kind, size):
    picture = drawn(kind, 0, size)
    assert (picture.mode, picture.size) == ("RGB", size)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_alone_decides_the_picture(kind):
    assert drawn(kind, 1).tobytes() == drawn(kind, 1).tobytes()
    one, other = (np.asarray(drawn(kind, seed), float) for seed in (1, 2))
    assert np.abs(one - other).mean() > 3


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("texture", "bare_ground")])
def test_something_shows_on_the_ground(kind):
    # A bare ground alone spans about 48 grey levels at this size, a blank sheet in uneven light 25.
    grey = [np.asarray(drawn(kind, seed).convert("L").reduce(2), float) for seed in range(3)]
    assert np.mean([np.ptp(levels) for levels in grey]) > 60


@pytest.mark.parametrize("kind", TAUGHT)
def test_training_draws_nothing_that_only_measuring_may_show(kind, monkeypatch):
    def refuse(*_):
        raise AssertionError(f"{kind} draws what is held out")

    for name in ("draw_face", "draw_cat", "draw_fish"):
        monkeypatch.setattr(animals, name, refuse)
    for seed in range(10):
        drawn(kind, seed)


@pytest.mark.parametrize("kind", ["unicorn", "", "Face"])
def test_an_unknown_kind_is_refused_with_a_list_of_the_kinds(kind):
    with pytest.raises(ValueError, match="face") as caught:
        drawn(kind, 0)
    assert all(known in str(caught.value) for known in KINDS)
