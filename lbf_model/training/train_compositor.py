"""Train a compositor on extracted regions: AdamW, cosine schedule, in-batch negatives, best checkpoint by validation."""

import json
import math
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from lbf_model.checkpoint import CheckpointError, current_commit, fingerprint, load_weights, read_config, save_checkpoint
from lbf_model.compositors.base import AnsweredQueries, Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import build_compositor
from lbf_model.network.losses import batch_classification_loss, grounding_loss, soft_triplet_loss
from lbf_model.training.batches import draw_batches
from lbf_model.training.queries import Queries, QueryBatch
from lbf_model.training.schedule import load_state, save_state, warmup_cosine
from lbf_model.training.settings import CompositorTraining


def _both_losses(similarity: Tensor, ignore: Tensor) -> Tensor:
    """L_BC + L_ST."""
    return batch_classification_loss(similarity, ignore) + soft_triplet_loss(similarity, ignore)


LOSS_FUNCTIONS = {"batch-classification": batch_classification_loss, "soft-triplet": soft_triplet_loss, "both": _both_losses}


def train_compositor(
    name: str,
    config: CompositorConfig,
    training: CompositorTraining,
    queries: Queries,
    out: Path,
    device: str = "cpu",
    workers: int = 0,
    start_from: Path | None = None,
) -> None:
    """Train, and keep the best checkpoint in `out`; an interrupted run resumes from out/training.pt.

    Args:
        name: of a row in `compositors.registry.COMPOSITORS`.
        config: the model's config, of the row's own config class.
        training: the schedule.
        queries: the training queries and the validation.
        out: checkpoint folder; besides the checkpoint it gets curve.json, the validation figures by update.
        device: "cpu" or "cuda" (with mixed precision).
        workers: processes that draw batches ahead, so that a GPU does not wait for them; the batches do not depend on it.
        start_from: a checkpoint of the same compositor and shape whose weights to start from, say after its detector was
            trained further; None starts from random weights.

    Raises:
        CheckpointError: `start_from` is not a checkpoint of this compositor.
        ValueError: `out` holds a run with other settings, or the loss is no longer finite.
    """
    torch.manual_seed(training.seed)
    model = build_compositor(name, config).to(device)
    model.standardise(queries.features)
    start = None if start_from is None else _take_over(model, name, start_from)
    optimizer = torch.optim.AdamW(model.parameter_groups(training.weight_decay), lr=training.learning_rate, betas=(0.9, 0.98))
    rate = partial(warmup_cosine, warmup=training.warmup, steps=training.updates, floor=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    out.mkdir(parents=True, exist_ok=True)
    state_file = out / "training.pt"
    settings = {"compositor": name, "model": asdict(config), **asdict(training), **queries.facts["training"]}
    del settings["updates"]  # a run may be extended
    settings["start"] = start and fingerprint(start)
    begun = load_state(state_file, model, optimizer, schedule, device, settings)
    state = begun or {"step": 0, "best": -1.0, "curve": [], "smooth": None}
    first, best, curve, smooth = (state[fact] for fact in ("step", "best", "curve", "smooth"))

    taught = model.attends and queries.batch(first).grounding is not None
    known = asdict(training) | ({} if taught else {"grounding": 0.0, "cut_links": 0.0})
    run = {**known, **queries.facts["training"], "commit": current_commit(), **({"start": start["training"]} if start else {})}
    bar = tqdm(range(first, training.updates), initial=first, total=training.updates, desc=name, unit="update")
    for step, batch in zip(bar, draw_batches(queries.batch, first, training.updates, workers), strict=True):
        torch.manual_seed(training.seed * 1_000_003 + step)  # for dropout, so that a resumed run gives the same result
        loss = _update(model, optimizer, batch, training, device)
        if not math.isfinite(loss):
            raise ValueError(f"the loss of update {step + 1} is {loss}; lower --learning-rate, and choose another --out")
        schedule.step()
        smooth = loss if smooth is None else 0.99 * smooth + 0.01 * loss
        if step % 50 == 0:
            bar.set_postfix(loss=f"{smooth:.3f}", best=f"{best:.1f}")
        if (step + 1) % training.validate_every == 0 or step + 1 == training.updates:
            score, figures = queries.judge(model)
            point = {"updates": step + 1, "loss": round(smooth, 4), **figures}
            curve.append(point)
            (out / "curve.json").write_text(json.dumps(curve, indent=1))
            if score > best:
                best = score
                chosen = {**run, "chosen_at_update": step + 1, "validation": point}
                facts = {"compositor": name, **queries.facts, "training": chosen}
                save_checkpoint(out, "compositor", model, config, facts, half=True)
            bar.set_postfix(loss=f"{smooth:.3f}", best=f"{best:.1f}")
            reached = {"step": step + 1, "best": best, "curve": curve, "smooth": smooth}
            save_state(state_file, model, optimizer, schedule, settings, **reached)


def _take_over(model: Compositor, name: str, folder: Path) -> dict:
    """Load a checkpoint's weights; returns its config.json."""
    header = read_config(folder, "compositor")
    if header["compositor"] != name:
        raise CheckpointError(f"{folder}: holds {header['compositor']}; start from a checkpoint of {name}")
    load_weights(folder, header, model)
    return header


def _update(model: Compositor, optimizer, batch: QueryBatch, training: CompositorTraining, device: str) -> float:
    model.train()
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        references, targets = batch.references.to(device), batch.targets.to(device)
        words, false_negatives = batch.words.to(device), batch.false_negatives.to(device)
        encoded = model.encode_pictures(references)  # once per picture, however many queries start from it
        started = encoded.select(batch.source.to(device))
        grounding = batch.grounding.to(device) if batch.grounding and model.attends else None
        if grounding is None:
            composed = model.embed_query(started, words)
        else:
            pointed_at = started.mask if grounding.linked is None else started.mask & grounding.linked
            links = _cut_links(pointed_at, grounding.meant, training.cut_links)
            composed = model.embed_query(started, words, links)
        wanted = model.encode_pictures(targets)
        columns = torch.cat([model.embed_target(wanted), model.embed_target(encoded)])
        answered = AnsweredQueries(started, words, composed, wanted, false_negatives[:, : len(false_negatives)])
        auxiliary = model.auxiliary_loss(answered)
        if grounding is not None and training.grounding:
            fits = grounding.fits & links[:, None]
            layers = composed.word_to_region.shape[1]
            looks = composed.word_to_region.split(layers if training.grounded_layers == "first-and-last" else 1, dim=1)
            taught = [grounding_loss(look, words.mask, links, fits, grounding.meant) for look in looks]
            auxiliary = auxiliary + training.grounding * sum(taught)
    similarity = model.temperature * composed.embedding.float() @ columns.float().T
    if batch.soft_negatives is not None:  # exp(s + log w) = w exp(s): in a softmax it counts w times
        similarity = similarity + batch.soft_negatives.to(device) * math.log(training.soft_negatives)
    loss = LOSS_FUNCTIONS[training.loss](similarity, false_negatives) + auxiliary.float()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def _cut_links(real: Tensor, meant: Tensor, share: float) -> Tensor:
    """(B, R) bool: the regions that words may touch, after a `share` of the sentences lost some that they are not about.

    Args:
        real: (B, R) bool, the real regions, or those of them that are pointed at.
        meant: (B, R) bool, regions that each sentence is about; a sentence that is about none keeps all.
        share: of the queries.
    """
    rows = (torch.rand(len(real), 1, device=real.device) < share) & meant.any(1, keepdim=True)
    return real & (~rows | meant | (torch.rand(real.shape, device=real.device) < 0.5))
