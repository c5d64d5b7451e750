"""Judge the garment detector: on photographs, recall of the garment's box, what a linear probe reads from its feature, and
how well its labels are calibrated; and whether it recognises that a picture shows no garment."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.ops import box_iou
from tqdm import tqdm

from lbf_model.checkpoint import provenance
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.other_pictures import HELD_OUT, TAUGHT, draw_other
from lbf_model.tasks.garments.photographs import judged_boxes, second_colors
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.training.calibration import calibration_error, fit_temperature
from lbf_model.training.metrics import percent
from lbf_model.training.region_store import open_pictures
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector

_BATCH = 16
_OTHERS, _OTHERS_SEED = 12, 90210  # pictures without a garment of each kind, drawn from streams that training does not use
_PROBED = {"color": COLORS, "pattern": PATTERNS, "category": CATEGORIES}
_READ = {"color": "color", "pattern": "pattern", "category": "kind"}  # which of the detector's attributes tells it


def evaluate_garment_detector(detector: AttributeRcnnDetector, train: GarmentSource, validation: GarmentSource) -> dict:
    """Recall of boxes set by eye, and accuracy of probes and of the detector's own labels, all in percent.

    A probe is a linear classifier on the feature of the best garment region, fitted to the train photographs and judged on the
    validation photographs, whose labels were all set by eye.

    Args:
        detector: to judge.
        train: photographs the probes are fitted to.
        validation: photographs that are measured.
    """
    found = {"train": _detect(detector, train), "validation": _detect(detector, validation)}
    boxes = judged_boxes()
    overlaps = [
        _overlap(regions, boxes[record.file])
        for record, regions in zip(validation.records, found["validation"], strict=True)
        if record.file in boxes
    ]
    features = {split: np.stack([r.features[_garment(r)] for r in found[split]]) for split in found}
    probes = {name: _probe(name, values, features, train, validation) for name, values in _PROBED.items()}
    own = [("",) * 3 if r.whole_image else r.labels[_garment(r)].split() for r in found["validation"]]
    return {
        "detector": detector.fingerprint,
        "garment_box": {
            "photographs": len(overlaps),
            "recall of the best garment region": _percent([best >= 0.5 for best, _ in overlaps]),
            "recall of any region": _percent([some >= 0.5 for _, some in overlaps]),
        },
        "linear_probe": probes,
        "own_labels": _own_labels(own, validation),
        "calibration_error": _calibration_errors(detector, features["validation"], validation),
        "no garment told": {
            "photographs, by mistake": _percent([r.whole_image for r in found["validation"]]),
            "pictures of kinds that training shows": _told(detector, TAUGHT),
            "pictures of other kinds": _told(detector, HELD_OUT),
        },
        "regions_a_picture": round(float(np.mean([len(r) for r in found["validation"]])), 2),
        "data": {"photographs": len(validation.records), "fitted_on": len(train.records)},
        **passed_over_figures([*train.passed_over, *validation.passed_over]),
        **provenance(),
    }


def fit_temperatures(detector: AttributeRcnnDetector, photographs: GarmentSource) -> dict[str, float]:
    """Temperatures for `DetectorConfig.temperatures`, fitted to photographs that trained nothing."""
    features = np.stack([r.features[_garment(r)] for r in _detect(detector, photographs)])
    fitted = {}
    for name, attribute in _READ.items():
        known, truth = _truth(name, photographs, detector.config.attributes[attribute])
        logits = np.log(detector.attribute_probabilities(features[known], attribute).clip(1e-12))
        now = detector.config.temperatures.get(attribute, 1.0)
        fitted[attribute] = round(fit_temperature(logits * now, truth), 3)
    return fitted


def _calibration_errors(detector: AttributeRcnnDetector, features: np.ndarray, photographs: GarmentSource) -> dict[str, float]:
    """Expected calibration error of what the detector reads from each photograph's garment, in percent."""
    errors = {}
    for name, attribute in _READ.items():
        known, truth = _truth(name, photographs, detector.config.attributes[attribute])
        likely = detector.attribute_probabilities(features[known], attribute)
        errors[name] = round(100 * calibration_error(likely.max(1), likely.argmax(1) == truth), 2)
    return errors


def _truth(name: str, photographs: GarmentSource, values: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool, the photographs that have this label, and the labels of those, as indices into `values`."""
    said = [getattr(record, name) for record in photographs.records]
    return np.array([value is not None for value in said]), np.array([values.index(v) for v in said if v is not None])


def _detect(detector: AttributeRcnnDetector, source: GarmentSource) -> list[Regions]:
    found: list[Regions] = []
    for first in tqdm(range(0, len(source.records), _BATCH), "detect", unit="batch"):
        found += detector.detect_regions(
            open_pictures([source.pictures / r.file for r in source.records[first : first + _BATCH]])
        )
    return found


def _told(detector: AttributeRcnnDetector, kinds: Sequence[str]) -> dict[str, float]:
    """How often pictures without a garment are recognised as such, by kind and in all."""
    told = {}
    for kind in kinds:
        rngs = [np.random.default_rng([_OTHERS_SEED, number]) for number in range(_OTHERS)]
        found = detector.detect_regions([draw_other(rng, kind, (256, 342)) for rng in rngs])
        told[kind] = _percent([regions.whole_image for regions in found])
    return {"all": round(float(np.mean(list(told.values()))), 2), **told}


def _garment(regions: Regions) -> int:
    """The best region that is called a whole garment; the best of all if none is."""
    named = [i for i, label in enumerate(regions.labels) if label.split()[-1] in CATEGORIES]
    return named[0] if named else 0


def _overlap(regions: Regions, truth: np.ndarray) -> tuple[float, float]:
    """IoU of the judged box with the best garment region, and the highest with any region."""
    iou = box_iou(torch.from_numpy(truth[None]), torch.from_numpy(regions.boxes_unit))[0].numpy()
    return float(iou[_garment(regions)]), float(iou.max())


def _probe(name: str, values: tuple[str, ...], features: dict, train: GarmentSource, validation: GarmentSource) -> float:
    told = {split: _truth(name, source, values) for split, source in (("train", train), ("validation", validation))}
    known, labels = ({split: both[part] for split, both in told.items()} for part in (0, 1))
    mean, std = features["train"].mean(0), features["train"].std(0) + 1e-3
    x = {split: torch.from_numpy((features[split][known[split]] - mean) / std).float() for split in features}
    torch.manual_seed(0)
    probe = torch.nn.Linear(x["train"].shape[1], len(values))
    optimizer = torch.optim.AdamW(probe.parameters(), lr=1e-2, weight_decay=1e-1)
    for _ in range(300):
        loss = F.cross_entropy(probe(x["train"]), torch.from_numpy(labels["train"]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return percent(probe(x["validation"]).argmax(1).numpy() == labels["validation"])


def _own_labels(own: Sequence[Sequence[str]], validation: GarmentSource) -> dict[str, float]:
    second = second_colors()
    records = validation.records
    return {
        "color": _percent([color == r.color for (_, color, _), r in zip(own, records, strict=True)]),
        "color or its second name": _percent(
            [color in (r.color, second.get(r.file)) for (_, color, _), r in zip(own, records, strict=True)]
        ),
        "pattern": _percent([p == r.pattern for (p, _, _), r in zip(own, records, strict=True) if r.pattern]),
        "category": _percent([kind == r.category for (_, _, kind), r in zip(own, records, strict=True)]),
    }


def _percent(hits: list[bool]) -> float:
    return percent(np.array(hits))
