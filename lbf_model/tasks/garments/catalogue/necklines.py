"""What is around the neck: the neckline itself, collars, lapels, hoods and straps."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import edging_of
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures
from lbf_model.tasks.garments.catalogue.outlines import PALE, Line, Panel, box, chain, ellipse, frill, moved, spline, tube


def neck_curve(m: Measures) -> np.ndarray:
    """The neckline from left to right, without its last point."""
    if m.pointed:
        return chain((-m.neck, 0, -0.05), (0, m.depth, -0.05), (m.neck, 0))[:-1]
    t = np.linspace(0, np.pi, 25)[:-1]
    return np.stack([-m.neck * np.cos(t), m.depth * np.sin(t)], 1)


def back_panels(g: Garment, m: Measures) -> list[Panel]:
    """What is seen behind the neckline: the inside of the back with its label, or a hood."""
    if m.hung:
        if g.category not in ("bodysuit", "top", "undershirt"):
            return []
        half = top_edge(g, m)[-1][0]
        back = np.concatenate([chain((-half, 0.2, -0.03), (half, 0.2)), moved(top_edge(g, m)[::-1], 0, 0.02)])
        return [Panel(back, "lining", tone=0.85)]
    if g.neckline == "hooded":
        hood = spline((-0.26, 0.1), (-0.3, -0.2), (-0.17, -0.47), (0, -0.54), (0.17, -0.47), (0.3, -0.2), (0.26, 0.1))
        inside = spline((-0.16, 0.16), (-0.18, -0.15), (0, -0.38), (0.18, -0.15), (0.16, 0.16), (0, 0.24))
        size = _hood_size(g)
        return [
            Panel(hood * size, part="collar", puff=0.05, creases=[(-0.1, -0.5, -0.2, -0.05, 0.02)]),
            Panel(inside * size, "lining", puff=0.04),
        ]
    back = np.concatenate([chain((-m.neck, 0, 0.06), (m.neck, 0)), moved(neck_curve(m)[::-1], 0, 0.02)])
    label = Line(box(-0.035, 0.0, 0.035, 0.035)[[0, 1, 2, 3, 0]], 0.03, rgb=PALE)
    return [Panel(back, "lining", tone=0.8, lines=[label] if g.chance("label", 0.6) else [])]


def top_edge(g: Garment, m: Measures) -> np.ndarray:
    """The front's upper edge from left to right: the neckline, or where a garment without shoulders ends."""
    if not m.hung:
        return np.concatenate([neck_curve(m), [[m.neck, 0.0]]])
    half, bulge = 0.31 if g.category == "top" else 0.27, 0.0 if m.pointed else -0.1
    return chain((-half, 0.2, bulge), (0, m.depth, bulge), (half, 0.2))


def collar_panels(g: Garment, m: Measures) -> list[Panel]:
    """What goes around the neck."""
    if g.neckline == "hooded":
        return _hood_front(g, m)
    if m.hung:
        return _straps(g, m) + _trimming(g, m)
    if g.category == "blazer":
        return _notched_lapels(m)
    if g.neckline == "collar":
        return _wings(g, m) + (_bow(m) if g.category == "blouse" and g.chance("bow", 0.4) else [])
    if m.cut == "coat":
        lapel = chain(
            (0.0, m.depth, 0.02), (0.23, 0.3, 0), (0.2, 0.24, 0), (0.27, 0.22, 0), (m.neck + 0.07, 0.02, 0.1),
            (m.neck - 0.01, -0.05, 0.05), (0.0, m.depth),
        )  # fmt: skip
        return [_lapel(lapel, s) for s in (-1, 1)]
    wide = 0.03 if m.cut in ("sweater", "sweatshirt", "bomber", "cardigan") else 0.018
    line = moved(top_edge(g, m), 0, wide * 0.5)
    ribbed = g.category in ("bodysuit", "longsleeve", "t-shirt", "undershirt") or m.cut in ("bomber", "cardigan")
    band = Panel(
        tube(line, (wide,)), edging_of(g), part="collar", tone=0.95, texture="rib" if ribbed else None, puff=0.01, shadow=0.25
    )
    return [band, *(_overlap(g, m) if g.category == "bodysuit" else []), *_trimming(g, m)]


def _hood_front(g: Garment, m: Measures) -> list[Panel]:
    """The rolled edge of the hood's opening, and its cords."""
    cord = g.pick("cord", (PALE, (40, 40, 44)))
    front = chain((-0.27, -0.05, 0), (-0.2, 0.1, -0.1), (0.03, 0.24)) * [_hood_size(g)[0], 1]
    panels = [Panel(tube(front * [s, 1], (0.04, 0.075, 0.05)), "base", part="collar", puff=0.03) for s in (1, -1)]
    if g.chance("drawstring", 0.7) and m.cut != "puffer":
        # Cords hang over the body: a thin panel of their own.
        cords = [chain((s * 0.07, 0.19, 0.05), (s * n, 0.58)) for s, n in ((-1, 0.09), (1, 0.07))]
        panels += [Panel(tube(line, (0.011,)), cord, puff=0.004, shadow=0.5) for line in cords]
    return panels


def _hood_size(g: Garment) -> tuple[float, float]:
    """How wide and high a hood is, compared with a jacket's."""
    return (g.number("hood wide", 0.8, 1.0), g.number("hood high", 0.9, 1.15)) if g.category == "hoodie" else (1.0, 1.0)


