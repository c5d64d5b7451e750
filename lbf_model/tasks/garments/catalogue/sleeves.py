"""Sleeves: spread, hanging or folded over the body."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import edging_of, sleeve_cut, sleeve_end
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures
from lbf_model.tasks.garments.catalogue.outlines import Line, Panel, ellipse, join, moved, tube


def sleeve_panels(g: Garment, m: Measures, side: int) -> tuple[list[Panel], list[Panel]]:
    """One sleeve: the panels that lie below the body, and those of a forearm that is folded over it."""
    n, bulk = g.number, 0.03 if m.cut in ("puffer", "parka") else 0.015 if g.category in ("outwear", "blazer") else 0.0
    short, form, ends = g.sleeve == "short-sleeved", sleeve_cut(g), sleeve_end(g)
    pose = g.pick("sleeve pose", ("spread", "hanging", "hanging", "folded"))
    lean = n("spread", 0.55, 0.85) if pose == "spread" else n("hang", 0.1, 0.28) + (0.3 if short else 0.0)
    lean += g.rng(f"lean {side}").uniform(-0.05, 0.05)
    wide, cuff = n("sleeve width", 0.145, 0.17) + bulk, n("cuff", 0.085, 0.11) + bulk
    long = n("sleeve", 0.34, 0.46) if short else n("sleeve", 1.05, 1.17)
    long *= 0.64 if g.category == "bodysuit" and not short else 1
    cuff = wide - 0.015 if short else cuff
    widths = {
        "straight": (wide, wide, (wide + cuff) * 0.5, cuff),
        "puffed": (wide, wide * 1.12, wide * 1.25, wide * 1.25, cuff),
        "bell": (wide, wide * 0.95, wide * 1.1, wide * (1.35 if short else 1.75)),
    }[form]
    # The sleeve leaves the armhole as the shoulder slopes, then falls.
    armhole = np.array([[m.shoulder - 0.02, 0.088], [m.chest - 0.03, 0.43]])
    start = armhole.mean(0)
    top = start + (0.1 + 0.05 * lean) * np.array([np.sin(max(lean, 0.85)), np.cos(max(lean, 0.85))])
    t = np.linspace(0, 1, 24)[:, None]
    drop = np.array([np.sin(lean), np.cos(lean)])
    flip = np.array([side, 1])
    # What the sleeve pulls: short folds across it at the armpit and the elbow.
    rng = g.rng(f"sleeve folds {side}")

    def wrinkles(a, b, half, count):
        where, tilt = rng.uniform(0.05, 0.95, count), rng.uniform(-0.12, 0.12, count)
        return [
            (*(flip * (a + (b - a) * w - [half, 0])), *(flip * (a + (b - a) * w + [half * 0.8, s])), 0.016)
            for w, s in zip(where, tilt, strict=True)
        ]

    def band(line, at, half):
        """The cuff: the last piece of the sleeve."""
        piece = line[-1] + (line[-1] - line[-2]) / np.linalg.norm(line[-1] - line[-2]) * np.array([[-at], [0.01]])
        cloth = "main" if g.category in ("blouse", "top") else edging_of(g)
        shape = tube(piece, (half * 1.03, half * (0.86 if ends == "rib" else 1.03)))
        return Panel(
            shape * flip, cloth, side * -np.arctan2(*(line[-1] - line[-2])), None, 0.94, "rib" if ends == "rib" else None
        )

    def sewn(line, *widths):
        """A tube that fits the armhole at its upper end."""
        shape, skip = tube(line, widths), 6
        return np.concatenate([armhole[:1], shape[skip:-skip], armhole[1:], [start - [0.12, 0]]]) * flip

    if pose == "folded" and not short and form == "straight" and g.category not in ("blazer", "bodysuit"):
        elbow = top + 0.45 * long * drop
        line = (1 - t) ** 2 * start + 2 * t * (1 - t) * top + t**2 * moved(elbow, 0, 0.05)
        below = Panel(
            sewn(line, wide, wide, wide * 0.75), "main", -side * lean, "sleeve", creases=wrinkles(top, elbow, wide, 4)
        )
        inwards = lean - n("fold", 1.5, 2.0)
        arm = elbow + [0.0, -0.02] + 0.5 * long * np.array([np.sin(inwards), np.cos(inwards)]) * t
        above = Panel(
            tube(arm, (wide * 0.4, wide * 0.7, wide * 0.78, *np.linspace(wide * 0.78, cuff, 7))) * flip,
            "main",
            -side * inwards,
            "sleeve",
            shadow=0.5,
        )
        above.creases = wrinkles(arm[0], arm[-1], wide * 0.6, 5)
        end = band(arm, 0.08, cuff)
        join(below, above, end)
        return [below], [above, end]
    end = top + (0.88 * long - (0.06 if short else 0)) * drop - [0.05 * (pose == "hanging" and not short), 0]
    line = (1 - t) ** 2 * start + 2 * t * (1 - t) * (top + 0.25 * long * drop) + t**2 * end
    panel = Panel(sewn(line, *widths), "main", -side * lean, "sleeve")
    panel.creases = wrinkles(start, end, wide, 3 if short else 8)
    if m.cut == "puffer":
        for k in range(7, 22, 4):
            across = _normal(line[: k + 1]) * np.array([[1], [-1]]) * wide * 1.2
            panel.lines.append(Line((line[k] + across) * flip, 0.02, 0.6))
    if form != "straight":  # gathered where it is sewn in, and at the cuff
        for x in rng.uniform(-0.9, 0.9, 6):
            low, high = line[-1] + _normal(line) * x * widths[-1], line[10] + _normal(line[:11]) * x * wide
            panel.creases.append((*(low * flip), *(high * flip), 0.03))
    if ends == "open":
        panel.lines.append(Line((line[-3] + widths[-1] * 1.2 * np.outer([1, -1], _normal(line))) * flip, 0.009, 0.78))
        buttons = [line[-2 - 2 * k] + _normal(line) * widths[-1] * 0.6 for k in range(3)] if g.category == "blazer" else ()
        shown = [Panel(ellipse(*(at * flip), 0.012), (40, 36, 34), puff=0.006) for at in buttons]
        return [panel, *shown], []
    end = band(line, 0.045 if short else 0.085, cuff)
    join(panel, end)
    return [panel, end], []


def _normal(line) -> np.ndarray:
    way = line[-1] - line[-2]
    return np.array([way[1], -way[0]]) / np.linalg.norm(way)
