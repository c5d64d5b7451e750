import os
import pickle
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from lbf_model.vision.detectors.detectron2 import INSTALL, convert_detectron2_weights, load_detectron2
from tests.unit.detector.published_detectors import ABSENT, check_boxes_lie_inside, noise, small_config, write_detectron2


class Runs:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module", params=["fpn", "c4"])
def files(request, tmp_path_factory):
    pytest.importorskip("detectron2", reason=ABSENT)
    return write_detectron2(tmp_path_factory.mktemp(request.param), small_config(request.param))


@pytest.fixture(scope="module")
def fpn_files(tmp_path_factory):
    pytest.importorskip("detectron2", reason=ABSENT)
    return write_detectron2(tmp_path_factory.mktemp("only_fpn"), small_config("fpn"))


@pytest.fixture(scope="module")
def detector(files):
    return load_detectron2(*files, max_regions=4)


@pytest.fixture(scope="module")
def pictures():
    return [noise(96, 64, 1), noise(50, 90, 2)]


@pytest.fixture(scope="module")
def found(detector, pictures):
    return detector.detect_regions(pictures)


def changed(path, folder, **settings):
    """A copy of the YAML file with other settings: MODEL__MASK_ON=True."""
    from detectron2.config import get_cfg

    cfg = get_cfg()
    cfg.merge_from_file(str(path))
    cfg.merge_from_list([x for key, value in settings.items() for x in (key.replace("__", "."), value)])
    copy = folder / "changed.yaml"
    copy.write_text(cfg.dump())
    return copy


def test_keeps_the_best_above_min_score(found):
    for regions in found:
        assert 1 <= len(regions) <= 4
        assert set(regions.labels) == {"class 2"}
        assert not regions.whole_image
        assert (regions.scores > 0.2).all()
        assert (np.diff(regions.scores) <= 0).all()


def test_types_and_shapes(detector, files, found, pictures):
    assert detector.feature_width == (32 if "fpn" in str(files[0]) else 512)
    assert len(detector.fingerprint) == 12
    for regions, picture in zip(found, pictures, strict=True):
        assert regions.features.shape == (len(regions), detector.feature_width)
        assert regions.image_size == picture.size
        assert {regions.boxes.dtype, regions.scores.dtype, regions.features.dtype} == {np.dtype(np.float32)}


def test_boxes_lie_inside_the_original_picture(found):
    check_boxes_lie_inside(found)


def test_boxes_and_scores_are_those_of_detectron2(files, found, pictures):
    from detectron2.config import get_cfg
    from detectron2.service import DefaultPredictor

    cfg = get_cfg()
    cfg.merge_from_file(str(files[0]))
    cfg.MODEL.WEIGHTS = str(files[1])
    cfg.MODEL.ROI_HEADS.SCORE_THRESH_TEST = 0.2
    cfg.TEST.DETECTIONS_PER_IMAGE = 4
    predictor = DefaultPredictor(cfg)
    for regions, picture in zip(found, pictures, strict=True):
        answer = predictor(np.array(picture)[:, :, ::-1])["instances"]
        np.testing.assert_allclose(regions.boxes, answer.pred_boxes.tensor, atol=1e-3)
        np.testing.assert_allclose(regions.scores, answer.scores, atol=1e-6)


def test_features_are_those_of_the_final_boxes(detector, found, pictures):
    """Only boxes and the picture go in: the picture is scaled by hand, and detectron2's own parts pool the boxes."""
    from detectron2.structures import Boxes

    regions, picture = found[0], pictures[0]
    width, height = 90, 60  # short side 64 would make the long side 96, more than 90
    pixels = np.array(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)[:, :, ::-1].copy()
    boxes = [Boxes(torch.from_numpy(regions.boxes_unit) * torch.tensor([width, height, width, height]))]
    model = detector.model
    with torch.inference_mode():
        images = model.preprocess_image([{"image": torch.from_numpy(pixels).permute(2, 0, 1)}])
        maps, heads = model.backbone(images.tensor), model.roi_heads
        if type(heads).__name__ == "Res5ROIHeads":
            features = heads.res5(heads.pooler([maps["res4"]], boxes)).mean((2, 3))
        else:
            features = heads.box_head(heads.box_pooler([maps[name] for name in ("p2", "p3", "p4", "p5")], boxes))
    np.testing.assert_allclose(regions.features, features, rtol=1e-3, atol=1e-4)


