"""Why this result? Regions of the reference image joined with regions of a result, and what differs between them, in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from lbf_model.explain.canvas import LONG_SIDE, PALETTE, Tags, boxes_on, dashed, fitted
from lbf_model.types import Regions

_LEAST = 1.7  # likeness below which two regions of the same noun are not the same thing; see `_likeness`
_VAGUE = {"body"}  # what a detector of garments calls a part or a whole that it cannot name better
_SURE = 0.5  # a detector's confidence below which a region is not worth a sentence
_NAMES = 4  # a sentence names at most this many things
_DRAWN = 8  # more numbers would hide the pictures
_NUMBERS = 44 / 720  # height of a number; the two pictures stand side by side, on a phone 180 pixels wide each
_ALONE = "#808080"


@dataclass(frozen=True)
class Seen:
    """One region of either picture.

    Attributes:
        label: readable name, the noun last, such as "striped pink sleeve".
        box_unit: xyxy in [0, 1].
        score: the detector's confidence in [0, 1].
    """

    label: str
    box_unit: tuple[float, float, float, float]
    score: float = 1.0


@dataclass(frozen=True)
class Pair:
    """A region of the reference, a region of the result, or one of each that are the same thing.

    Attributes:
        old: of the reference; None where the result has something new.
        new: of the result; None where something is gone.
        stayed: words that both labels have, in the order of the new one.
        changed: (old words, new words) where the labels differ; "" where one label has no counterpart.
    """

    old: Seen | None
    new: Seen | None
    stayed: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()

    @property
    def score(self) -> float:
        """The detector's confidence in the less sure of the two."""
        return min(seen.score for seen in (self.old, self.new) if seen)

    @property
    def label(self) -> str:
        """The result's label, or the reference's if it is gone."""
        return (self.new or self.old).label


def seen_regions(regions: Regions) -> list[Seen]:
    """Regions as a detector found them."""
    return [
        Seen(label, tuple(box), score)
        for label, box, score in zip(regions.labels, regions.boxes_unit.tolist(), regions.scores.tolist(), strict=True)
    ]


def seen_records(records: Sequence[dict], size: tuple[int, int]) -> list[Seen]:
    """Regions as a gallery stores them.

    Args:
        records: {"box": xyxy in pixels, "score", "label"} each.
        size: (width, height) of their picture in pixels.
    """
    sides = (*size, *size)
    return [
        Seen(r["label"], tuple(min(max(edge / side, 0.0), 1.0) for edge, side in zip(r["box"], sides, strict=True)), r["score"])
        for r in records
    ]


def match_regions(reference: Sequence[Seen], result: Sequence[Seen]) -> list[Pair]:
    """Join what is the same thing in both pictures, by name and by place.

    Pairs are made greedily, the most alike first. Regions with different nouns are joined only if they are in the same place,
    and the less two names have in common, the nearer the regions must be.

    Args:
        reference: R regions.
        result: S regions.

    Returns:
        Joined pairs, largest region first, so that a garment comes before its parts; then what is gone, then what is new,
        both largest first. Each region is in one pair.
    """
    ranked = sorted(
        (-_likeness(old, new), i, j) for i, old in enumerate(reference) for j, new in enumerate(result)
    )  # ties go to the first: detectors list the surest first
    partner: dict[int, int] = {}
    for cost, i, j in ranked:
        if cost < 0 and i not in partner and j not in partner.values():
            partner[i] = j
    joined = [_pair(reference[i], result[j]) for i, j in partner.items()]
    gone = [Pair(old, None) for i, old in enumerate(reference) if i not in partner]
    fresh = [Pair(None, new) for j, new in enumerate(result) if j not in partner.values()]
    return [pair for group in (joined, gone, fresh) for pair in sorted(group, key=_size_order)]


def describe_changes(pairs: Sequence[Pair], sure: float = _SURE) -> list[str]:
    """Say in plain sentences what differs between the two pictures, and what does not.

    Args:
        pairs: from `match_regions`.
        sure: pairs with a lower score are skipped.

    Returns:
        Sentences such as "gray → pink on t-shirt, 2 × sleeve", "dotted skirt → dress", "gone: small red sphere", "new: collar"
        and "stayed: paisley", in this order; what changed on most regions first. Empty if nothing is sure enough.
    """
    told = [pair for pair in pairs if pair.score >= sure]
    joined = [pair for pair in told if pair.old and pair.new]
    changed = [pair for pair in joined if pair.changed]
    # What stayed on several changed regions is said once, at the end, and not with each of them.
    common = set.intersection(*(set(pair.stayed) for pair in changed)) if len(changed) > 1 else set()
    where: dict[str, list[str]] = {}
    for pair in changed:
        kept = [word for word in pair.stayed if word not in common]
        for old, new in pair.changed:
            if _last(old) == _noun(pair.old) or _last(new) == _noun(pair.new):
                where.setdefault(" ".join([*kept, _arrow(old, new)]), []).append("")
            else:
                where.setdefault(_arrow(old, new), []).append(_name(pair, kept))
    lines = [f"{what}{_on(names)}" for what, names in sorted(where.items(), key=lambda item: -len(item[1]))]
    said = " ".join(lines).split()
    for word, group in (("gone", [p for p in told if not p.new]), ("new", [p for p in told if not p.old])):
        if group:
            lines.append(f"{word}: {_listed(pair.label for pair in group)}")
    unsaid = [word for word in dict.fromkeys(w for pair in changed for w in pair.stayed) if word in common and word not in said]
    if stayed := unsaid + [pair.label for pair in joined if not pair.changed]:
        lines.append(f"stayed: {_listed(stayed)}")
    return lines


