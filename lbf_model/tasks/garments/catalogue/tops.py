"""Shirts, knits, jackets and dresses."""

import numpy as np

from lbf_model.tasks.garments.catalogue.fronts import closing_panels, pocket_and_print_panels
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures, measure
from lbf_model.tasks.garments.catalogue.necklines import back_panels, collar_panels, neck_curve
from lbf_model.tasks.garments.catalogue.outlines import METAL, Line, Panel, box, chain, join, mirrored
from lbf_model.tasks.garments.catalogue.sleeves import sleeve_panels


def top_panels(g: Garment) -> list[Panel]:
    """Shirts, knits, jackets and dresses: back of the neck, sleeves, body, neckline, front, pockets."""
    m = measure(g)
    cut, dress, out = m.cut, g.category == "dress", g.category == "outwear"
    panels = back_panels(g, m)
    ends = g.pick("ends", ("rib", "plain")) if cut != "shirt" else "plain"
    ends = "rib" if cut in ("hoodie", "sweatshirt", "sweater", "bomber", "zip hoodie") else ends
    over: list[Panel] = []
    if g.sleeve != "sleeveless":
        for side in (-1, 1):
            low, high = sleeve_panels(g, m, side, ends)
            panels += low
            over += high

    panels.append(_body(g, m))
    if ends == "rib" and not dress and (not out or g.length == "short") and cut not in ("tee", "t-shirt", "shirt"):
        panels.append(_ribbed_hem(m))
    panels += pocket_and_print_panels(g, m)
    if out or g.category == "shirt" or (dress and g.neckline == "collar") or cut == "polo":
        panels += closing_panels(g, m)
    panels += collar_panels(g, m)
    if out and cut == "coat" and g.length != "short" and g.chance("belt", 0.5):
        panels.append(Panel(box(-m.chest, 0.88, m.chest, 0.96), "base", tone=0.88))
        panels.append(Panel(box(-0.05, 0.865, 0.05, 0.975), METAL if g.chance("buckle", 0.5) else "base", tone=0.7))
    if collars := [panel for panel in panels if panel.part == "collar"]:
        join(*collars)
    return panels + over


def _ribbed_hem(m: Measures) -> Panel:
    edge = np.linspace(-1, 1, 20)
    top = np.stack([edge * m.hem * 0.985, m.length - 0.09 + 0.02 * (1 - edge**2)], 1)
    low = np.stack([edge * m.hem * 0.92, m.length + 0.015 + 0.02 * (1 - edge**2)], 1)
    return Panel(np.concatenate([top, low[::-1]]), "base", part="hem", tone=0.95, texture="rib", shadow=0.2)


def _body(g: Garment, m: Measures) -> Panel:
    """The front, with its neckline cut out, and the creases that arms and waist pull."""
    shoulder, chest, waist, hem, length = m.shoulder, m.chest, m.waist, m.hem, m.length
    n, dress, bare = g.number, g.category == "dress", g.sleeve == "sleeveless"
    mid = 0.82 if dress else 0.8 * min(length, 1.5)
    arm = 0.46 if bare else 0.42
    curve = -0.2 if bare else -0.12
    tails = g.category == "shirt" and g.neckline == "collar"
    low = length - 0.1 * tails  # where the side seam ends
    if g.neckline == "strap":
        top = chain((-0.27, 0.2, -0.1), (0, 0.27, -0.1), (0.27, 0.2))
        right = chain((0.27, 0.2, -0.06), (chest, arm, -0.03), (waist, mid, 0.02 if dress else 0), (hem, low))
    else:
        top = neck_curve(g, m)
        right = chain(
            (m.neck, 0, 0.02), (shoulder, 0.1, curve), (chest, arm, -0.03), (waist, mid, -0.04 if dress else 0), (hem, low)
        )
    droop = n("droop", 0.01, 0.05) if not dress else 0.07
    if tails:
        bottom = chain((hem, low, -0.1), (hem * 0.5, length + 0.04, 0.02), (-hem * 0.5, length + 0.04, -0.1), (-hem, low))
    else:
        t = np.linspace(1, -1, 40)
        wave = 0.018 * np.sin(t * n("waves", 9, 14) + n("phase", 0, 6)) * dress
        bottom = np.stack([t * hem, length + droop * (1 - t**2) + wave], 1)
    outline = np.concatenate([top, right, bottom[1:-1], mirrored(right)])
    lines = [Line(bottom * [0.99, 1] - [0, 0.045], 0.009, 0.8)]
    creases = []
    for k, side in enumerate((-1, 1, -1, 1, -1, 1)):
        reach = g.rng(f"crease {k}").uniform(0.1, 0.42, 2)
        creases.append((side * chest * 0.97, arm + 0.02 + 0.05 * (k // 2), side * (chest - reach[0]), arm + reach[1], 0.018))
        creases.append((side * waist, mid + 0.04 * (k - 3), side * (waist - reach[1]), mid + 0.2 * reach[0] - 0.02, 0.014))
    if dress:
        seam = chain((-waist - 0.05, mid, -0.03), (waist + 0.05, mid))
        lines.append(Line(seam, 0.014, 0.66))
        for x in g.rng("skirt folds").uniform(-1, 1, 9):
            creases.append((x * waist, mid, x * hem, length + 0.3, 0.05 * g.number("full", 0.4, 1.0)))
    if bare and g.neckline != "strap":
        for side in (-1, 1):
            binding = chain((shoulder * side, 0.1, curve * side), (chest * side, arm)) - [0.028 * side, 0]
            lines.append(Line(binding, 0.01, 0.75))
    if m.cut == "puffer":
        for y in np.arange(0.25, length - 0.05, 0.17):
            lines.append(Line(chain((-hem - 0.1, y, -0.03), (hem + 0.1, y)), 0.02, 0.6))
            creases += [(x, y + 0.02, x + 0.02, y + 0.09, 0.02) for x in np.linspace(-0.4, 0.4, 9)]
    return Panel(outline, part="body", lines=lines, creases=creases, puff=0.03 if m.cut == "puffer" else 0.02)
