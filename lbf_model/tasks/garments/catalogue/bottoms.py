"""Pants, shorts and skirts."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import has_jeans_cut, is_denim
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.outlines import METAL, PALE, Line, Panel, box, chain, ellipse, mirrored, tube


def leg_panels(g: Garment) -> list[Panel]:
    """Pants and shorts: two legs, a waistband, a fly."""
    n, short, denim = g.number, g.category == "shorts", is_denim(g)
    jogger = not has_jeans_cut(g) and g.chance("jogger", 0.5)
    waist, hip, crotch = n("waist", 0.33, 0.38), n("hip", 0.43, 0.5), n("crotch", 0.52, 0.6)
    length = n("long", 0.82, 1.12) if short else n("long", 1.95, 2.15)
    wide = (
        n("leg", 0.21, 0.27)
        if short
        else g.pick("leg cut", (n("slim", 0.13, 0.16), n("straight", 0.17, 0.21), n("wide", 0.23, 0.29)))
    )
    wide = min(wide, 0.19) if jogger and not short else wide
    spread = n("spread", 0.24, 0.3) if short else n("spread", 0.2, 0.3)
    stitch = {"rgb": (196, 142, 74)} if denim and g.color != "white" else {"tone": 0.75}
    panels = [Panel(chain((-waist, 0.02, 0.05), (waist, 0.02, 0.05), (-waist, 0.02)), "lining", tone=0.8)]
    for side in (-1, 1):
        end = spread + wide * 0.2
        shape = chain(
            (-0.02, 0, 0), (waist, 0, 0.03), (hip, crotch * 0.8, 0.01),
            (end + wide, length, -0.02), (end - wide, length + 0.01, 0),
            (max(0.02, end - wide * 1.05) * 0.7, crotch + 0.12, -0.06),
            (-0.0, crotch, 0), (-0.02, 0),
        )  # fmt: skip
        knee = 0.5 * (crotch + length)
        rng = g.rng(f"leg {side}")
        creases = [(0.0, crotch, side * rng.uniform(0.15, 0.4), crotch + rng.uniform(-0.25, 0.12), 0.022) for _ in range(4)]
        creases += [
            (side * (end + wide), y, side * (end - wide * 0.6), y + rng.uniform(-0.1, 0.1), 0.013)
            for y in rng.uniform(knee - 0.15, length, 6)
        ]
        outer = np.array([[hip - 0.02, crotch * 0.8], [end + wide - 0.015, length]])
        hemline = np.array([[end - wide, length - 0.05], [end + wide, length - 0.06]])
        lines = [Line(outer * [side, 1], 0.007, 0.75), Line(hemline * [side, 1], 0.008, dashed=denim, **stitch)]
        if not jogger and not has_jeans_cut(g) and not short and g.chance("ironed", 0.4):
            creases.append((side * end, 0.25, side * end, length + 0.8, 0.03))
        pocket = chain((waist - 0.16, 0.07, -0.12), (hip - 0.03, 0.27)) * [side, 1]
        lines.append(Line(pocket, 0.012, **({"tone": 0.6} | stitch)))
        panels.append(Panel(shape * [side, 1], "main", -0.05 * side, "leg", lines=lines, creases=creases, puff=0.028))
        if jogger and not short:
            half = wide * 0.9
            cuff = box(end - half, length - 0.03, end + half, length + 0.09) * [side, 1]
            panels.append(Panel(cuff, "base", tone=0.92, texture="rib", joins=panels[-1]))
    fly = chain((0.0, 0.09), (0.0, crotch * 0.62, 0.25), (0.075, crotch * 0.5, 0), (0.075, 0.09))
    if not jogger:
        panels[-1].lines.append(Line(fly, 0.009, dashed=denim, **stitch))
    band = chain(
        (-waist - 0.005, 0, -0.02), (waist + 0.005, 0, 0), (waist + 0.02, 0.09, 0.02), (-waist - 0.02, 0.09, 0),
        (-waist - 0.005, 0),
    )  # fmt: skip
    panels.append(Panel(band, "base" if jogger else "main", 0.0, None, 0.93, "rib" if jogger else None, shadow=0.3))
    if jogger:
        cord = g.pick("cord", (PALE, (40, 40, 44)))
        panels += [
            Panel(tube(chain((s * 0.02, 0.05, 0.1 * s), (s * 0.07, n("cords", 0.26, 0.36))), (0.011,)), cord, puff=0.004)
            for s in (-1, 1)
        ]
    else:
        panels += [Panel(box(x - 0.015, -0.012, x + 0.015, 0.105), "main", tone=0.9, puff=0.006) for x in (-0.22, 0.22)]
        panels.append(Panel(ellipse(0.03, 0.045, 0.022), METAL if denim else "base", tone=1.0 if denim else 0.6, puff=0.01))
    return panels


def skirt_panels(g: Garment) -> list[Panel]:
    """Pencil, A-line, pleated or gathered; a waistband on top."""
    n, kind = g.number, g.pick("skirt", ("pencil", "a-line", "pleated", "gathered"))
    kind = "a-line" if has_jeans_cut(g) else kind
    length = {"short": 0.78, "knee-length": 1.2, "long": 1.9}[g.length] * n("long", 0.94, 1.06)
    waist = n("waist", 0.31, 0.36)
    flare = {"pencil": 0.02, "a-line": 0.32, "pleated": 0.36, "gathered": 0.46}[kind] * (0.45 + 0.5 * length)
    hip, hem = waist + 0.1 + flare * 0.2, waist + 0.06 + flare
    t = np.linspace(1, -1, 90)
    folds = {"pleated": 11, "gathered": 7}.get(kind, 3)
    wave = {"pleated": 0.022, "gathered": 0.03, "a-line": 0.012}.get(kind, 0.0)
    zigzag = (
        np.abs((t * folds / 2 + 0.5) % 1 - 0.5) * 4 - 1 if kind == "pleated" else np.sin(t * folds * 2.6 + n("phase", 0, 6))
    )
    bottom = np.stack([t * hem, length + 0.07 * (0.4 + flare) * (1 - t**2) + wave * zigzag], 1)
    right = chain((waist, 0.05, 0.03), (hip, 0.35, -0.02 if kind != "pencil" else 0.03), (hem, length))
    outline = np.concatenate([[[0, 0.04]], right, bottom[1:-1], mirrored(right)])
    lines, creases = [Line(bottom - [0, 0.05], 0.009, 0.8)], []
    if kind == "pleated":
        for x in np.linspace(-1, 1, folds * 2 + 1)[1:-1:2]:
            lines.append(Line(np.array([[x * waist, 0.08], [x * hem, length + 0.1]]), 0.016, 0.72))
            creases.append((x * (waist + 0.02) + 0.02, 0.05, x * hem + 0.03, length + 0.9, 0.035))
    elif kind != "pencil":
        for x in g.rng("skirt folds").uniform(-1, 1, folds * 2 + 2):
            creases.append((x * waist, 0.06, x * hem, length + 0.35, 0.045 if kind == "gathered" else 0.025))
    else:
        lines.append(Line(np.array([[0, length - 0.28], [0, length + 0.05]]), 0.014, 0.6))
    panels = [
        Panel(chain((-waist, 0.02, 0.05), (waist, 0.02, 0.05), (-waist, 0.02)), "lining", tone=0.8),
        Panel(outline, part="body", lines=lines, creases=creases, puff=0.025),
    ]
    if is_denim(g):
        stitch = [Line(np.array([[0.0, 0.08], [0.0, length]]), 0.009, dashed=True, rgb=(196, 142, 74))]
        panels[-1].lines += stitch + [
            Line(chain((s * 0.2, 0.08, -0.12 * s), (s * (hip - 0.02), 0.28)), 0.012, rgb=(196, 142, 74)) for s in (-1, 1)
        ]
    band = chain(
        (-waist - 0.005, 0, -0.02), (waist + 0.005, 0, 0), (waist + 0.01, 0.09, 0.02), (-waist - 0.01, 0.09, 0),
        (-waist - 0.005, 0),
    )  # fmt: skip
    elastic = kind == "gathered"
    panels.append(Panel(band, "base", 0.0, None, 0.93, "rib" if elastic else None, shadow=0.3))
    if not elastic and g.chance("button", 0.5):
        panels.append(Panel(ellipse(0.0, 0.045, 0.022), METAL, puff=0.01))
    hemband = np.concatenate([bottom * [1, 1], (bottom - [0, 0.07])[::-1]])
    panels.append(Panel(hemband, "base" if g.chance("border", 0.15) else "main", part="hem", puff=0.0, shadow=0.0))
    return panels