def test_other_pictures_of_the_batch_change_nothing(detector, found, pictures):
    alone = detector.detect_regions(pictures[1:])[0]
    assert np.array_equal(alone.boxes, found[1].boxes)
    assert np.array_equal(alone.features, found[1].features)


def test_nothing_found_is_the_whole_picture(files, pictures):
    detector = load_detectron2(*files, min_score=0.99)
    whole = detector.detect_regions(pictures[:1])[0]
    assert whole.whole_image and whole.labels == ("whole image",)
    assert whole.boxes.tolist() == [[0, 0, 96, 64]] and whole.scores.tolist() == [1]
    assert whole.features.shape == (1, detector.feature_width) and np.abs(whole.features).sum() > 0


def test_channels_stand_in_the_order_of_the_configuration(fpn_files, pictures, tmp_path):
    config, weights = fpn_files
    bgr = load_detectron2(config, weights)
    rgb = load_detectron2(changed(config, tmp_path, INPUT__FORMAT="RGB"), weights)
    swapped = Image.fromarray(np.array(pictures[0])[:, :, ::-1].copy())
    assert np.array_equal(bgr.detect_regions(pictures[:1])[0].features, rgb.detect_regions([swapped])[0].features)


def test_masks_are_neither_missed_nor_made(fpn_files, pictures, tmp_path):
    config = changed(fpn_files[0], tmp_path, MODEL__MASK_ON=True, MODEL__ROI_MASK_HEAD__CONV_DIM=8)
    from detectron2.config import get_cfg

    cfg = get_cfg()
    cfg.merge_from_file(str(config))
    detector = load_detectron2(*write_detectron2(tmp_path, cfg))
    assert not detector.detect_regions(pictures[:1])[0].whole_image


def test_labels_come_from_the_catalog(fpn_files, tmp_path):
    from detectron2.data import MetadataCatalog

    config, weights = fpn_files
    unknown = changed(config, tmp_path, DATASETS__TEST=("nobody_asks_for_this",))
    assert load_detectron2(unknown, weights).labels[4] == "class 4"
    assert "nobody_asks_for_this" not in MetadataCatalog
    names = ["hat", "shirt", "shoe", "sock", "tie"]
    MetadataCatalog.get("lbf_test_clothes").thing_classes = names
    try:
        known = changed(config, tmp_path, DATASETS__TRAIN=("lbf_test_clothes",))
        assert load_detectron2(known, weights).labels == tuple(names)
        other = changed(config, tmp_path, DATASETS__TEST=("coco_2017_val",))  # 80 names, but 5 classes
        assert load_detectron2(other, weights).labels[0] == "class 0"
    finally:
        MetadataCatalog.remove("lbf_test_clothes")


def test_names_of_the_model_zoo_are_found(fpn_files):
    for name in ("COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml", "COCO-Detection/faster_rcnn_R_50_C4_1x.yaml"):
        with pytest.raises(ValueError, match=f"not the weights of {name}"):
            load_detectron2(name, fpn_files[1])


@pytest.mark.parametrize(
    "name, part",
    [
        ("COCO-Detection/rpn_R_50_FPN_1x.yaml", "META_ARCHITECTURE is ProposalNetwork"),
        ("COCO-Detection/fast_rcnn_R_50_FPN_1x.yaml", "PROPOSAL_GENERATOR.NAME is PrecomputedProposals"),
        ("Misc/cascade_mask_rcnn_R_50_FPN_1x.yaml", "ROI_HEADS.NAME is CascadeROIHeads"),
        ("COCO-Detection/retinanet_R_50_FPN_1x.yaml", "not a configuration"),  # it names Python's eval
        ("COCO-Detection/nothing.yaml", "neither a YAML file nor"),
        ("new_baselines/mask_rcnn_R_50_FPN_50ep_LSJ.py", "neither a YAML file nor"),
    ],
)
def test_other_configurations_are_refused(fpn_files, name, part):
    with pytest.raises(ValueError, match=f"{name}: .*{part}"):
        load_detectron2(name, fpn_files[1])


