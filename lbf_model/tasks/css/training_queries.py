"""CSS as training queries: the sampler's batches, and R@1 on base scenes held out of the train split."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import make_config
from lbf_model.retrieval.encoder import load_reader
from lbf_model.tasks.css.protocol import css_ranks, embed_gallery
from lbf_model.tasks.css.regions import CssRegionTable
from lbf_model.tasks.css.sampling import QuerySampler
from lbf_model.tasks.css.storage import RENDERINGS, CssSplit
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.tasks.experiments import UnsuitedError
from lbf_model.training.metrics import recall
from lbf_model.training.queries import QueryBatch
from lbf_model.training.region_store import features_to_standardise
from lbf_model.training.settings import check_shares
from lbf_model.vision.detectors.base import RegionDetector


@dataclass(frozen=True)
class CssSampling:
    """How CSS batches are drawn.

    Attributes:
        sources: reference pictures per batch.
        modifications: queries for each of them; batch size is the product.
        fresh: share of reference scenes newly drawn from the training distribution. None takes 0.8, or 0 for a compositor that
            reads feature maps: a new scene is combined from regions of several pictures and has none.
        share_2d: share of reference pictures in their 2D rendering.
        crossed: share of the newly drawn scenes in which any shape can have any colour; for a detector that tells colours.
        held_out: how many base scenes' queries are the validation part; at most a fifth of the data set's scenes.
    """

    sources: int = 16
    modifications: int = 8
    fresh: float | None = None
    share_2d: float = 0.35
    crossed: float = 0.0
    held_out: int = 50

    def __post_init__(self):
        check_shares(fresh=self.fresh, share_2d=self.share_2d, crossed=self.crossed)


class CssQueries:
    """Training queries of the train split (see `training.queries.Queries`).

    Attributes:
        passed_over: files of the pictures that cannot be decoded; neither they nor queries with them are used.
    """

    def __init__(
        self,
        split: CssSplit,
        stores: dict,
        config: CompositorConfig,
        sampling: CssSampling,
        seed: int,
        detector_checkpoint: str,
        watched: dict[str, tuple[CssSplit, dict]] | None = None,
        validation_seed: int | None = None,
        color_features: slice | None = None,
    ):
        """Prepare sampling and judging.

        Args:
            split: CSS train split.
            stores: rendering -> RegionStore of that split.
            config: of the compositor.
            sampling: how batches are drawn.
            seed: of the run.
            detector_checkpoint: what the compositor's header calls the detector, from `detector_reference`.
            watched: name -> (split, its stores) of other CSS data, such as unseen shape-colour pairs drawn with another seed;
                their R@1 is recorded in the curve, but decides nothing.
            validation_seed: draws the validation part; None is `seed`. Training that continues from a checkpoint needs the
                checkpoint's (see `validation_seed_of`), or it is judged by scenes that the checkpoint has seen.
            color_features: the part of a region's feature that tells its colour; None if the detector does not say.

        Raises:
            ValueError: newly drawn scenes are requested, but the compositor reads feature maps; or crossed colours are
                requested, but no scene is newly drawn.
            UnsuitedError: crossed colours are requested, but it is unknown which features tell them.
        """
        sampling = _with_fresh(sampling, config.reads)
        _check_crossed(sampling, color_features)
        validation_seed = seed if validation_seed is None else validation_seed
        held_out = held_out_sources(split, sampling.held_out, validation_seed)
        left_out = held_out | {q.target for q in split.queries if q.source in held_out}
        table = CssRegionTable(split, stores, config.max_regions, left_out)
        self.features = features_to_standardise(table.table, config.reads, seed)
        if sampling.crossed:
            table.cross_colors(color_features, seed)
        self.reader = load_reader(config)
        self.sampling = sampling
        drawn = sampling.fresh, sampling.share_2d, seed, config.reads, sampling.crossed
        known = replace(split, queries=table.answerable(split.queries))
        self.sampler = QuerySampler(known, table, self.reader, held_out, *drawn)
        self._judged = {"validation": (split, table, table.answerable(q for q in split.queries if q.source in held_out))}
        for title, (data, regions) in (watched or {}).items():
            seen = CssRegionTable(data, regions, config.max_regions)
            self._judged[title] = (data, seen, seen.answerable(data.queries))
        self.passed_over = [str(split.picture(index, rendering)) for rendering, index in table.broken]
        self.facts = {
            "detector": stores["3d"].about["detector"],
            "detector_checkpoint": detector_checkpoint,
            "training": {
                # Without "crossed" if it is 0, so that a run from before that setting can resume.
                **{name: value for name, value in asdict(sampling).items() if name != "crossed" or value},
                "data": f"css, seed {split.seed}, train split",
                "passed_over": len(self.passed_over),
                "validation_seed": validation_seed,
            },
        }

    def batch(self, step: int) -> QueryBatch:
        """The sampler's batch."""
        return self.sampler.batch(step, self.sampling.sources, self.sampling.modifications)

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """R@1 in percent of every judged set; the mean over both renderings of the validation part is the score."""
        figures = {}
        for title, (data, regions, queries) in self._judged.items():
            gallery = embed_gallery(model, regions, regions.gallery)
            for rendering in RENDERINGS:
                ranks = css_ranks(model, self.reader, data, queries, regions, rendering, gallery)
                figures[f"{title} R@1 {rendering}"] = recall(ranks)["R@1"]
        return sum(figures[f"validation R@1 {r}"] for r in RENDERINGS) / len(RENDERINGS), figures


