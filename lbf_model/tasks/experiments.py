"""The experiments behind docs/results.md: each is a `train` command, and all share what is not named here.

A benchmark may have further ones of its own (`Benchmark.experiments`). `--grounding 0` is the paper's attention, which nobody
teaches.
"""

from dataclasses import dataclass

from lbf_model.compositors.registry import COMPOSITORS


class UnsuitedError(ValueError):
    """A detector cannot give what one experiment needs; the others can go on."""


@dataclass(frozen=True)
class Experiment:
    """A row of a table.

    Attributes:
        name: for programs; part of the names of files.
        title: for people.
        flags: of `train`, in addition to those that all experiments share.
        ablation: whether it belongs to the ablation, and not to the paper's table.
    """

    name: str
    title: str
    flags: tuple[str, ...]
    ablation: bool = False


@dataclass(frozen=True)
class Budget:
    """How long experiments train.

    Attributes:
        updates: of each run, whatever the row.
        validate_every: updates between validations, by which the best checkpoint of a run is chosen.
        seeds: of each row of the table.
        ablation_seeds: of each row of the ablation.
    """

    updates: int
    validate_every: int
    seeds: int
    ablation_seeds: int


# "cpu" is what two cores can do overnight; rows that learn slowly have not reached the end of their curve by then.
BUDGETS = {
    "cpu": Budget(updates=1500, validate_every=300, seeds=3, ablation_seeds=1),
    "gpu": Budget(updates=12000, validate_every=1000, seeds=3, ablation_seeds=3),
}

_LBF = ("--compositor", "lbf", "--grounding", "0")
LBF_GROUNDED = ("--compositor", "lbf", "--grounding", "0.5", "--cut-links", "0.5")


def _others() -> tuple[Experiment, ...]:
    rows = (row for row in COMPOSITORS.values() if row.name != "lbf")
    return tuple(Experiment(row.name, row.title, ("--compositor", row.name, "--grounding", "0")) for row in rows)


def lbf_ablation(name: str, title: str, *flags: str) -> Experiment:
    """LBF with one thing changed."""
    return Experiment(f"lbf-{name}", title, (*_LBF, *flags), ablation=True)


TABLE = (
    *_others(),
    Experiment(
        "tirg-start", "TIRG, its code's start", ("--compositor", "tirg", "--grounding", "0", "--model", "residual_start=10.0")
    ),
    Experiment("lbf-small", "LBF small (K = 18)", (*_LBF, "--model", "max_regions=18")),
    Experiment("lbf", "LBF big (K = 36)", _LBF),
    Experiment("lbf-grounded", "LBF grounded", LBF_GROUNDED),
)

ABLATION = (
    lbf_ablation("no-positions", "without positions", "--model", "positions=False"),
    lbf_ablation("no-vep", "without VEP", "--model", "vep_layers=0"),
    lbf_ablation("no-tep", "without TEP", "--model", "tep_layers=0"),
    lbf_ablation("no-visual", "without the visual stream", "--model", "streams=linguistic"),
    lbf_ablation("no-linguistic", "without the linguistic stream", "--model", "streams=visual"),
    lbf_ablation("k9", "K = 9", "--model", "max_regions=9"),
    lbf_ablation("soft-triplet", "soft triplet loss", "--loss", "soft-triplet"),
    lbf_ablation("both-losses", "both losses", "--loss", "both"),
    lbf_ablation("grounded-two-stages", "grounding in two stages", "--grounding", "0.5"),
    lbf_ablation("grounded-every-layer", "grounding of all layers", "--grounding", "0.5", "--grounded-layers", "every"),
)
