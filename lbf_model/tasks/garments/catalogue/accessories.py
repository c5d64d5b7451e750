"""Hats and pairs of shoes."""

import numpy as np

from lbf_model.tasks.garments.catalogue.cuts import hat_kind
from lbf_model.tasks.garments.catalogue.fronts import emblem
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.outlines import GUM, PALE, Line, Panel, chain, ellipse, spline, tube


def hat_panels(g: Garment) -> list[Panel]:
    """A cap from the side, a beanie, or a hat with a brim all around."""
    n, kind = g.number, hat_kind(g)
    if kind == "beanie":
        high = n("high", 0.5, 0.66)
        crown = spline(
            (-0.46, 0.25), (-0.45, -0.1), (-0.3, -high + 0.12), (0, -high), (0.3, -high + 0.12), (0.45, -0.1),
            (0.46, 0.25), (0, 0.32),
        )  # fmt: skip
        cuff = chain((-0.48, 0.1, 0.03), (0.48, 0.1, 0.04), (0.48, 0.38, -0.03), (-0.48, 0.38, 0.04), (-0.48, 0.1))
        gather = [(x * 0.12, -high, x * 0.42, 0.2, 0.02) for x in (-0.9, -0.5, -0.15, 0.2, 0.55, 0.9)]
        panels = [
            Panel(crown, part="body", puff=0.09, creases=gather),
            Panel(cuff, "base", part="hem", tone=1.03, puff=0.05, texture="rib"),
        ]
        if g.chance("pompom", 0.4):
            t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
            fluff = 0.16 + g.rng("fluff").uniform(-0.014, 0.014, 60)
            pom = np.stack([fluff * np.cos(t), fluff * np.sin(t) - high - 0.08], 1)
            panels.append(Panel(pom, g.pick("pom", ("base", "trim")), puff=0.08, tone=0.95, texture="straw"))
        return panels
    if kind == "cap":
        crown = spline(
            (-0.5, 0.16), (-0.53, -0.08), (-0.4, -0.36), (-0.08, -0.5), (0.26, -0.38), (0.44, -0.08), (0.46, 0.14), (0, 0.2)
        )
        visor = spline((0.1, 0.12), (0.46, 0.02), (0.8, 0.1), (0.99, 0.24), (0.93, 0.3), (0.6, 0.25), (0.2, 0.26))
        seams = [
            Line(chain((-0.06, -0.49, 0.1), (0.2, 0.2)), 0.011, 0.72),
            Line(chain((-0.07, -0.49, -0.2), (-0.3, 0.2)), 0.011, 0.72),
            Line(chain((-0.52, 0.11, -0.04), (0.47, 0.1)), 0.008, 0.8),
        ]  # fmt: skip
        rows = [Line(chain((0.16 + k, 0.2 + k / 4, 0.16), (0.9 - k / 3, 0.22 + k / 4)), 0.007, 0.82) for k in (0.0, 0.08)]
        panels = [
            Panel(crown, part="body", puff=0.1, lines=seams),
            Panel(visor, g.pick("visor", ("main", "base", "base")), part="hem", tone=0.96, puff=0.03, lines=rows, shadow=0.5),
            Panel(ellipse(-0.07, -0.495, 0.045, 0.028), "base", tone=0.9),
        ]
        if g.chance("badge", 0.4):
            panels += emblem(g, 0.24, -0.12, 0.1)
        return panels
    brim = n("brim", 0.85, 1.1)
    droop = n("droop", 0.0, 0.08)
    under = spline(
        (-brim, 0.12 + droop), (-0.5, 0.0), (0, -0.06), (0.5, 0.0), (brim, 0.12 + droop), (0.5, 0.31), (0, 0.36), (-0.5, 0.31)
    )
    crown = spline(
        (-0.48, 0.14), (-0.44, -0.2), (-0.34, -0.46), (-0.14, -0.5), (0, -0.45), (0.14, -0.5), (0.34, -0.46),
        (0.44, -0.2), (0.48, 0.14), (0, 0.22),
    )  # fmt: skip
    ribbon = chain((-0.475, 0.02, -0.08), (0.475, 0.02, 0), (0.485, 0.15, 0.08), (-0.485, 0.15, 0), (-0.475, 0.02))
    edge = Line(np.concatenate([under, under[:1]]) * [0.97, 0.93] + [0, 0.01], 0.008, 0.82)
    dent = [(0.0, -0.5, 0.03, -0.1, -0.06), (-0.2, -0.45, -0.26, -0.1, 0.03)]
    return [
        Panel(under, part="hem", puff=0.03, lines=[edge]),
        Panel(crown, part="body", puff=0.1, creases=dent, shadow=0.5),
        Panel(ribbon, g.pick("ribbon", ("trim", "base", (38, 36, 38))), tone=0.85, puff=0.02, texture="plain"),
    ]


