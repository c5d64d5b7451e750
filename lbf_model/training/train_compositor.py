"""Train a compositor on extracted regions: AdamW, cosine schedule, in-batch negatives, best checkpoint by validation."""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lbf_model.checkpoint import current_commit, save_checkpoint
from lbf_model.compositors import build_compositor
from lbf_model.datasets.css.storage import RENDERINGS, CssSplit
from lbf_model.datasets.css.words import CSS_ALIASES, CSS_WORDS
from lbf_model.network.lbf import LbfConfig
from lbf_model.network.losses import batch_classification_loss, soft_triplet_loss
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.training.css_batches import QueryBatch, QuerySampler
from lbf_model.training.css_regions import RegionTable
from lbf_model.training.evaluate_css import css_ranks, embed_gallery
from lbf_model.training.metrics import recall
from lbf_model.training.schedule import load_state, save_state, warmup_cosine

LOSSES = {"batch-classification": batch_classification_loss, "soft-triplet": soft_triplet_loss}


@dataclass(frozen=True)
class CompositorTraining:
    """How a compositor is trained.

    Attributes:
        updates: optimiser steps of the whole schedule.
        sources: reference pictures a batch.
        modifications: queries of each of them; batch size is the product.
        learning_rate: peak of the cosine schedule.
        warmup: updates of linear rise.
        weight_decay: of AdamW.
        loss: a name of LOSSES.
        fresh: share of reference scenes newly drawn from the training distribution.
        share_2d: share of reference pictures in their 2D rendering.
        held_out: base scenes whose queries are the validation part.
        validate_every: updates between two validations (and saved states).
        seed: of everything random.
    """

    updates: int = 10000
    sources: int = 16
    modifications: int = 8
    learning_rate: float = 1e-3
    warmup: int = 300
    weight_decay: float = 0.01
    loss: str = "batch-classification"
    fresh: float = 0.8
    share_2d: float = 0.35
    held_out: int = 50
    validate_every: int = 500
    seed: int = 0


def css_config(name: str, feature_width: int) -> LbfConfig:
    """The paper's two settings: "css-big" keeps K = 36 regions, "css-small" K = 18."""
    return LbfConfig(CSS_WORDS, feature_width, CSS_ALIASES, max_regions={"css-big": 36, "css-small": 18}[name])


def held_out_sources(split: CssSplit, count: int, seed: int) -> frozenset[int]:
    """Reference images whose queries are the validation part, drawn from the split's base scenes."""
    sources = sorted({q.source for q in split.queries})
    return frozenset(np.random.default_rng([seed, 77]).permutation(sources)[:count].tolist())


