"""A checkpoint between two others: the mean of their weights, which often knows what both know."""

import shutil
from pathlib import Path

from lbf_model.checkpoint import CheckpointError, read_config, read_weights, save_checkpoint
from lbf_model.retrieval.encoder import load_compositor

# Of a checkpoint's facts, those that `save_checkpoint` writes anew, and those that are not true of other weights.
_OWN_FACTS = {"format", "kind", "weights_sha256", "weights_files", "model", "training", "odds"}


def average_checkpoints(begin: Path, end: Path, share: float, out: Path) -> None:
    """Write (1 - share) * begin + share * end. All else the new checkpoint says is what `end` says, without its odds.

    What was trained further on other sentences knows those, and has forgotten some of the earlier ones; what lies between the
    two forgets less. Source: "Robust fine-tuning of zero-shot models" (Wortsman et al., CVPR 2022), where share is alpha.

    Args:
        begin: checkpoint folder of a compositor.
        end: likewise, trained on from `begin` (`train --start-from`). Weights of two trainings that each began at random have
            no useful mean.
        share: of `end`, from 0 to 1.
        out: checkpoint folder to write.

    Raises:
        CheckpointError: one of them cannot be read, or they differ in compositor, detector or shape.
        ValueError: share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share} is not from 0 to 1")
    model, header = load_compositor(end)
    first = read_config(begin, "compositor")
    for fact in ("compositor", "detector"):
        if first[fact] != header[fact]:
            raise CheckpointError(f"{begin} and {end} differ in their {fact}: {first[fact]} and {header[fact]}")
    weights, others = read_weights(begin, first), model.state_dict()
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in others.items()}:
        raise CheckpointError(f"{begin} and {end} differ in their tensors; average checkpoints of one model")
    model.load_state_dict({k: weights[k].float().lerp(v.float(), share).to(v.dtype) for k, v in others.items()})
    facts = {fact: value for fact, value in header.items() if fact not in _OWN_FACTS}
    between = {"share": share, "begin": first["weights_sha256"][:12], "end": header["weights_sha256"][:12]}
    facts["training"] = {**header["training"], "average": between}
    save_checkpoint(out, "compositor", model, model.config, facts, half=True)
    if (end / "curve.json").exists():
        shutil.copy(end / "curve.json", out / "curve.json")