def shoe_panels(g: Garment) -> list[Panel]:
    """A pair: two from the side, one behind the other, or two ballerinas from above."""
    kind = g.pick("shoe", ("sneaker", "sneaker", "boot", "ballerina", "loafer", "pump"))
    n = g.number
    if kind == "ballerina":
        apart, turn = n("apart", 0.42, 0.5), n("toes", 0.02, 0.14)
        return _moved(_ballerina(g), (-apart, 0), -turn) + _moved(_ballerina(g, flip=-1), (apart, n("step", -0.1, 0.1)), turn)
    one = {"sneaker": _sneaker, "boot": _boot, "loafer": _loafer, "pump": _pump}[kind]
    gap = (n("gap x", 0.1, 0.3), -n("gap y", 0.55, 0.7)) if kind != "boot" else (n("gap x", 0.5, 0.62), -n("gap y", 0.12, 0.22))
    return _moved(one(g), gap, n("turn", -0.05, 0.05)) + _moved(one(g), (0, 0), 0)


def _moved(panels, shift, turn) -> list[Panel]:
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for panel in panels:
        panel.outline = panel.outline @ spin + shift
        panel.angle += turn
        panel.creases = [(*(np.array(c[:2]) @ spin + shift), *(np.array(c[2:4]) @ spin + shift), c[4]) for c in panel.creases]
        for line in panel.lines:
            line.points = line.points @ spin + shift
    return panels


def _sneaker(g) -> list[Panel]:
    high = g.chance("high top", 0.35)
    top = -0.62 if high else -0.36
    upper = spline(
        (-0.88, 0.16), (-0.9, -0.1), (-0.84, top), (-0.5, top + 0.06), (-0.2, top - 0.08), (0.05, -0.28),
        (0.4, -0.12), (0.78, -0.02), (0.92, 0.14), (0, 0.2),
    )  # fmt: skip
    mouth = spline((-0.8, top + 0.03), (-0.5, top - 0.04), (-0.22, top - 0.03), (-0.45, top + 0.09))
    sole = chain((-0.94, 0.1, 0.02), (0.9, 0.08, 0.12), (1.0, 0.22, 0.15), (0.9, 0.3, 0), (-0.86, 0.3, 0.25), (-0.94, 0.1))
    toe = spline((0.5, 0.17), (0.55, -0.04), (0.78, -0.03), (0.93, 0.12), (0.85, 0.17))
    rgb = g.pick("sole", (PALE, PALE, GUM, (45, 45, 48)))
    heel = Line(chain((-0.62, 0.15, -0.12), (-0.86, -0.15)), 0.012, 0.7)
    eyestay = Line(chain((-0.22, top + 0.1, 0.06), (0.22, -0.02, 0), (0.42, 0.0)), 0.012, 0.7)
    stripe = (
        [Panel(tube(chain((-0.5, 0.12, 0.1), (0.02, -0.14)), (0.05, 0.03)), "trim", tone=0.95, puff=0.004)]
        if g.chance("stripe", 0.4)
        else []
    )
    tongue = spline((-0.3, top + 0.05), (-0.24, top - 0.16), (-0.08, top - 0.15), (0.06, -0.22))
    bends = [(0.3, -0.15, 0.42, 0.1, -0.02), (0.38, -0.13, 0.5, 0.1, -0.02)]
    laces = []
    for k in range(5):
        down = k / 5  # from the ankle to the toes
        start, end = (
            (-0.2 + 0.11 * k, (top - 0.03) * (1 - down) - 0.2 * down, 0.1),
            (-0.12 + 0.12 * k, (top + 0.1) * (1 - down) - 0.06 * down),
        )
        laces.append(Panel(tube(chain(start, end), (0.018,)), PALE, puff=0.01))
    panels = [
        Panel(tongue, "base", tone=0.85, puff=0.02),
        Panel(upper, part="body", puff=0.08, lines=[heel, eyestay], creases=bends),
        Panel(mouth, "lining", tone=0.7, puff=0.01),
        *stripe, *laces,
        Panel(sole, rgb, texture="smooth", puff=0.03, lines=[Line(chain((-0.92, 0.17), (0.97, 0.17)), 0.012, 0.85)]),
    ]  # fmt: skip
    if g.chance("toe cap", 0.5):
        panels.insert(2, Panel(toe, PALE, texture="smooth", puff=0.05))
    return panels


