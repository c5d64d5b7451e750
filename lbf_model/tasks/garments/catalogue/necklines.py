"""What lies around the neck: the neckline itself, collars, lapels, hoods and straps."""

import numpy as np

from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures
from lbf_model.tasks.garments.catalogue.outlines import PALE, Line, Panel, box, chain, moved, spline, tube


def neck_curve(g: Garment, m: Measures) -> np.ndarray:
    """The neckline from left to right, without its last point."""
    if g.neckline == "v-neck":
        return chain((-m.neck, 0, -0.05), (0, m.depth, -0.05), (m.neck, 0))[:-1]
    t = np.linspace(0, np.pi, 25)[:-1]
    return np.stack([-m.neck * np.cos(t), m.depth * np.sin(t)], 1)


def back_panels(g: Garment, m: Measures) -> list[Panel]:
    """What is seen behind the neckline: the inside of the back with its label, or a hood."""
    if g.neckline == "strap":
        return []
    if g.neckline == "hooded":
        hood = spline((-0.26, 0.1), (-0.3, -0.2), (-0.17, -0.47), (0, -0.54), (0.17, -0.47), (0.3, -0.2), (0.26, 0.1))
        inside = spline((-0.16, 0.16), (-0.18, -0.15), (0, -0.38), (0.18, -0.15), (0.16, 0.16), (0, 0.24))
        return [
            Panel(hood, part="collar", puff=0.05, creases=[(-0.1, -0.5, -0.2, -0.05, 0.02)]),
            Panel(inside, "lining", puff=0.04),
        ]
    back = np.concatenate([chain((-m.neck, 0, 0.06), (m.neck, 0)), moved(neck_curve(g, m)[::-1], 0, 0.02)])
    label = Line(box(-0.035, 0.0, 0.035, 0.035)[[0, 1, 2, 3, 0]], 0.03, rgb=PALE)
    return [Panel(back, "lining", tone=0.8, lines=[label] if g.chance("label", 0.6) else [])]


def collar_panels(g: Garment, m: Measures) -> list[Panel]:
    """What goes around the neck."""
    cut, neck, depth = m.cut, m.neck, m.depth
    if g.neckline == "strap":
        straps = [tube(chain((s * 0.24, 0.215, 0), (s * 0.19, 0.08, 0.04 * s), (s * 0.16, -0.1)), (0.022,)) for s in (-1, 1)]
        return [Panel(s, "base", tone=0.93, puff=0.006) for s in straps] + [
            Panel(
                tube(chain((-0.27, 0.2, -0.1), (0, 0.27, -0.1), (0.27, 0.2)), (0.013,)),
                "base",
                part="collar",
                tone=0.92,
                puff=0.006,
            )
        ]
    if g.neckline == "hooded":
        cord = g.pick("cord", (PALE, (40, 40, 44)))
        front = chain((-0.27, -0.05, 0), (-0.2, 0.1, -0.1), (0.03, 0.24))
        panels = [Panel(tube(front * [s, 1], (0.04, 0.075, 0.05)), "base", part="collar", puff=0.03) for s in (1, -1)]
        if g.chance("drawstring", 0.7) and cut != "puffer":
            cords = [Line(chain((s * 0.07, 0.19, 0.05), (s * n, 0.58)), 0.016, rgb=cord) for s, n in ((-1, 0.09), (1, 0.07))]
            # Cords hang over the body: a thin panel of their own.
            panels += [Panel(tube(c.points, (0.011,)), cord, puff=0.004, shadow=0.5) for c in cords]
        return panels
    if g.neckline == "collar" and cut in ("shirt", "dress", "polo", "denim", "trucker", "coat"):
        big = 1.35 if cut == "coat" else 1.0
        wing = chain(
            (0.0, depth - 0.01, -0.03), (0.11 * big, depth + 0.17 * big, 0), (neck + 0.085 * big, depth - 0.01, 0.08),
            (neck - 0.005, -0.05, 0.06),            (0.0, depth - 0.01),
        )  # fmt: skip
        stand = chain((-neck, 0.0, 0.1), (neck, 0.0, -0.02), (-neck, 0.0))
        return [
            Panel(moved(stand, 0, -0.025), "main", tone=0.8, shadow=0.1),
            *(Panel(wing * [s, 1], "main", 0.5 * s, "collar", 1.05, puff=0.014, shadow=0.5) for s in (-1, 1)),
        ]
    if cut in ("blazer", "coat"):
        lapel = chain(
            (0.0, depth, 0.02), (0.23, 0.3, 0), (0.2, 0.24, 0), (0.27, 0.22, 0), (neck + 0.07, 0.02, 0.1),
            (neck - 0.01, -0.05, 0.05), (0.0, depth),
        )  # fmt: skip
        return [Panel(lapel * [s, 1], "main", 0.3 * s, "collar", 1.05, puff=0.014, shadow=0.45) for s in (-1, 1)]
    line = np.concatenate([neck_curve(g, m), [[neck, 0]]])
    wide = 0.03 if cut in ("sweater", "sweatshirt", "bomber", "cardigan") else 0.018
    line = moved(line, 0, wide * 0.5)
    ribbed = cut in ("sweater", "sweatshirt", "t-shirt", "tee", "bomber", "longsleeve", "cardigan")
    fabric = "trim" if g.category == "t-shirt" and g.pattern == "solid" and g.chance("ringer", 0.15) else "base"
    return [
        Panel(tube(line, (wide,)), fabric, part="collar", tone=0.95, texture="rib" if ribbed else None, puff=0.01, shadow=0.25)
    ]
