"""What is sewn onto the front: buttons and zips, pockets, prints."""

import numpy as np

from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures
from lbf_model.tasks.garments.catalogue.outlines import METAL, PALE, Line, Panel, box, chain, ellipse, tube


def closing_panels(g: Garment, m: Measures) -> list[Panel]:
    """The closing, where there is one: a placket with buttons, or a zip."""
    cut, depth = m.cut, m.depth
    if g.category == "blazer":
        return _tailored_front(g, m)
    if cut == "pullover" and g.neckline == "round":
        slit = ellipse(0, depth + 0.07, 0.018, 0.06)
        return [Panel(slit, "lining", tone=0.7, puff=0.0), Panel(ellipse(0, depth + 0.015, 0.012), PALE, puff=0.008)]
    opens = g.category in ("outwear", "shirt") or cut in ("polo", "zip hoodie", "buttoned")
    if not opens and not (g.neckline == "collar" and cut in ("dress", "pullover", "bodysuit")):
        return []
    end = 0.5 if cut in ("polo", "dress", "pullover", "bodysuit") else m.length + 0.02
    if cut in ("bomber", "puffer", "parka", "zip hoodie", "trucker"):
        middle = np.array([[0, depth], [0, end]])
        teeth = [Line(middle, 0.014, rgb=METAL), Line(middle, 0.006, dashed=True, rgb=(90, 90, 92))]
        pull = box(-0.014, depth + 0.02, 0.014, depth + 0.09)
        return [
            Panel(box(-0.022, depth, 0.022, end), "base", tone=0.75, puff=0.0, shadow=0.15, lines=teeth),
            Panel(pull, METAL, puff=0.005),
        ]
    wide, button = (0.034, 0.014) if cut not in ("coat", "cardigan", "denim") else (0.04, 0.022)
    wide, button = (0.026, 0.011) if g.category == "blouse" else (wide, button)
    stitches = [Line(np.array([[s * wide * 0.75, depth], [s * wide * 0.75, end]]), 0.007, 0.8) for s in (-1, 1)]
    panels = [
        Panel(box(-wide, depth, wide, end), "main" if g.pattern != "solid" else "base", puff=0.006, shadow=0.3, lines=stitches)
    ]
    rgb = METAL if cut == "denim" else g.pick("buttons", (PALE, PALE, (60, 45, 36), (30, 30, 32)))
    rows = np.arange(depth + (0.06 if depth < 0.3 else 0.03), min(end, 1.6) - 0.06, 0.16 if button < 0.02 else 0.21)
    panels += [Panel(ellipse(0, y, button), rgb, puff=0.008, shadow=0.5) for y in rows]
    return panels


def _tailored_front(g: Garment, m: Measures) -> list[Panel]:
    """One edge over the other, seams that shape the waist, and buttons in one row or two."""
    seams = [np.array([[0.01, m.depth], [0.02, m.length - 0.1]])]
    seams += [chain((s * 0.2, 0.55, -0.03 * s), (s * 0.23, m.length - 0.12)) for s in (-1, 1)]
    edge = Panel(tube(seams[0], (0.008,)), "base", tone=0.62, puff=0.0, shadow=0.3)
    darts = [Panel(tube(seam, (0.004,)), "base", tone=0.7, puff=0.0, shadow=0.0) for seam in seams[1:]]
    rows = m.depth + 0.03 + 0.17 * np.arange(g.pick("rows", (1, 2, 2, 3)))
    across = (-0.1, 0.1) if m.cut == "double-breasted" else (-0.012,)
    rgb = g.pick("buttons", ((60, 45, 36), (30, 30, 32), (30, 30, 32), (176, 150, 88)))
    return [*darts, edge, *(Panel(ellipse(x, y, 0.022), rgb, puff=0.01, shadow=0.5) for y in rows for x in across)]


def _pocket(x, y, wide, high, flap=False) -> list[Panel]:
    shape = chain(
        (x - wide, y, 0), (x + wide, y, 0), (x + wide, y + high * 0.82, 0), (x, y + high, 0),
        (x - wide, y + high * 0.82, 0), (x - wide, y),
    )  # fmt: skip
    seam = Line(shape * 0.93 + np.array([x, y + high / 2]) * 0.07, 0.006, 0.8)
    panels = [Panel(shape, part="pocket", puff=0.008, shadow=0.3, lines=[seam])]
    if flap:
        left, right = x - wide * 1.08, x + wide * 1.08
        cover = chain((left, y - 0.02), (right, y - 0.02), (right, y + 0.06), (x, y + 0.09), (left, y + 0.06), (left, y - 0.02))
        panels += [Panel(cover, puff=0.01, shadow=0.4), Panel(ellipse(x, y + 0.06, 0.013), METAL, puff=0.005)]
    return panels


