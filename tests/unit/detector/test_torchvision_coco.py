import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.transforms.functional import pil_to_tensor

from lbf_model.vision.detectors.base import BoxDescriber
from lbf_model.vision.detectors.registry import load_detector
from lbf_model.vision.detectors.torchvision_coco import TorchvisionCocoDetector, load_torchvision_coco
from tests.unit.detector.published_detectors import check_boxes_lie_inside, noise, shrink, write_torchvision_coco


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_torchvision_coco(tmp_path_factory.mktemp("coco"))


@pytest.fixture(scope="module")
def detector(weights):
    return shrink(load_torchvision_coco(weights, max_regions=7))


@pytest.fixture(scope="module")
def pictures():
    return [noise(96, 64, 1), noise(64, 80, 2)]


@pytest.fixture(scope="module")
def found(detector, pictures):
    return detector.detect_regions(pictures)


def test_strides_are_not_guessed_from_the_first_picture(weights):
    pool = load_torchvision_coco(weights).model.roi_heads.box_roi_pool
    assert pool.scales == [1 / 4, 1 / 8, 1 / 16, 1 / 32] and (pool.map_levels.k_min, pool.map_levels.k_max) == (2, 5)


def test_keeps_the_best_above_min_score(found):
    for regions in found:
        assert len(regions) == 7
        assert set(regions.labels) == {"cat"}
        assert not regions.whole_image
        assert (regions.scores > 0.2).all()
        assert (np.diff(regions.scores) <= 0).all()


def test_features_are_as_wide_as_the_box_head(detector):
    assert detector.feature_width == 1024


def test_boxes_lie_inside_the_original_picture(found):
    check_boxes_lie_inside(found)


def test_boxes_and_scores_are_those_of_torchvision(detector, found, pictures):
    with torch.inference_mode():
        answer = detector.model([pil_to_tensor(pictures[0]) / 255])[0]
    np.testing.assert_allclose(found[0].boxes, answer["boxes"], atol=1e-3)
    np.testing.assert_allclose(found[0].scores, answer["scores"], atol=1e-6)


def test_features_are_those_of_the_final_boxes(detector, found, pictures):
    model, regions = detector.model, found[0]
    with torch.inference_mode():
        images, _ = model.transform([pil_to_tensor(pictures[0]) / 255])
        height, width = images.image_sizes[0]
        boxes = torch.from_numpy(regions.boxes_unit) * torch.tensor([width, height, width, height])
        pooled = model.roi_heads.box_roi_pool(model.backbone(images.tensors), [boxes], images.image_sizes)
        features = model.roi_heads.box_head(pooled)
    np.testing.assert_allclose(regions.features, features, rtol=1e-3, atol=1e-4)


def test_the_feature_map_is_the_pyramids_coarse_level_averaged(detector, found, pictures):
    with torch.inference_mode():
        images, _ = detector.model.transform([pil_to_tensor(pictures[0]) / 255])
        level = detector.model.backbone(images.tensors)["3"][0].numpy()
    height, width = level.shape[1:]
    rows, columns = ([(i * n // 6, -(-(i + 1) * n // 6)) for i in range(6)] for n in (height, width))
    cells = [[level[:, a:b, c:d].mean((1, 2)) for c, d in columns] for a, b in rows]
    np.testing.assert_allclose(found[0].feature_map, np.array(cells).transpose(2, 0, 1), rtol=1e-2, atol=1e-3)


def test_the_registry_loads_it_by_name(weights, detector):
    loaded = load_detector(f"torchvision-coco:{weights}")
    assert isinstance(loaded, TorchvisionCocoDetector) and loaded.fingerprint == detector.fingerprint
    assert not isinstance(loaded, BoxDescriber)


def test_other_pictures_of_the_batch_change_nothing(detector, found, pictures):
    alone = detector.detect_regions(pictures[1:])[0]
    assert np.array_equal(alone.boxes, found[1].boxes)
    assert np.array_equal(alone.features, found[1].features)


def test_nothing_found_is_the_whole_picture_and_safetensors_are_read(weights, detector, pictures, tmp_path):
    path = tmp_path / "coco.safetensors"
    save_file(torch.load(weights, weights_only=True), path)
    unsure = shrink(load_torchvision_coco(path, min_score=0.9))
    mine, theirs = unsure.model.state_dict(), detector.model.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    assert len(unsure.fingerprint) == 12 and unsure.fingerprint != detector.fingerprint

    whole = unsure.detect_regions(pictures[:1])[0]
    assert whole.whole_image and whole.labels == ("whole image",)
    assert whole.boxes.tolist() == [[0, 0, 96, 64]] and whole.scores.tolist() == [1]
    assert whole.features.shape == (1, 1024) and np.abs(whole.features).sum() > 0


def test_other_weights_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"fc.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(ValueError, match=r"other\.pth: not the weights of .* missing .* 1 unknown \(such as fc\.weight\)"):
        load_torchvision_coco(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.pth: missing"):
        load_torchvision_coco(tmp_path / "nowhere.pth")
