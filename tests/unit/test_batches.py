import os

import numpy as np

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
