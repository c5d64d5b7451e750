"""Checkpoints that are measured."""

from pathlib import Path

from lbf_model.checkpoint import CheckpointError, checkpoint_name, fingerprint
from lbf_model.compositors.base import Compositor
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.vision.detectors.base import RegionDetector


def load_measured(folder: Path, detector: RegionDetector) -> tuple[Compositor, dict, dict]:
    """Load a compositor that is to be measured on a detector's regions.

    Args:
        folder: compositor checkpoint.
        detector: the one whose regions it gets.

    Returns:
        The compositor, its header, and the beginning of its row in a table of figures: what the checkpoint is.

    Raises:
        CheckpointError: it was trained with another detector, or cannot be loaded.
    """
    model, header = load_compositor(folder)
    if header["detector"] != detector.fingerprint:
        named = f"{header['detector_checkpoint']} ({header['detector']})"
        raise CheckpointError(
            f"{folder}: trained with detector {named}, not with {detector.fingerprint}; give that detector as --detector"
        )
    row = {"checkpoint": checkpoint_name(folder), "compositor": header["compositor"], "weights": fingerprint(header)}
    return model, header, row