def train_compositor(
    name: str,
    config: LbfConfig,
    training: CompositorTraining,
    split: CssSplit,
    stores: dict,
    detector_checkpoint: str,
    out: Path,
    device: str = "cpu",
    watched: dict[str, tuple[CssSplit, dict]] | None = None,
) -> None:
    """Train and keep the best checkpoint in `out`; an interrupted run goes on from out/training.pt.

    Args:
        name: a name of `compositors.COMPOSITORS`.
        config: the model.
        training: the schedule.
        split: CSS train split.
        stores: rendering -> RegionStore of that split.
        detector_checkpoint: folder name of the detector, beside which `out` will lie.
        out: checkpoint folder; besides the checkpoint it gets curve.json, R@1 in percent against updates.
        device: "cpu" or "cuda" (mixed precision there).
        watched: name -> (split, its stores) of other CSS data, such as unseen shape-colour pairs drawn with another seed; their
            R@1 stands in curve.json and decides nothing.
    """
    held_out = held_out_sources(split, training.held_out, training.seed)
    left_out = held_out | {q.target for q in split.queries if q.source in held_out}
    table = RegionTable(split, stores, config.max_regions, left_out)
    vocabulary = Vocabulary(config.vocabulary, config.aliases)
    sampler = QuerySampler(split, table, vocabulary, held_out, training.fresh, training.share_2d, training.seed)
    judged = {"validation": (split, table, [q for q in split.queries if q.source in held_out])}
    for title, (data, regions) in (watched or {}).items():
        judged[title] = (data, RegionTable(data, regions, config.max_regions), data.queries)

    torch.manual_seed(training.seed)
    model = build_compositor(name, config).to(device)
    model.region_input.feature_mean.copy_(torch.from_numpy(table.features.mean(0)))
    model.region_input.feature_std.copy_(torch.from_numpy(table.features.std(0) + 1e-2))
    optimizer = torch.optim.AdamW(_groups(model, training), lr=training.learning_rate, betas=(0.9, 0.98))
    rate = partial(warmup_cosine, warmup=training.warmup, steps=training.updates, floor=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    out.mkdir(parents=True, exist_ok=True)
    state_file = out / "training.pt"
    state = load_state(state_file, model, optimizer, schedule, device) or {"step": 0, "best": -1.0, "curve": [], "smooth": None}
    start, best, curve, smooth = (state[fact] for fact in ("step", "best", "curve", "smooth"))

    facts = {
        "compositor": name,
        "detector": stores["3d"].about["detector"],
        "detector_checkpoint": detector_checkpoint,
        "training": {**asdict(training), "data": f"css, seed {split.seed}, train split", "commit": current_commit()},
    }
    bar = tqdm(range(start, training.updates), initial=start, total=training.updates, desc=name, unit="update")
    for step in bar:
        torch.manual_seed(training.seed * 1_000_003 + step)  # dropout; so that a resumed run does what a whole one does
        loss = _update(model, optimizer, sampler.batch(step, training.sources, training.modifications), training, device)
        schedule.step()
        smooth = loss if smooth is None else 0.99 * smooth + 0.01 * loss
        if step % 50 == 0:
            bar.set_postfix(loss=f"{smooth:.3f}", best=f"{best:.1f}")
        if (step + 1) % training.validate_every == 0 or step + 1 == training.updates:
            point = {"updates": step + 1, "loss": round(smooth, 4)}
            for title, (data, regions, queries) in judged.items():
                gallery = embed_gallery(model, regions, range(len(data.images)))
                for rendering in RENDERINGS:
                    ranks = css_ranks(model, vocabulary, data, queries, regions, rendering, gallery)
                    point[f"{title} R@1 {rendering}"] = recall(ranks)["R@1"]
            curve.append(point)
            (out / "curve.json").write_text(json.dumps(curve, indent=1))
            score = (point["validation R@1 3d"] + point["validation R@1 2d"]) / 2
            if score > best:
                best = score
                chosen = {**facts, "training": {**facts["training"], "chosen_at_update": step + 1, "validation": point}}
                save_checkpoint(out, "compositor", model, config, chosen)
            save_state(state_file, model, optimizer, schedule, step=step + 1, best=best, curve=curve, smooth=smooth)


def _update(model, optimizer, batch: QueryBatch, training: CompositorTraining, device: str) -> float:
    model.train()
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        references, targets = batch.references.to(device), batch.targets.to(device)
        source = batch.source.to(device)
        regions = model.encode_regions(*references)  # once a picture, however many queries start from it
        composed, _, _ = model.embed_query(regions[source], references.mask[source], batch.word_ids.to(device))
        columns = torch.cat([model.encode_target(*targets), model.embed_target(regions, references.mask)])
    similarity = model.temperature * composed.float() @ columns.float().T
    loss = LOSSES[training.loss](similarity, batch.same_scene.to(device))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def _groups(model, training) -> list[dict]:
    """Matrices decay; biases, norms, embeddings and the temperature do not."""
    decayed = [p for n, p in model.named_parameters() if p.ndim > 1 and "word_input" not in n]
    kept = [p for n, p in model.named_parameters() if p.ndim <= 1 or "word_input" in n]
    return [{"params": decayed, "weight_decay": training.weight_decay}, {"params": kept, "weight_decay": 0.0}]
