"""Evaluation on CSS measures every kind of checkpoint, by the regions that its config keeps."""

from dataclasses import replace

from lbf_model.checkpoint import save_checkpoint
from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.tasks.css.grammar import KINDS
from lbf_model.tasks.css.protocol import evaluate_css
from lbf_model.tasks.css.training_queries import CssQueries
from tests.small import OTHERS, small_compositor
from tests.unit.training.small_training import CONFIG, SAMPLING


def test_evaluation_prints_a_row_a_checkpoint(tiny_css, checkpoints, tmp_path):
    figures = evaluate_css([checkpoints / "lbf"], tiny_css, "test", checkpoints / "detector", tmp_path)
    row = figures["rows"][0]
    assert figures["queries"] == 36 and figures["gallery"] == 76
    assert 0 <= row["3d->3d"]["R@1"] <= row["3d->3d"]["R@5"] <= row["3d->3d"]["R@100"] <= 100
    assert set(row["2d->3d"]["R@1 by kind"]) == set(KINDS)
    assert 0 < figures["oracle R@1"]["all"] <= 100


def test_every_row_of_the_table_is_evaluated(tiny_css, checkpoints, compared_folder, tmp_path):
    folders = [compared_folder / name for name in OTHERS]
    figures = evaluate_css(folders, tiny_css, "test", checkpoints / "detector", tmp_path, true_regions=True)
    assert [row["compositor"] for row in figures["rows"]] == list(OTHERS)
    assert all(row[setting]["R@100"] == 100 for row in figures["rows"] for setting in ("3d->3d", "2d->3d"))


def test_no_more_regions_are_read_than_the_config_keeps(
    tiny_split, tiny_css, stores, checkpoints, detector, tmp_path, monkeypatch
):
    queries = CssQueries(tiny_split, stores, replace(CONFIG, max_regions=2), SAMPLING, 0, "detector")
    batch = queries.batch(0)
    assert batch.references.mask.shape[1] == batch.targets.mask.shape[1] == 2
    facts = {"compositor": "lbf", "detector": detector.fingerprint, "detector_checkpoint": "detector"}
    for kept in (1, 3):
        network = small_compositor("lbf", max_regions=kept)
        save_checkpoint(tmp_path / str(kept), "compositor", network, network.config, facts)
    widths, original = [], LbfNetwork.encode_pictures

    def noting(self, pictures):
        widths.append((self.config.max_regions, pictures.mask.shape[1]))
        return original(self, pictures)

    monkeypatch.setattr(LbfNetwork, "encode_pictures", noting)
    folders = [tmp_path / "1", tmp_path / "3"]
    evaluate_css(folders, tiny_css, "train", checkpoints / "detector", tmp_path / "regions", true_regions=True)
    assert set(widths) == {(1, 1), (3, 3)}
