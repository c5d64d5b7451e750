"""ZeroGPU: nothing elsewhere; there, `spaces` is asked, and what crosses to its process can be pickled."""

import pickle
import sys
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from lbf_model.interface.zero_gpu import ANSWER_SECONDS, on_gpu, on_zero_gpu, prepare, run_on_gpu


def double(number):
    return 2 * number


@pytest.fixture
def lent(monkeypatch):
    """A Space on ZeroGPU: the durations that `spaces.GPU` was asked for."""
    asked = []

    def mark(duration):
        asked.append(duration)
        return lambda function: lambda *given: ("on the GPU", function(*given))

    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=mark))
    return asked


@pytest.mark.parametrize("value", [None, "", "false", "0"])
def test_elsewhere_a_function_stays_what_it_is(monkeypatch, value):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    if value is not None:
        monkeypatch.setenv("SPACES_ZERO_GPU", value)
    monkeypatch.setitem(sys.modules, "spaces", None)  # importing it would raise
    assert not on_zero_gpu()
    prepare()
    assert on_gpu(double) is double


def test_on_zero_gpu_a_function_is_marked_with_its_seconds(lent):
    assert on_zero_gpu()
    prepare()
    assert on_gpu(double)(4) == on_gpu(double, 60)(4) == ("on the GPU", 8)
    assert lent == [ANSWER_SECONDS, 60] and ANSWER_SECONDS <= 5, (
        "shorter requests wait less, and more of them fit into a visitor's day"
    )


def test_the_named_methods_of_an_object_run_with_a_gpu_and_tell_their_errors(lent):
    service = SimpleNamespace(answer=double, title=str)
    run_on_gpu(service, ["answer"], lambda function, *given: ("told", function(*given)))
    assert service.answer(4) == ("on the GPU", ("told", 8)) and service.title is str


def test_an_answer_and_an_error_survive_the_way_back(retriever):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8))
    result = retriever.compose_query(picture, "make red cube large")
    again, shown = pickle.loads(pickle.dumps((result, picture)))
    assert (again.embedding == result.embedding).all() and again.regions.labels == result.regions.labels
    assert shown.tobytes() == picture.tobytes()
    error = pickle.loads(pickle.dumps(gr.Error("no such word", title="Please change the query")))
    assert (error.message, error.title) == ("no such word", "Please change the query")