def _with_fresh(sampling: CssSampling, reads: str) -> CssSampling:
    """What `fresh` means for a compositor that reads "regions" or a "feature_map"."""
    if sampling.fresh is None:
        return replace(sampling, fresh=0.8 if reads == "regions" else 0.0)
    if sampling.fresh > 0 and reads == "feature_map":
        raise ValueError(
            f"--fresh {sampling.fresh}: newly drawn scenes have no feature map, which this compositor reads; use 0"
        )
    return sampling


def _check_crossed(sampling: CssSampling, color_features: slice | None) -> None:
    if sampling.crossed and not sampling.fresh:
        raise ValueError(
            f"--crossed {sampling.crossed} is a share of newly drawn scenes, and this training draws none; leave it out"
        )
    if sampling.crossed and color_features is None:
        raise UnsuitedError(f"--crossed {sampling.crossed} needs a detector that tells colours apart from shapes; leave it out")


def css_config(
    setting: str, detector: RegionDetector, compositor: str = "lbf", changes: Mapping[str, object] | None = None
) -> CompositorConfig:
    """The paper's two settings: "css-big" keeps K = 36 regions, "css-small" K = 18; `changes` are further facts."""
    changes = changes or {}
    aliases = {} if changes.get("words") == "minilm" else CSS_ALIASES
    facts = {"vocabulary": CSS_WORDS, "aliases": aliases, "max_regions": {"css-big": 36, "css-small": 18}[setting]}
    return make_config(compositor, detector, **{**facts, **changes})


def validation_seed_of(training: Mapping[str, object]) -> int:
    """The seed of the validation part that a checkpoint has not seen, from the facts on its training."""
    return training.get("validation_seed", training["seed"])


def held_out_sources(split: CssSplit, count: int, seed: int) -> frozenset[int]:
    """Reference images whose queries are the validation part, drawn from the split's base scenes: at most a fifth of them.

    Raises:
        ValueError: the split has fewer than five base scenes.
    """
    sources = sorted({q.source for q in split.queries})
    if len(sources) < 5:
        raise ValueError(f"{len(sources)} base scenes are too few to train on some and judge by others; make more of them")
    count = min(count, len(sources) // 5)
    return frozenset(np.random.default_rng([seed, 77]).permutation(sources)[:count].tolist())
