"""Shirts, knits, jackets and dresses."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import edging_of, sleeve_end
from lbf_model.tasks.garments.catalogue.fronts import closing_panels, pocket_and_print_panels
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures, measure
from lbf_model.tasks.garments.catalogue.necklines import back_panels, collar_panels, lace, top_edge, trimming_of
from lbf_model.tasks.garments.catalogue.onesies import edge_panels, legs_edge, side_end, under_panels
from lbf_model.tasks.garments.catalogue.outlines import METAL, Line, Panel, box, chain, join, mirrored, moved, tube
from lbf_model.tasks.garments.catalogue.sleeves import sleeve_panels


def top_panels(g: Garment) -> list[Panel]:
    """Whatever hangs from the shoulders: back of the neck, sleeves, body, hem, pockets, front, neckline."""
    m = measure(g)
    out, bare, baby = g.category == "outwear", g.sleeve == "sleeveless", g.category == "bodysuit"
    panels = back_panels(g, m) + (under_panels(g, m) if baby else [])
    over: list[Panel] = []
    if not bare:
        for side in (-1, 1):
            low, high = sleeve_panels(g, m, side)
            panels += low
            over += high

    panels.append(_body(g, m))
    if m.cut != "tee" and sleeve_end(g) == "rib" and (g.category in ("hoodie", "longsleeve") or (out and g.length == "short")):
        panels.append(_ribbed_hem(m))
    if g.category == "top" and trimming_of(g) == "lace":
        panels.append(lace(moved(_lower_edge(g, m)[::-1], 0, -0.02), "hem"))
    if bare and not m.hung and g.category in ("bodysuit", "top", "undershirt"):
        panels += [Panel(tube(_armhole(g, m) * [s, 1], (0.016,)), edging_of(g), tone=0.94, puff=0.008) for s in (-1, 1)]
    panels += pocket_and_print_panels(g, m) + closing_panels(g, m)
    if baby:
        panels += edge_panels(g, m)
    panels += collar_panels(g, m)
    if m.cut == "coat" and g.length != "short" and g.chance("belt", 0.5):
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


def _armhole(g: Garment, m: Measures) -> np.ndarray:
    """The right armhole from the shoulder down."""
    low = 0.42 if g.sleeve != "sleeveless" else 0.56 if g.category == "undershirt" else 0.46
    return chain((m.shoulder, 0.1, -0.12 if g.sleeve != "sleeveless" else -0.2), (m.chest, low))


def _lower_edge(g: Garment, m: Measures) -> np.ndarray:
    """The lower edge from right to left: straight, in shirt tails, cut away in front, in waves, or around the legs."""
    n, hem, length = g.number, m.hem, m.length
    if g.category == "bodysuit":
        return legs_edge(g, m)
    if _has_tails(g):
        low = length - 0.1
        return chain((hem, low, -0.1), (hem * 0.5, length + 0.04, 0.02), (-hem * 0.5, length + 0.04, -0.1), (-hem, low))
    if m.cut == "blazer":
        return chain(
            (hem, length, 0), (0.16, length + 0.03, 0.2), (0.02, length - 0.1, 0.2), (-0.13, length + 0.03, 0), (-hem, length)
        )
    t = np.linspace(1, -1, 40)
    droop = 0.07 if _wavy(m) else n("droop", 0.01, 0.05) + 0.05 * (g.category == "blouse")
    wave = 0.018 * np.sin(t * n("waves", 9, 14) + n("phase", 0, 6)) * _wavy(m)
    return np.stack([t * hem, length + droop * (1 - t**2) + wave], 1)


def _has_tails(g: Garment) -> bool:
    return g.category == "shirt" and g.neckline == "collar"


def _wavy(m: Measures) -> bool:
    """Whether the lower edge is so wide that it falls in folds."""
    return m.seam is not None or m.cut == "flared"


def _body(g: Garment, m: Measures) -> Panel:
    """The front, with its neckline cut out, and the creases that arms and waist pull."""
    chest, waist, hem, length = m.chest, m.waist, m.hem, m.length
    top, bottom, armhole = top_edge(g, m), _lower_edge(g, m), _armhole(g, m)
    arm = armhole[-1][1]
    mid = m.seam or {"bodysuit": 0.64}.get(g.category) or (0.5 if m.cut == "flared" else 0.8 * min(length, 1.5))
    low = side_end(m) if g.category == "bodysuit" else length - 0.1 * _has_tails(g)  # where the side seam ends
    sides = ((chest, arm, -0.03), (waist, mid, (0.02 if m.hung else -0.04) if m.seam else 0), (hem, low))
    if m.hung:
        right = chain((*top[-1], -0.06), *sides)
    else:
        right = np.concatenate([chain((m.neck, 0, 0.02), armhole[0])[:-1], armhole[:-1], chain(*sides)])
    outline = np.concatenate([top, right, bottom[1:-1], mirrored(right)])
    lines = [Line(bottom * [0.99, 1] - [0, 0.045], 0.009, 0.8)] if g.category not in ("blazer", "bodysuit") else []
    creases = []
    for k, side in enumerate((-1, 1, -1, 1, -1, 1)):
        reach = g.rng(f"crease {k}").uniform(0.1, 0.42, 2)
        creases.append((side * chest * 0.97, arm + 0.02 + 0.05 * (k // 2), side * (chest - reach[0]), arm + reach[1], 0.018))
        creases.append((side * waist, mid + 0.04 * (k - 3), side * (waist - reach[1]), mid + 0.2 * reach[0] - 0.02, 0.014))
    if m.seam:
        lines.append(Line(chain((-waist - 0.05, mid, -0.03), (waist + 0.05, mid)), 0.014, 0.66))
    if _wavy(m):
        for x in g.rng("skirt folds").uniform(-1, 1, 9):
            creases.append((x * waist, mid, x * hem, length + 0.3, 0.05 * g.number("full", 0.4, 1.0)))
    if g.sleeve == "sleeveless" and not m.hung:
        lines += [Line((armhole - [0.028, 0]) * [s, 1], 0.01, 0.75) for s in (-1, 1)]
    if m.cut == "pullover":
        wrap = chain((0.0, m.depth, 0.06), (-chest * 0.95, 0.85 * length))
        lines += [Line(wrap, 0.014, 0.62)] * m.pointed
        for x in g.rng("gathers").uniform(-1, 1, 8):
            creases.append((x * m.neck, m.depth * (1 - x * x), x * 1.7 * m.neck, 0.75, 0.04))
    if m.cut == "puffer":
        for y in np.arange(0.25, length - 0.05, 0.17):
            lines.append(Line(chain((-hem - 0.1, y, -0.03), (hem + 0.1, y)), 0.02, 0.6))
            creases += [(x, y + 0.02, x + 0.02, y + 0.09, 0.02) for x in np.linspace(-0.4, 0.4, 9)]
    return Panel(outline, part="body", lines=lines, creases=creases, puff=0.03 if m.cut == "puffer" else 0.02)
