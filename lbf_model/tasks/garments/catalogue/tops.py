"""Shirts, knits, jackets and dresses."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import cut_of
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.outlines import (
    METAL,
    PALE,
    Line,
    Panel,
    box,
    chain,
    ellipse,
    join,
    mirrored,
    moved,
    spline,
    tube,
)


def top_panels(g: Garment) -> list[Panel]:
    """Shirts, knits, jackets and dresses: back of the neck, sleeves, body, neckline, front, pockets."""
    n, cut = g.number, cut_of(g)
    dress, out = g.category == "dress", g.category == "outwear"
    bare = g.sleeve == "sleeveless"
    bulk = 0.05 if cut in ("puffer", "parka") else 0.02 if out else 0.0
    shoulder = n("shoulder", 0.40, 0.45) + bulk - (0.1 if bare else 0)
    chest = n("chest", 0.42, 0.49) + bulk - (0.05 if dress else 0)
    waist = n("waist", 0.30, 0.34) if dress else chest - n("pinch", 0.0, 0.05)
    lengths = {"short": 1.18, "knee-length": 1.85, "long": 2.35} if out else {"short": 1.62, "knee-length": 2.05, "long": 2.65}
    length = lengths.get(g.length, 1.3) * n("long", 0.94, 1.06)
    hem = (
        g.pick("skirt cut", (0.34, n("flare", 0.45, 0.85), n("flare", 0.45, 0.85))) * (0.75 + 0.16 * length)
        if dress
        else chest + n("flare", -0.02, 0.05) + 0.06 * (length - 1.2)
    )
    neck = {"boat": 0.29, "hooded": 0.19, "v-neck": 0.18, "strap": 0.2}.get(g.neckline, n("neck", 0.165, 0.2))
    depth = {"boat": 0.06, "v-neck": n("v", 0.3, 0.42), "collar": 0.1, "hooded": 0.16}.get(g.neckline, n("round", 0.12, 0.19))
    depth += 0.22 if out and g.neckline == "v-neck" else 0
    neck = min(neck, shoulder - 0.04)
    closed = out or g.category == "shirt"
    panels: list[Panel] = []

    if g.neckline == "hooded":
        hood = spline((-0.26, 0.1), (-0.3, -0.2), (-0.17, -0.47), (0, -0.54), (0.17, -0.47), (0.3, -0.2), (0.26, 0.1))
        panels.append(Panel(hood, part="collar", puff=0.05, creases=[(-0.1, -0.5, -0.2, -0.05, 0.02)]))
        panels.append(
            Panel(
                spline((-0.16, 0.16), (-0.18, -0.15), (0, -0.38), (0.18, -0.15), (0.16, 0.16), (0, 0.24)), "lining", puff=0.04
            )
        )
    elif g.neckline != "strap":
        back = np.concatenate([chain((-neck, 0, 0.06), (neck, 0)), moved(_neck(g, neck, depth)[::-1], 0, 0.02)])
        label = Line(box(-0.035, 0.0, 0.035, 0.035)[[0, 1, 2, 3, 0]], 0.03, rgb=PALE)
        panels.append(Panel(back, "lining", tone=0.8, lines=[label] if g.chance("label", 0.6) else []))

    ankle = g.pick("ends", ("rib", "plain")) if cut != "shirt" else "plain"
    ankle = "rib" if cut in ("hoodie", "sweatshirt", "sweater", "bomber", "zip hoodie") else ankle
    over: list[Panel] = []
    if not bare:
        for side in (-1, 1):
            low, high = _sleeve(g, cut, side, shoulder, chest, ankle)
            panels += low
            over += high

    panels.append(_body(g, cut, neck, depth, shoulder, chest, waist, hem, length))
    body = panels[-1]
    if cut == "puffer":
        for y in np.arange(0.25, length - 0.05, 0.17):
            body.lines.append(Line(chain((-hem - 0.1, y, -0.03), (hem + 0.1, y)), 0.02, 0.6))
            body.creases += [(x, y + 0.02, x + 0.02, y + 0.09, 0.02) for x in np.linspace(-0.4, 0.4, 9)]
    if ankle == "rib" and not dress and (not out or g.length == "short") and cut not in ("tee", "t-shirt", "shirt"):
        edge = np.linspace(-1, 1, 20)
        top = np.stack([edge * hem * 0.985, length - 0.09 + 0.02 * (1 - edge**2)], 1)
        low = np.stack([edge * hem * 0.92, length + 0.015 + 0.02 * (1 - edge**2)], 1)
        panels.append(Panel(np.concatenate([top, low[::-1]]), "base", part="hem", tone=0.95, texture="rib", shadow=0.2))
    panels += _pockets_and_prints(g, cut, chest, length)
    if closed or (dress and g.neckline == "collar") or cut == "polo":
        panels += _front(g, cut, depth, length)
    panels += _collar(g, cut, neck, depth)
    if out and cut == "coat" and g.length != "short" and g.chance("belt", 0.5):
        panels.append(Panel(box(-chest, 0.88, chest, 0.96), "base", tone=0.88))
        panels.append(Panel(box(-0.05, 0.865, 0.05, 0.975), METAL if g.chance("buckle", 0.5) else "base", tone=0.7))
    if collars := [panel for panel in panels if panel.part == "collar"]:
        join(*collars)
    return panels + over


def _body(g, cut, neck, depth, shoulder, chest, waist, hem, length) -> Panel:
    """The front, with its neckline cut out, and the creases that arms and waist pull."""
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
        top = _neck(g, neck, depth)
        right = chain(
            (neck, 0, 0.02), (shoulder, 0.1, curve), (chest, arm, -0.03), (waist, mid, -0.04 if dress else 0), (hem, low)
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
    return Panel(outline, part="body", lines=lines, creases=creases, puff=0.03 if cut == "puffer" else 0.02)


def _sleeve(g, cut, side, shoulder, chest, ends) -> tuple[list[Panel], list[Panel]]:
    """One sleeve: the panels that lie below the body, and those of a forearm that is folded over it."""
    n, bulk = g.number, 0.03 if cut in ("puffer", "parka") else 0.015 if g.category == "outwear" else 0.0
    short = g.sleeve == "short-sleeved"
    pose = g.pick("sleeve pose", ("spread", "hanging", "hanging", "folded"))
    lean = n("spread", 0.55, 0.85) if pose == "spread" else n("hang", 0.1, 0.28) + (0.3 if short else 0.0)
    lean += g.rng(f"lean {side}").uniform(-0.05, 0.05)
    wide, cuff = n("sleeve width", 0.145, 0.17) + bulk, n("cuff", 0.085, 0.11) + bulk
    long = n("sleeve", 0.34, 0.46) if short else n("sleeve", 1.05, 1.17)
    cuff = wide - 0.015 if short else cuff
    # The sleeve leaves the armhole as the shoulder slopes, then falls.
    armhole = np.array([[shoulder - 0.02, 0.088], [chest - 0.03, 0.43]])
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
        shape = tube(piece, (half * 1.03, half * (0.86 if ends == "rib" else 1.03)))
        return Panel(
            shape * flip, "base", side * -np.arctan2(*(line[-1] - line[-2])), None, 0.94, "rib" if ends == "rib" else None
        )

    def sewn(line, *widths):
        """A tube that fits the armhole at its upper end."""
        shape, skip = tube(line, widths), 6
        return np.concatenate([armhole[:1], shape[skip:-skip], armhole[1:], [start - [0.12, 0]]]) * flip

    if pose == "folded" and not short:
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
    panel = Panel(sewn(line, wide, wide, (wide + cuff) * 0.5, cuff), "main", -side * lean, "sleeve")
    panel.creases = wrinkles(start, end, wide, 3 if short else 8)
    if cut == "puffer":
        for k in range(7, 22, 4):
            across = _normal(line[: k + 1]) * np.array([[1], [-1]]) * wide * 1.2
            panel.lines.append(Line((line[k] + across) * flip, 0.02, 0.6))
    if short:
        panel.lines.append(Line((line[-3] + cuff * 1.2 * np.outer([1, -1], _normal(line))) * flip, 0.009, 0.78))
        return [panel], []
    end = band(line, 0.085, cuff)
    join(panel, end)
    return [panel, end], []


def _normal(line) -> np.ndarray:
    way = line[-1] - line[-2]
    return np.array([way[1], -way[0]]) / np.linalg.norm(way)


def _neck(g, half, depth) -> np.ndarray:
    """The neckline from left to right, without its last point."""
    if g.neckline == "v-neck":
        return chain((-half, 0, -0.05), (0, depth, -0.05), (half, 0))[:-1]
    t = np.linspace(0, np.pi, 25)[:-1]
    return np.stack([-half * np.cos(t), depth * np.sin(t)], 1)


def _collar(g, cut, neck, depth) -> list[Panel]:
    """What goes around the neck."""
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
    line = np.concatenate([_neck(g, neck, depth), [[neck, 0]]])
    wide = 0.03 if cut in ("sweater", "sweatshirt", "bomber", "cardigan") else 0.018
    line = moved(line, 0, wide * 0.5)
    ribbed = cut in ("sweater", "sweatshirt", "t-shirt", "tee", "bomber", "longsleeve", "cardigan")
    fabric = "trim" if g.category == "t-shirt" and g.pattern == "solid" and g.chance("ringer", 0.15) else "base"
    return [
        Panel(tube(line, (wide,)), fabric, part="collar", tone=0.95, texture="rib" if ribbed else None, puff=0.01, shadow=0.25)
    ]


def _front(g, cut, depth, length) -> list[Panel]:
    """The closing: placket with buttons, or a zip."""
    end = 0.5 if cut in ("polo", "dress") else length + 0.02
    if cut in ("bomber", "puffer", "parka", "zip hoodie", "trucker"):
        middle = np.array([[0, depth], [0, end]])
        teeth = [Line(middle, 0.014, rgb=METAL), Line(middle, 0.006, dashed=True, rgb=(90, 90, 92))]
        pull = box(-0.014, depth + 0.02, 0.014, depth + 0.09)
        return [
            Panel(box(-0.022, depth, 0.022, end), "base", tone=0.75, puff=0.0, shadow=0.15, lines=teeth),
            Panel(pull, METAL, puff=0.005),
        ]
    wide, button = (0.034, 0.014) if cut not in ("coat", "blazer", "cardigan", "denim") else (0.04, 0.022)
    stitches = [Line(np.array([[s * wide * 0.75, depth], [s * wide * 0.75, end]]), 0.007, 0.8) for s in (-1, 1)]
    panels = [
        Panel(box(-wide, depth, wide, end), "main" if g.pattern != "solid" else "base", puff=0.006, shadow=0.3, lines=stitches)
    ]
    rgb = METAL if cut == "denim" else g.pick("buttons", (PALE, PALE, (60, 45, 36), (30, 30, 32)))
    rows = np.arange(depth + (0.06 if depth < 0.3 else 0.03), min(end, 1.6) - 0.06, 0.16 if button < 0.02 else 0.21)
    panels += [Panel(ellipse(0, y, button), rgb, puff=0.008, shadow=0.5) for y in rows]
    return panels


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


def _pockets_and_prints(g, cut, chest, length) -> list[Panel]:
    panels: list[Panel] = []
    if cut in ("hoodie", "zip hoodie"):
        y = length - 0.1
        shape = chain(
            (-0.2, y - 0.34, 0), (0.2, y - 0.34, -0.08), (0.31, y - 0.1, 0), (0.31, y, 0), (-0.31, y, 0),
            (-0.31, y - 0.1, -0.08), (-0.2, y - 0.34),
        )  # fmt: skip
        panels.append(Panel(shape, part="pocket", puff=0.015))
    elif cut in ("denim", "trucker"):
        for s in (-1, 1):
            panels += _pocket(s * 0.22, 0.42, 0.1, 0.2, flap=True)
    elif cut in ("coat", "blazer", "parka", "puffer", "bomber", "cardigan"):
        y = 0.95 if g.length != "short" else 0.78
        for s in (-1, 1):
            flap = chain(
                (s * 0.14, y, 0), (s * 0.33, y + 0.0, 0), (s * 0.33, y + 0.09, 0), (s * 0.14, y + 0.09, 0), (s * 0.14, y)
            )
            panels.append(Panel(flap, "base" if g.pattern == "solid" else "main", part="pocket", puff=0.01, shadow=0.45))
    elif (g.category == "shirt" and g.chance("pocket", 0.6)) or (g.category == "t-shirt" and g.chance("pocket", 0.15)):
        panels += _pocket(0.2, 0.4, 0.085, 0.2)
    printed = (g.category == "t-shirt" or cut in ("sweatshirt", "hoodie", "tee")) and g.pattern == "solid"
    if printed and g.chance("print", 0.35) and not any(p.part == "pocket" and p.outline[0, 0] > 0 for p in panels):
        panels += emblem(g, 0.0, 0.58, g.number("print size", 0.12, 0.2))
    return panels


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
