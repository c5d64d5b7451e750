"""Training settings, their defaults and their valid values. Needs no torch."""

from dataclasses import dataclass

LOSSES = ("batch-classification", "soft-triplet", "both")
GROUNDED_LAYERS = ("first-and-last", "every")


def check_shares(**shares: float | None) -> None:
    """Refuse a share below 0 or above 1, naming its flag; None means the default.

    Raises:
        ValueError: a share is not from 0 to 1.
    """
    for name, share in shares.items():
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"--{name.replace('_', '-')} {share}: give a share from 0 to 1")


@dataclass(frozen=True)
class CompositorTraining:
    """How a compositor is trained.

    Attributes:
        updates: optimiser steps of the whole schedule.
        learning_rate: peak of the cosine schedule.
        warmup: updates of linear warm-up.
        weight_decay: of AdamW.
        loss: one of LOSSES.
        grounding: weight of `grounding_loss`, for compositors with attention and data that know where words should look; 0 is
            the paper's attention, which is not supervised.
        grounded_layers: one of GROUNDED_LAYERS: the first layer by what each word fits and the last by what the sentence is
            about, or every layer like the last.
        cut_links: share of queries in which each region that the sentence is not about keeps or loses its links to the words by
            the toss of a coin, so that what the sentence does depends only on the regions it is about.
        soft_negatives: how much a soft negative counts, relative to a plain one (see `QueryBatch`): pictures that have what was
            asked for all rank before the others, and among them those that keep most come first.
        validate_every: updates between validations (and saved states).
        seed: of everything random.
    """

    updates: int = 10000
    learning_rate: float = 1e-3
    warmup: int = 300
    weight_decay: float = 0.01
    loss: str = "batch-classification"
    grounding: float = 0.3
    grounded_layers: str = "first-and-last"
    cut_links: float = 0.0
    soft_negatives: float = 0.1
    validate_every: int = 500
    seed: int = 0

    def __post_init__(self):
        check_shares(cut_links=self.cut_links)
        for name, valid in (
            ("updates", self.updates >= 1),
            ("loss", self.loss in LOSSES),
            ("grounding", self.grounding >= 0),
            ("grounded_layers", self.grounded_layers in GROUNDED_LAYERS),
            ("soft_negatives", 0 < self.soft_negatives <= 1),
            ("validate_every", self.validate_every >= 1),
        ):
            if not valid:
                raise ValueError(f"--{name.replace('_', '-')} {getattr(self, name)}: not valid; `train --help` says what is")


@dataclass(frozen=True)
class DetectorTraining:
    """How a detector is trained. Every batch depends only on (seed, step), so a resumed run sees the same batches.

    Attributes:
        steps: optimiser steps of the whole cosine schedule.
        batch_size: pictures per step.
        learning_rate: peak for heads and pyramid; the body uses 0.3 of it.
        quick_learning_rate: peak for the branches that do not use the box head (see `AttributeBranches.quick_parameters`).
        warmup: steps of linear warm-up.
        weight_decay: of AdamW.
        seed: of everything random.
    """

    steps: int = 1700
    batch_size: int = 8
    learning_rate: float = 1e-3
    quick_learning_rate: float = 5e-3
    warmup: int = 100
    weight_decay: float = 1e-4
    seed: int = 0
