"""The arithmetic of the benchmarks, on inputs small enough to know the answer."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import gpu_stages, index_memory, index_rate, stages, throughput
from benchmarks.device_agreement import agreement
from benchmarks.queries import example_queries, label_queries, runs
from benchmarks.stages import medians, with_ratios
from lbf_model.gallery.items import GalleryItem
from lbf_model.interface.examples import load_examples
from lbf_model.types import Match
from tests.server import ROOT
from tests.small import random_regions


def test_runs_without_a_device_are_none():
    found = runs(["cpu", "cuda"], ["float32", "fp16"])
    assert list(found) == ["cpu float32", "cpu fp16", "cuda float32", "cuda fp16"]
    assert found["cpu fp16"] == ("cpu", torch.float16)
    assert (found["cuda fp16"] is None) != torch.cuda.is_available()


def test_the_shipped_examples_are_queries():
    queries = example_queries("css")
    stored = [e for e in load_examples(ROOT / "assets" / "examples") if e.gallery == "css"]
    assert len(queries) == len(stored) > 0 and all(isinstance(picture, Image.Image) and text for picture, text in queries)


class Shelf:
    """A gallery whose labels are known."""

    def __init__(self, folder, labels):
        self.items = []
        for number, label in enumerate(labels):
            path = folder / f"{number}.png"
            Image.new("RGB", (8, 8)).save(path)
            self.items.append(GalleryItem(str(number), str(path), "", ({"label": label},)))

    def __len__(self):
        return len(self.items)

    def picture(self, item):
        return item.path


def test_queries_of_labels_are_the_same_for_the_same_seed(tmp_path):
    shelf = Shelf(tmp_path, ["small red cube", "large blue sphere", "small gray cylinder"])
    one, two = label_queries(shelf, 5), label_queries(shelf, 5)
    assert [text for _, text in one] == [text for _, text in two] and len(one) == 5
    assert all(text.startswith("make ") and len(text.split()) == 6 for _, text in one)


@pytest.fixture
def answer(retriever):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8))
    matches = tuple(Match(rank, name, name, 1.0, "") for rank, name in enumerate("abcd", 1))
    return replace(retriever.compose_query(picture, "make red cube large"), matches=matches)


def test_agreement_with_oneself_is_whole(answer):
    figures = agreement([(answer, answer.embedding)], [(answer, answer.embedding)])
    assert figures["queries"] == figures["first_result_the_same"] == figures["as_many_regions"] == 1
    assert figures["best_10_in_common"] == {"mean": 1, "min": 1}
    assert figures["query_embeddings_1_minus_cosine"]["max"] < 1e-6


def test_disagreement_is_counted(answer):
    turned = replace(
        answer, embedding=-answer.embedding, matches=answer.matches[2:], regions=random_regions(len(answer.regions) + 1)
    )
    figures = agreement([(answer, answer.embedding)], [(turned, answer.embedding)])
    assert figures["best_10_in_common"]["mean"] == 0.5 and figures["first_result_the_same"] == figures["as_many_regions"] == 0
    assert figures["query_embeddings_1_minus_cosine"]["median"] == pytest.approx(2)
    assert figures["picture_embeddings_1_minus_cosine"]["max"] < 1e-6


def test_figures_stand_beside_their_ratio():
    figures = with_ratios({"g, batch 1": {"detect": 5.0}}, {"g, batch 1": {"detect": 20.0}})
    assert figures == {"g, batch 1": {"detect": {"ms": 5.0, "over_baseline": 0.25}}}


def test_runs_take_turns_and_the_first_round_only_warms_up(monkeypatch):
    done, clock = [], [0.0]
    seconds = {"cpu float32": [90, 5, 1, 2], "cpu bf16": [90, 7, 9, 8]}  # the first of each only warms up

    def detect(run):
        clock[0] += seconds[run][done.count(run)]
        done.append(run)

    monkeypatch.setattr(stages.time, "perf_counter", lambda: clock[0])
    work = {run: {"g, batch 1": {"detect": partial(detect, run)}} for run in seconds}
    assert medians(work, 3) == {
        "cpu float32": {"g, batch 1": {"detect": 2000}},
        "cpu bf16": {"g, batch 1": {"detect": 8000}},
    }
    assert done == ["cpu float32", "cpu bf16"] * 4


def test_an_index_rate_stands_beside_that_of_before():
    runs = {"before": {"rate": 10.0, "cpu_ms": 200.0}, "this": {"rate": 25.0, "cpu_ms": 100.0}}
    figures = index_rate.with_ratios(runs)
    assert (figures["rate_over_before"], figures["cpu_ms_over_before"]) == (2.5, 0.5)
    assert "rate_over_before" not in index_rate.with_ratios({"this": runs["this"]})


def test_waiting_times_are_summed_up():
    figures = throughput.summary([float(n) for n in range(1, 22)], 10.5)
    assert figures == {"searches_per_second": 2.0, "median_seconds": 11.0, "p95_seconds": 20.0}
    assert throughput.summary([3.0], 3.0)["p95_seconds"] == 3.0


@pytest.mark.parametrize("count", [1, 20])
def test_memory_is_read_while_pictures_are_indexed(retriever, tmp_path, count):
    index_memory.write_pictures(tmp_path / "pictures", count)
    one = Image.open(next((tmp_path / "pictures").rglob("*.png"))).convert("RGB")
    seeing = index_memory.Retriever(index_memory.OneAnswer(retriever.detector, one), retriever.encoder)
    figures = index_memory.measure(seeing, tmp_path, count)
    first, *_, last = figures["resident_mib"]
    assert (first, last) == ("0", str(count))
    assert figures["finished_mib"] >= figures["resident_mib"]["0"] and figures["rate"] > 0


def test_whether_processes_share_a_gpu_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))
    assert not gpu_stages.mps_runs()
    (tmp_path / "control").touch()
    assert gpu_stages.mps_runs()


def test_the_stages_of_a_gpu_are_measured_by_the_same_code_on_a_cpu(retriever, tmp_path):
    index_rate.write_photographs(tmp_path / "pictures", (40, 30), 3)
    figures = gpu_stages.measure_stages(retriever, tmp_path / "pictures", 1, 1)
    assert set(figures) == {"detect_ms", "encode_ms", "compose_ms", "same_as_alone"} and figures["same_as_alone"] == 1
    assert gpu_stages.measure_indexing(retriever, tmp_path / "pictures", tmp_path / "out", 2) > 0
    gallery = retriever.open_gallery(tmp_path / "out")
    assert gpu_stages.measure_one_search(retriever, gallery, tmp_path / "pictures", 1) > 0
    options = {"checkpoint": "checkpoints/css-big", "device": "cpu", "dtype": "float32", "batch": 2}
    assert gpu_stages.measure_side_by_side(2, tmp_path / "pictures", tmp_path / "parts", options) > 0
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["0", "1"]
    assert set(gpu_stages.measure_search(100, "cpu", 1)) == {"1 queries", "64 queries"}
