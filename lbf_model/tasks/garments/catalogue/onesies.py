"""The lower half of a baby's one-piece: leg holes with snaps between them, or legs."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import edging_of
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.measures import Measures
from lbf_model.tasks.garments.catalogue.outlines import METAL, PALE, Line, Panel, chain, ellipse, join, mirrored, moved, tube

_CROTCH = 0.12  # half width between the leg holes


def legs_edge(g: Garment, m: Measures) -> np.ndarray:
    """The edge from the right side seam down around the legs to the left one."""
    right = _leg_hole(m) if m.cut == "bodysuit" else _leg(g, m)
    return np.concatenate([right, mirrored(right)])


def side_end(m: Measures) -> float:
    """Height at which the side seam meets the lower edge."""
    return m.length - (0.3 if m.cut == "bodysuit" else 0.2)


def under_panels(g: Garment, m: Measures) -> list[Panel]:
    """What lies below the front: the longer back of a bodysuit, or legs, whose cloth the front continues."""
    if m.cut == "bodysuit":
        drop = g.number("back", 0.05, 0.09) if not _undone(g) else g.number("undone", 0.16, 0.26)
        tail = np.concatenate([_leg_hole(m), mirrored(_leg_hole(m))])
        tail = tail + np.outer((tail[:, 1] - side_end(m)) / (m.length - side_end(m)), [0, drop])
        snaps = _snaps(g, np.array([[x, m.length + drop - 0.035] for x in (-0.07, 0, 0.07)])) if _undone(g) else []
        return [Panel(tail, "lining", tone=0.95), *snaps]
    leg = np.concatenate([_leg(g, m), [[0, side_end(m)]]])
    return [Panel(leg * [side, 1], part="leg") for side in (-1, 1)]


def edge_panels(g: Garment, m: Measures) -> list[Panel]:
    """Ribbed edges of the leg holes as one hem, and the snaps that close them; or those of a front that opens down a leg."""
    if m.cut == "bodysuit":
        cloth = edging_of(g)
        bands = [
            Panel(tube(moved(_leg_hole(m), -0.012, -0.008) * [s, 1], (0.026,)), cloth, tone=0.95, texture="rib", puff=0.008)
            for s in (-1, 1)
        ]
        flap = tube(np.array([[-_CROTCH, m.length - 0.03], [0, m.length - 0.03], [_CROTCH, m.length - 0.03]]), (0.032,))
        hem = Panel(flap, cloth, tone=0.95, part="hem", puff=0.008)
        join(hem, *bands)
        shut = [[x, m.length - 0.03] for x in (-0.07, 0, 0.07)]
        return [*bands, hem, *_snaps(g, np.array(shut))]
    inner = _leg(g, m)[::-1][:14]
    front = np.concatenate([chain((0.0, m.depth + 0.04, -0.01), (0.0, m.length - 0.02)), moved(inner, 0.03, 0)])
    steps = np.arange(m.depth + 0.08, m.length, 0.16)
    snaps = np.stack([np.zeros(len(steps)), steps], 1)
    below = moved(inner[3::5], 0.03, 0)
    return [
        Panel(
            tube(front, (0.032,)), "main", tone=1.02, puff=0.006, shadow=0.25, lines=[Line(moved(front, 0.03, 0), 0.007, 0.8)]
        ),
        *_snaps(g, np.concatenate([snaps, below])),
    ]


def _undone(g: Garment) -> bool:
    return g.chance("snaps undone", 0.35)


def _leg_hole(m: Measures) -> np.ndarray:
    """From the right side seam along the leg hole to the middle of the crotch."""
    return chain((m.hem, side_end(m), -0.13), (_CROTCH, m.length, 0.03), (0.0, m.length + 0.005))


def _leg(g: Garment, m: Measures) -> np.ndarray:
    """From the right side seam down, around the foot or the cuff, and up the inner leg to the crotch."""
    out, wide = g.number("stride", 0.22, 0.32), g.number("leg", 0.13, 0.16)
    if m.cut == "romper":
        end = m.length + g.number("leg length", 0.1, 0.22)
        return chain((m.hem, side_end(m), 0.02), (out + 0.2, end, -0.02), (0.06, end + 0.02, 0), (0.0, m.length))
    end = m.length + g.number("leg length", 0.75, 0.95)
    foot = g.number("foot", 0.02, 0.1)
    return chain(
        (m.hem, side_end(m), 0.05), (out + wide, end - 0.1, 0.12), (out + wide * 0.9 + foot, end + 0.1, 0.3),
        (out - wide * 0.2 + foot, end + 0.12, 0.1), (out - wide, end - 0.1, -0.02), (0.0, m.length),
    )  # fmt: skip


def _snaps(g: Garment, at: np.ndarray) -> list[Panel]:
    rgb = g.pick("snaps", (METAL, PALE))
    return [Panel(ellipse(x, y, 0.014), rgb, puff=0.008, shadow=0.5) for x, y in at]