@pytest.mark.parametrize(
    "content",
    [
        "MODEL: {NO_SUCH_KEY: 1}",
        "MODEL: 3",
        "[1, 2]",
        "MODEL: [",
        "_BASE_: nowhere.yaml",
        "MODEL: {BACKBONE: {NAME: no_such_backbone}}",
        "INPUT: {FORMAT: L}",
        "",
    ],
)
def test_broken_configurations_are_named(fpn_files, tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"broken\.yaml"):
        load_detectron2(path, fpn_files[1])


def test_a_configuration_runs_nothing(fpn_files, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(f"OUTPUT_DIR: !!python/object/apply:os.mkdir ['{tmp_path / 'ran'}']")
    with pytest.raises(ValueError, match=r"broken\.yaml: not a configuration of detectron2"):
        load_detectron2(path, fpn_files[1])
    assert not (tmp_path / "ran").exists()


def test_other_weights_are_refused(fpn_files, tmp_path):
    config, weights = fpn_files
    state = torch.load(weights, weights_only=True)["model"]
    missing = tmp_path / "missing.safetensors"
    save_file({key: value for key, value in state.items() if key != "backbone.fpn_lateral2.bias"}, missing)
    with pytest.raises(ValueError, match=r"missing\.safetensors: .* 1 missing \(such as backbone\.fpn_lateral2\.bias\)"):
        load_detectron2(config, missing)
    # older checkpoints carry constants; the anchors of another configuration tell that the files do not belong together
    anchors = {"proposal_generator.anchor_generator.cell_anchors.0": torch.zeros(3, 4)}
    torch.save({"model": {**state, "pixel_mean": torch.tensor([103.53, 116.28, 123.675]).view(3, 1, 1)}}, tmp_path / "old.pth")
    load_detectron2(config, tmp_path / "old.pth")
    torch.save({"model": {**state, **anchors}}, tmp_path / "wrong.pth")
    with pytest.raises(ValueError, match=r"wrong\.pth: .* different from the configuration"):
        load_detectron2(config, tmp_path / "wrong.pth")


def test_missing_weights_are_named(fpn_files, tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.pth: missing"):
        load_detectron2(fpn_files[0], tmp_path / "nowhere.pth")


def test_converted_weights_give_the_same_regions(files, found, pictures, tmp_path):
    state = torch.load(files[1], weights_only=True)["model"]
    zoo = {"model": {key: value.numpy() for key, value in state.items()}, "__author__": "Detectron2 Model Zoo"}
    pkl, out = tmp_path / "model_final_280758.pkl", tmp_path / "model.safetensors"
    pkl.write_bytes(pickle.dumps(zoo, 2))
    with pytest.raises(ValueError, match="convert_detectron2_weights"):
        load_detectron2(files[0], pkl)
    convert_detectron2_weights(pkl, out)
    regions = load_detectron2(files[0], out, max_regions=4).detect_regions(pictures[:1])[0]
    assert np.array_equal(regions.features, found[0].features)


def test_conversion_keeps_names_and_values(tmp_path):
    arrays = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(3)}
    pkl, out = tmp_path / "a.pkl", tmp_path / "a.safetensors"
    pkl.write_bytes(pickle.dumps({"model": arrays, "__author__": "somebody"}, 2))
    convert_detectron2_weights(pkl, out)
    assert {key: value.tolist() for key, value in load_file(out).items()} == {"a.weight": [[0, 1, 2], [3, 4, 5]], "b": 3}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pkl", "a.safetensors"]


def test_conversion_refuses_a_malicious_pickle(tmp_path):
    pkl, out = tmp_path / "a.pkl", tmp_path / "a.safetensors"
    pkl.write_bytes(pickle.dumps({"model": {"a": Runs(tmp_path / "ran")}}))
    with pytest.raises(ValueError, match=r"a\.pkl: .*posix\.mkdir, which is not allowed"):
        convert_detectron2_weights(pkl, out)
    assert not out.exists() and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [[1], {"blobs": {"a": np.zeros(1)}}, {"model": {"a": 1}}, {"model": {}}])
def test_conversion_refuses_other_content(tmp_path, content):
    pkl = tmp_path / "a.pkl"
    pkl.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r"a\.pkl: has no dict of arrays"):
        convert_detectron2_weights(pkl, tmp_path / "a.safetensors")


def test_without_detectron2_the_recipe_is_told(tmp_path, monkeypatch):
    for name in ("detectron2", "detectron2.data"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError) as told:
        load_detectron2("COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml", tmp_path / "a.pth")
    assert INSTALL in str(told.value)