def _straps(g: Garment, m: Measures) -> list[Panel]:
    """Two straps, straight up or tied behind the neck, and the bound edge between them."""
    half = {"top": g.number("strap", 0.012, 0.032), "undershirt": 0.034}.get(g.category, 0.022)
    out = top_edge(g, m)[-1][0] - 0.03
    end = 0.16 if g.category != "top" else 0.06 if g.chance("tied", 0.25) else out - 0.03
    lines = [chain((s * out, 0.215, 0), (s * 0.475 * (out + end), 0.08, 0.04 * s), (s * end, -0.1)) for s in (-1, 1)]
    edge = Panel(tube(top_edge(g, m), (0.013,)), edging_of(g), part="collar", tone=0.92, puff=0.006)
    return [*(Panel(tube(line, (half,)), edging_of(g), tone=0.93, puff=0.006) for line in lines), edge]


def _wings(g: Garment, m: Measures) -> list[Panel]:
    """A folded collar on its stand: ribbed on a polo, round on a baby's body."""
    big = {"coat": 1.35, "buttoned": 0.9, "pullover": 0.9}.get(m.cut, 1.0)
    tip = (0.14, m.depth + 0.12, 0.2) if g.category == "bodysuit" else (0.11 * big, m.depth + 0.17 * big, 0)
    wing = chain(
        (0.0, m.depth - 0.01, -0.03), tip, (m.neck + 0.085 * big, m.depth - 0.01, 0.08), (m.neck - 0.005, -0.05, 0.06),
        (0.0, m.depth - 0.01),
    )  # fmt: skip
    stand = chain((-m.neck, 0.0, 0.1), (m.neck, 0.0, -0.02), (-m.neck, 0.0))
    knitted = g.category in ("polo", "bodysuit")
    cloth, texture = (edging_of(g), "fine rib") if knitted else ("main", None)
    return [
        Panel(moved(stand, 0, -0.025), cloth, tone=0.8, shadow=0.1),
        *(Panel(wing * [s, 1], cloth, 0.5 * s, "collar", 1.05, texture, puff=0.014, shadow=0.5) for s in (-1, 1)),
    ]


def _notched_lapels(m: Measures) -> list[Panel]:
    """A tailored collar, and below its notch the lapels that fold back along the V."""
    inner = m.neck * (1 - 0.17 / m.depth)  # the V at the notch
    lapel = chain((0.01, m.depth + 0.01, 0.05), (0.3, 0.31, 0), (0.2, 0.235, 0), (inner, 0.15, 0), (0.01, m.depth + 0.01))
    collar = chain(
        (inner, 0.17, 0), (0.2, 0.235, 0), (0.275, 0.19, 0.06), (m.neck + 0.07, 0.0, 0.1), (m.neck - 0.03, -0.07, 0.0),
        (inner, 0.17),
    )  # fmt: skip
    return [_lapel(piece, s) for s in (-1, 1) for piece in (lapel, collar)]


def _lapel(outline: np.ndarray, side: int) -> Panel:
    return Panel(outline * [side, 1], "main", 0.3 * side, "collar", 1.05, puff=0.014, shadow=0.45)


def _bow(m: Measures) -> list[Panel]:
    """A ribbon tied below the collar."""
    y = m.depth + 0.05
    loop = spline((0.0, y), (0.09, y - 0.07), (0.19, y - 0.03), (0.18, y + 0.05), (0.08, y + 0.05))
    tail = chain((0.0, y, 0.05), (0.1, y + 0.36, 0), (0.03, y + 0.38, -0.05), (-0.02, y))
    ribbons = [Panel(shape * [s, 1], part="collar", puff=0.02, shadow=0.5) for shape in (tail, loop) for s in (-1, 1)]
    return [*ribbons, Panel(ellipse(0, y, 0.035, 0.042), part="collar", puff=0.02, shadow=0.5)]


def _overlap(g: Garment, m: Measures) -> list[Panel]:
    """How a baby's body opens: at the shoulders like an envelope, or crossed over in front."""
    if m.pointed:
        lines = [chain((0.0, m.depth, 0.06), (-m.chest * 0.9, m.depth + 0.4))]
    else:
        lines = [chain((s * m.neck * 0.75, m.depth * 0.75, -0.1 * s), (s * (m.shoulder - 0.01), 0.27)) for s in (-1, 1)]
    return [Panel(tube(line, (0.018,)), edging_of(g), part="collar", tone=0.95, texture="rib", puff=0.01) for line in lines]


def trimming_of(g: Garment) -> str:
    """What a top or blouse is trimmed with."""
    often = {"top": ("plain", "plain", "lace", "ruffle"), "blouse": ("plain", "plain", "plain", "ruffle")}
    return g.pick("trimming", often.get(g.category, ("plain",)))


def _trimming(g: Garment, m: Measures) -> list[Panel]:
    """Lace or a ruffle along the upper edge."""
    kind = trimming_of(g)
    if kind == "plain":
        return []
    if kind == "lace":
        return [lace(moved(top_edge(g, m), 0, -0.01), "collar")]
    strip = frill(top_edge(g, m), g.number("ruffle", 0.1, 0.18), 0.09)
    folds = [Line(strip[[k, -1 - k]], 0.012, 0.8) for k in range(3, len(strip) // 2, 6)]
    return [Panel(strip, part="collar", lines=folds, puff=0.02, shadow=0.5)]


def lace(line: np.ndarray, part: str) -> Panel:
    """A scalloped edge below a line that runs from left to right."""
    return Panel(frill(line, 0.06, 0.05), "base", part=part, tone=1.04, texture="lace", puff=0.004)
