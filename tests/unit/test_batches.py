import errno
import os

import numpy as np
import pytest

from lbf_model.training.batches import draw_batches


def _step_and_process(step: int) -> tuple[int, int]:
    return step, os.getpid()


def test_batches_come_in_order_whoever_draws_them():
    alone = list(draw_batches(_step_and_process, 3, 9))
    drawn = list(draw_batches(_step_and_process, 3, 9, workers=2))
    assert [step for step, _ in alone] == [step for step, _ in drawn] == [3, 4, 5, 6, 7, 8]
    assert {process for _, process in alone} == {os.getpid()}
    assert len({process for _, process in drawn} - {os.getpid()}) == 2


def test_a_batch_comes_as_it_was_drawn():
    (pair,) = draw_batches(lambda step: (step, np.ones(2)), 5, 6)
    assert type(pair) is tuple and pair[0] == 5 and type(pair[1]) is np.ndarray


@pytest.mark.parametrize("workers", [0, 1])
def test_what_a_process_that_draws_could_not_do_is_told_as_if_it_were_this_one(workers):
    def missing(step):
        raise FileNotFoundError(errno.ENOENT, "no such file", "a.png")

    def broken(step):
        raise ValueError("a.png: broken")

    with pytest.raises(FileNotFoundError) as refusal:
        list(draw_batches(missing, 0, 1, workers))
    assert (refusal.value.errno, refusal.value.filename) == (errno.ENOENT, "a.png")
    with pytest.raises(ValueError, match=r"^a\.png: broken$"):
        list(draw_batches(broken, 0, 1, workers))