def _boot(g) -> list[Panel]:
    high, heeled = g.number("shaft", 0.75, 1.15), g.chance("heel", 0.5)
    lift = 0.14 if heeled else 0.0
    upper = chain(
        (-0.36, -high, 0.03), (0.16, -high + 0.03, 0), (0.16, -0.42, -0.12), (0.42, -0.16, 0.06),
        (0.82, 0.02 + lift, 0.25), (0.86, 0.2 + lift, 0),
        (0.2, 0.2, -0.05), (-0.4, 0.2 - lift * 0.2, 0.05), (-0.42, -0.1, -0.06), (-0.36, -high),
    )  # fmt: skip
    sole = chain(
        (-0.42, 0.17, 0), (0.2, 0.18, 0.05), (0.88, 0.17 + lift, 0.3), (0.86, 0.26 + lift, 0), (0.15, 0.27, 0),
        (-0.1, 0.27, 0), (-0.12, 0.34 + lift, 0), (-0.42, 0.34 + lift, 0), (-0.42, 0.17),
    )  # fmt: skip
    mouth = spline((-0.35, -high + 0.0), (-0.1, -high - 0.04), (0.15, -high + 0.03), (-0.1, -high + 0.06))
    elastic = chain((-0.16, -high + 0.04, -0.1), (0.02, -high + 0.05, -0.1), (-0.04, -high + 0.42, 0.2), (-0.16, -high + 0.04))
    creases = [(0.17, -0.38, -0.15, -0.25, -0.03), (0.2, -0.32, -0.12, -0.14, -0.03), (0.15, -0.46, -0.2, -0.42, 0.025)]
    seam = Line(chain((-0.4, -0.0, 0.05), (-0.05, -0.2, 0), (0.05, 0.2)), 0.011, 0.7)
    panels = [Panel(upper, part="body", puff=0.08, creases=creases, lines=[seam]), Panel(mouth, "lining", tone=0.7, puff=0.01)]
    if g.chance("elastic", 0.4):
        panels.append(Panel(elastic, "base", tone=0.6, texture="rib", puff=0.01, shadow=0.1))
    return [*panels, Panel(sole, g.pick("boot sole", ((42, 36, 32), (42, 36, 32), GUM)), texture="smooth", puff=0.03)]