def describe_pair(pair: Pair) -> str:
    """One line on one pair, such as "paisley sleeve: gray → pink"; the legend of a numbered region."""
    if not (pair.old and pair.new):
        return f"{pair.label}: {'new' if pair.new else 'gone'}"
    changes = ", ".join(_arrow(*change) for change in pair.changed)
    return f"{_name(pair, pair.stayed)}: {changes or 'stayed'}"


def draw_matched(
    reference: Image.Image, result: Image.Image, pairs: Sequence[Pair], limit: int = _DRAWN, long_side: int = LONG_SIDE
) -> tuple[Image.Image, Image.Image]:
    """Outline what was joined in one colour and with one number in both pictures; what is gone or new is dashed in gray.

    Numbers follow the order of `shown_pairs`, from 1.

    Args:
        reference: RGB.
        result: RGB.
        pairs: from `match_regions`.
        limit: at most this many pairs are drawn.
        long_side: of each drawing, in pixels.

    Returns:
        Both pictures, RGB.
    """
    shown = shown_pairs(pairs, limit)
    drawn = []
    for picture, side in ((reference, [pair.old for pair in shown]), (result, [pair.new for pair in shown])):
        canvas = fitted(picture, long_side)
        pen = ImageDraw.Draw(canvas)
        line = max(2, long_side // 120)
        places = [place for place, seen in enumerate(side) if seen]
        boxes = dict(zip(places, boxes_on(canvas.size, np.array([side[p].box_unit for p in places])), strict=True))
        for place in places:
            if not (shown[place].old and shown[place].new):
                dashed(pen, boxes[place], _ALONE, line // 2 + 1, 3 * line)
        joined = [place for place in places if shown[place].old and shown[place].new]
        for place in joined:
            pen.rectangle(boxes[place], outline=PALETTE[place % len(PALETTE)], width=line)
        tags = Tags(canvas, letters=_NUMBERS)
        for place in sorted(places, key=lambda p: p not in joined):
            tags.put(boxes[place], str(place + 1), PALETTE[place % len(PALETTE)] if place in joined else _ALONE)
        drawn.append(canvas)
    return drawn[0], drawn[1]


def shown_pairs(pairs: Sequence[Pair], limit: int = _DRAWN) -> list[Pair]:
    """The pairs that `draw_matched` draws: joined before others, the surest of each, in the order they were given."""
    ranked = sorted(range(len(pairs)), key=lambda i: (not (pairs[i].old and pairs[i].new), -pairs[i].score))
    return [pairs[i] for i in sorted(ranked[:limit])]


def _likeness(old: Seen, new: Seen) -> float:
    """From 0 to 4: up to 1 each for the same noun, for other words in common, for overlapping, and for being near.

    Nearness is 1 for the same centre and 0 for a picture's side apart. The sum is 0 if the two cannot be the same thing.
    """
    one, other = old.label.split(), new.label.split()
    shared = len(set(one[:-1]) & set(other[:-1])) / max(len(set(one[:-1]) | set(other[:-1])), 1)
    a, b = np.array(old.box_unit, float), np.array(new.box_unit, float)
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    areas = sorted(((a[2:] - a[:2]).prod(), (b[2:] - b[:2]).prod()))
    overlap = inner / max(sum(areas) - inner, 1e-9)
    near = max(0.0, 1 - float(np.hypot(*(a[:2] + a[2:] - b[:2] - b[2:]) / 2)))
    if old.label == new.label:
        return float(2 + overlap + near)
    if one[-1:] == other[-1:]:
        likeness = float(1 + shared + overlap + near)
        return likeness if likeness >= _LEAST else 0.0
    in_place = overlap >= 0.4 or (near >= 0.93 and areas[1] <= 3 * areas[0])
    return float(shared + overlap + near) if in_place else 0.0


def _pair(old: Seen, new: Seen) -> Pair:
    before, after = old.label.split(), new.label.split()
    if _noun(old) != _noun(new) and {_noun(old), _noun(new)} & _VAGUE:
        before, after = before[:-1], after[:-1]  # the same thing, once named less well
    stayed = tuple(word for word in after if word in before)
    lost, won = [w for w in before if w not in after], [w for w in after if w not in before]
    if stayed and len(before) == len(after) and len(lost) == len(won):
        # Labels of one detector name the same attributes in the same order, so lost and won words correspond.
        return Pair(old, new, stayed, tuple(zip(lost, won, strict=True)))
    return Pair(old, new, stayed, ((" ".join(lost), " ".join(won)),) if lost or won else ())


def _noun(seen: Seen) -> str:
    return _last(seen.label)


def _last(text: str) -> str:
    return text.split()[-1] if text.split() else ""


def _called(pair: Pair) -> str:
    """The noun of a joined pair, from the picture that names it better; the reference's if the noun changed."""
    return _noun(pair.new) if _noun(pair.old) in _VAGUE else _noun(pair.old)


def _size_order(pair: Pair) -> float:
    left, top, right, bottom = (pair.old or pair.new).box_unit
    return -(right - left) * (bottom - top)


def _name(pair: Pair, stayed: Sequence[str]) -> str:
    """What a joined pair is called: the words that stayed, then the noun."""
    return " ".join([word for word in stayed if word != _called(pair)] + [_called(pair)])


def _arrow(old: str, new: str) -> str:
    return f"{old} → {new}" if old and new else f"no longer {old}" if old else f"now {new}"


def _on(names: Sequence[str]) -> str:
    named = [name for name in names if name]
    return f" on {_listed(named)}" if named else ""


def _listed(names: Iterable[str]) -> str:
    counts = Counter(names)
    parts = [f"{count} × {name}" if count > 1 else name for name, count in counts.items()]
    more = len(parts) - _NAMES
    return ", ".join(parts[:_NAMES]) + (f" and {more} more" if more > 0 else "")
