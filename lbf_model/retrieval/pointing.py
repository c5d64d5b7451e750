"""Pointing: which regions of the reference image the words of a query may touch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_KEEP, _BOX = "keep ", "box "
_LEAST = 4  # pixels; a smaller box shows nothing
_FURTHEST = 1e6  # pixels; no picture is that large


class PointingError(ValueError):
    """A query points at regions in a way that cannot be followed; the message says why."""


@dataclass(frozen=True)
class Pointing:
    """ "Change only these" or "keep these": regions of a reference image, by the numbers that people see.

    Attributes:
        numbers: region numbers, counted from 1 in the order of `SearchResult.regions`; stored in ascending order without
            repeats. May be empty only with a box.
        keep: whether these regions stay as they are and the words may touch all others; else the words may touch only these.
        box: one more thing to change, xyxy in pixels of the upright picture, even if only a small part of it is in the
            picture; None if there is none. It becomes the last region.
    """

    numbers: tuple[int, ...]
    keep: bool = False
    box: tuple[int, int, int, int] | None = None

    def __post_init__(self):
        for number in self.numbers:
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise PointingError(f"{str(number)[:20]!r} is not the number of a region; give whole numbers from 1")
        if self.box is not None and self.keep:
            raise PointingError("Give regions to keep or a box to change, not both.")
        if not self.numbers and self.box is None:
            raise PointingError("No region is left to change: the list of regions is empty.")
        object.__setattr__(self, "numbers", tuple(sorted(set(self.numbers))))

    def __str__(self) -> str:
        """As written in links: "2,3", "keep 1" or "2 box 10,20,110,220"."""
        numbers = (_KEEP if self.keep else "") + ",".join(map(str, self.numbers))
        box = "" if self.box is None else _BOX + ",".join(map(str, self.box))
        return " ".join(part for part in (numbers, box) if part)

    @property
    def told(self) -> str:
        """For people: "only region 2" or "keep regions 1 and 3"."""
        return f"{'keep' if self.keep else 'only'} {tell_regions(self.numbers, self.box is not None)}"

    def links(self, count: int) -> np.ndarray:
        """(count,) bool: which of `count` regions words may touch. A box, if there is one, is the last of them.

        Raises:
            PointingError: there is no region with some number, or no region is left that words may touch.
        """
        found = count - (self.box is not None)
        missing = [str(number) for number in self.numbers if number > found]
        if missing:
            have = f"{found} regions, numbered 1 to {found}" if found > 1 else "one region, number 1"
            raise PointingError(f"There is no region {' or '.join(missing[:3])}: this picture has {have}.")
        named = np.isin(np.arange(1, count + 1), self.numbers)
        if self.box is not None:
            named[-1] = True
        links = ~named if self.keep else named
        if not links.any():
            raise PointingError("No region is left to change: all regions are to be kept.")
        return links


def read_pointing(text: str) -> Pointing | None:
    """The inverse of `str(Pointing)`; None for "".

    Raises:
        PointingError: the text has another form.
    """
    if not text:
        return None
    numbers, boxed, box = text.partition(_BOX)
    listed = numbers.removeprefix(_KEEP)
    read = () if boxed and not listed.strip() else read_numbers(listed)
    return Pointing(read, numbers.startswith(_KEEP), read_box(box) if boxed else None)


def read_box(text: str) -> tuple[int, int, int, int]:
    """A box as people type it: "10,20,110,220".

    Raises:
        PointingError: the text has another form, or the box is too small.
    """
    if not re.fullmatch(r"\s*-?[0-9]{1,6}\s*(,\s*-?[0-9]{1,6}\s*){3}", text):
        raise PointingError(f"{text[:40]!r} is not a box; write left, top, right and bottom in pixels, such as 10,20,110,220")
    return check_box([int(edge) for edge in text.split(",")])


def check_box(box: Sequence[float]) -> tuple[int, int, int, int]:
    """A box rounded to whole pixels, xyxy.

    Raises:
        PointingError: it is not four numbers, or too small.
    """
    numbers = isinstance(box, (list, tuple)) and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in box)
    if not numbers or len(box) != 4 or not all(abs(edge) < _FURTHEST for edge in box):  # also false for NaN
        raise PointingError(f"{str(box)[:40]!r} is not a box; give left, top, right and bottom in pixels")
    left, top, right, bottom = (round(edge) for edge in box)
    if right - left < _LEAST or bottom - top < _LEAST:
        raise PointingError(f"The box is too small: its width and height have to be at least {_LEAST} pixels.")
    return left, top, right, bottom


def read_numbers(text: str) -> tuple[int, ...]:
    """Region numbers as people type them: "2,3" or "2, 3".

    Raises:
        PointingError: the text has another form, or a number is 0.
    """
    if not re.fullmatch(r"\s*[0-9]{1,6}\s*(,\s*[0-9]{1,6}\s*)*", text):
        raise PointingError(f"{text[:40]!r} is not a list of regions; write their numbers with commas, such as 2,3")
    return Pointing(tuple(int(number) for number in text.split(","))).numbers


def point_at(
    regions: Sequence[int] | None = None, keep: Sequence[int] | None = None, box: Sequence[float] | None = None
) -> Pointing | None:
    """Build a `Pointing` from one of two lists of region numbers, a box, or both; None if nothing is given, or nothing is kept.

    Args:
        regions: "change only these".
        keep: "keep these".
        box: "change this, too", or only this: xyxy in pixels of the upright picture.

    Raises:
        PointingError: both lists are given, or `keep` and a box; a list is not one of whole numbers from 1; the box is not
            valid; or `regions` is empty and there is no box.
    """
    if regions is not None and keep is not None:
        raise PointingError("Give the regions to change or the regions to keep, not both.")
    drawn = None if box is None else check_box(box)
    numbers = keep if regions is None else regions
    if numbers is None:
        return None if drawn is None else Pointing((), box=drawn)
    if not isinstance(numbers, (list, tuple)):
        given = str(numbers)[:20]
        raise PointingError(f"{given!r} is not a list of regions; give a list of whole numbers from 1, such as [2, 3]")
    return None if regions is None and not numbers and drawn is None else Pointing(tuple(numbers), regions is None, drawn)


def tell_regions(numbers: Sequence[int], box: bool = False) -> str:
    """ "regions 2 and 3", "your box", or "region 2 and your box"; "" for nothing."""
    return " and ".join([*([name_regions(numbers)] if numbers else []), *(["your box"] if box else [])])


def name_regions(numbers: Sequence[int], labels: Sequence[str] | None = None) -> str:
    """ "region 2" or "regions 2 and 3"; with the labels of all regions, "region 2 (gray sleeve)"."""
    said = [str(number) if labels is None else f"{number} ({labels[number - 1]})" for number in numbers]
    listed = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return f"region{'s' if len(said) > 1 else ''} {listed}"