def _loafer(g) -> list[Panel]:
    upper = spline(
        (-0.86, 0.16), (-0.9, -0.08), (-0.82, -0.3), (-0.4, -0.2), (-0.02, -0.24), (0.16, -0.26), (0.5, -0.12),
        (0.84, -0.06), (0.94, 0.13), (0, 0.2),
    )  # fmt: skip
    mouth = spline((-0.8, -0.27), (-0.45, -0.3), (-0.02, -0.26), (-0.4, -0.17))
    sole = chain(
        (-0.9, 0.13, 0), (0.95, 0.12, 0.2), (0.95, 0.2, 0), (-0.35, 0.2, 0), (-0.38, 0.28, 0), (-0.9, 0.28, 0.1), (-0.9, 0.13)
    )
    strap = chain((0.02, -0.26, 0.05), (0.2, -0.27, 0), (0.12, 0.1, 0), (-0.1, 0.08, 0), (0.02, -0.26))
    moc = Line(chain((0.2, -0.08, 0.1), (0.82, 0.04)), 0.016, 0.62)
    return [
        Panel(upper, part="body", puff=0.08, lines=[moc]),
        Panel(mouth, "lining", tone=0.7, puff=0.01),
        Panel(strap, "base", tone=0.9, puff=0.02),
        Panel(sole, g.pick("loafer sole", ((48, 38, 32), GUM)), texture="smooth", puff=0.02),
    ]


def _pump(g) -> list[Panel]:
    """A heeled court shoe from the side."""
    heel = g.number("heel", 0.25, 0.5)
    upper = chain(
        (-0.78, -0.3 - heel, 0.02), (-0.55, -0.25 - heel, -0.1), (0.35, -0.15, 0.06), (0.78, 0.04, 0.12),
        (0.92, 0.2, 0.06), (0.4, 0.22, -0.02), (0.1, 0.17, -0.04), (-0.5, 0.08 - heel, 0.0),
        (-0.74, 0.06 - heel, 0.08), (-0.78, -0.3 - heel),
    )  # fmt: skip
    post = chain(
        (-0.76, 0.0 - heel, -0.04), (-0.42, 0.06 - heel, -0.12), (-0.58, 0.26, 0), (-0.68, 0.26, 0.05), (-0.76, 0.0 - heel)
    )
    sole = chain((0.12, 0.11, 0.06), (0.4, 0.215, 0), (0.92, 0.2, 0.1), (0.86, 0.25, 0), (0.38, 0.25, -0.06), (0.12, 0.11))
    inside = chain(
        (-0.76, -0.29 - heel, 0.05), (-0.55, -0.24 - heel, -0.1), (0.33, -0.14, 0.14), (-0.5, -0.31 - heel, 0.05),
        (-0.76, -0.29 - heel),
    )  # fmt: skip
    return [
        Panel(inside, "lining", tone=0.9, puff=0.01), Panel(post, "base", tone=0.85, puff=0.03),
        Panel(upper, part="body", puff=0.08), Panel(sole, (48, 38, 32), texture="smooth", puff=0.01),
    ]  # fmt: skip


def _ballerina(g, flip=1) -> list[Panel]:
    shape = spline(
        (0, -0.88), (0.22, -0.74), (0.33, -0.4), (0.27, 0.1), (0.25, 0.5), (0.2, 0.78), (0, 0.9), (-0.2, 0.78),
        (-0.24, 0.5), (-0.22, 0.1), (-0.3, -0.4), (-0.22, -0.74),
    )  # fmt: skip
    mouth = spline(
        (0, -0.42), (0.18, -0.25), (0.2, 0.1), (0.18, 0.5), (0.13, 0.72), (0, 0.79), (-0.13, 0.72), (-0.17, 0.5),
        (-0.17, 0.1), (-0.17, -0.25),
    )  # fmt: skip
    bow = [Panel(ellipse(s * 0.075, -0.47, 0.075, 0.045), "base", tone=1.05, puff=0.02) for s in (-1, 1)] + [
        Panel(ellipse(0, -0.47, 0.028), "base")
    ]
    mirror = np.array([flip, 1])
    insole = g.pick("insole", ((214, 190, 160), (90, 74, 62), (226, 220, 210)))
    panels = [
        Panel(shape, part="body", puff=0.07), Panel(mouth * 1.04, "base", tone=0.85, puff=0.01, shadow=0.1),
        Panel(mouth, insole, texture="smooth", puff=-0.03, shadow=0.0),
        *(bow if g.chance("bow", 0.6) else []),
    ]  # fmt: skip
    for panel in panels:
        panel.outline = panel.outline * mirror
    return panels