def pocket_and_print_panels(g: Garment, m: Measures) -> list[Panel]:
    """Pockets, and a print on plain cloth."""
    cut = m.cut
    panels: list[Panel] = []
    if cut in ("hoodie", "zip hoodie"):
        y = m.length - 0.1
        shape = chain(
            (-0.2, y - 0.34, 0), (0.2, y - 0.34, -0.08), (0.31, y - 0.1, 0), (0.31, y, 0), (-0.31, y, 0),
            (-0.31, y - 0.1, -0.08), (-0.2, y - 0.34),
        )  # fmt: skip
        panels.append(Panel(shape, part="pocket", puff=0.015))
    elif cut in ("denim", "trucker"):
        for s in (-1, 1):
            panels += _pocket(s * 0.22, 0.42, 0.1, 0.2, flap=True)
    elif cut in ("coat", "parka", "puffer", "bomber", "cardigan"):
        y = 0.95 if g.length != "short" else 0.78
        panels += [_flap(g, s * 0.14, s * 0.33, y, 0.09) for s in (-1, 1)]
    elif g.category == "blazer":
        high = g.pick("pocket", (0.09, 0.09, 0.04))
        patch = g.chance("patch", 0.25)
        for s in (-1, 1):
            panels += _pocket(s * 0.24, 0.92, 0.12, 0.26) if patch else [_flap(g, s * 0.13, s * 0.35, 0.98, high)]
        panels.append(_flap(g, 0.2, 0.33, 0.5, 0.04))
    elif (g.category == "shirt" and g.chance("pocket", 0.6)) or (g.category == "t-shirt" and g.chance("pocket", 0.15)):
        panels += _pocket(0.2, 0.4, 0.085, 0.2)
    if g.category == "polo" and g.chance("logo", 0.4):
        panels += emblem(g, 0.2, 0.34, 0.04)
    printed = g.category in ("t-shirt", "top", "undershirt") or cut in ("sweatshirt", "hoodie", "tee", "bodysuit")
    printed = printed and g.pattern == "solid"
    if printed and g.chance("print", 0.35) and not any(p.part == "pocket" and p.outline[0, 0] > 0 for p in panels):
        panels += emblem(g, 0.0, min(0.58, 0.55 * m.length), g.number("print size", 0.12, 0.2))
    return panels


def _flap(g: Garment, x0: float, x1: float, y: float, high: float) -> Panel:
    """A flap or welt: the visible part of an inset pocket."""
    outline = chain((x0, y, 0), (x1, y, 0), (x1, y + high, 0), (x0, y + high, 0), (x0, y))
    return Panel(outline, "base" if g.pattern == "solid" else "main", part="pocket", puff=0.01, shadow=0.45)


def emblem(g, x, y, size) -> list[Panel]:
    """A plain emblem; its ground is the part, so that the whole of it is boxed."""
    kind = g.pick("emblem", ("disc", "star", "mountain", "bars", "heart"))
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    flat = {"puff": 0.0, "shadow": 0.0}
    if kind == "heart":
        shape = (
            np.stack([16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))], 1) / 17
        )
        return [Panel(shape * size + [x, y], "trim", part="print", **flat)]
    if kind == "star":
        angle = np.arange(10) * np.pi / 5
        radius = np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]
        return [Panel(radius * size * np.stack([np.sin(angle), -np.cos(angle)], 1) + [x, y], "trim", part="print", **flat)]
    if kind == "bars":
        bars = box(x - size * 1.2, y - size * 0.6, x + size * 1.2, y + size * 0.6)
        rows = [
            Line(np.array([[x - size * 1.2, y + k * size], [x + size * 1.2, y + k * size]]), size * 0.16, 0.55)
            for k in (-0.25, 0.1)
        ]
        return [Panel(bars, "trim", part="print", lines=rows, **flat)]
    disc = Panel(ellipse(x, y, size), "trim", part="print", **flat)
    if kind == "mountain":
        peaks = np.array([[-0.8, 0.5], [-0.3, -0.3], [0.0, 0.1], [0.3, -0.1], [0.8, 0.5]]) * size + [x, y]
        return [disc, Panel(peaks, "base", tone=0.8, **flat)]
    return [disc, Panel(ellipse(x, y, size * 0.6), "base", **flat), Panel(ellipse(x, y, size * 0.3), "trim", **flat)]
