"""Pointing: which regions of the reference image the words of a query may touch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_KEEP = "keep "


class PointingError(ValueError):
    """A query points at regions in a way that cannot be followed; the message says why."""


@dataclass(frozen=True)
class Pointing:
    """ "Change only these" or "keep these": regions of a reference image, by the numbers that people see.

    Attributes:
        numbers: of one region or more, counted from 1 in the order of `SearchResult.regions`; held in ascending order, once
            each.
        keep: whether these regions stay as they are and the words may touch all others; else the words may touch only these.
    """

    numbers: tuple[int, ...]
    keep: bool = False

    def __post_init__(self):
        for number in self.numbers:
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise PointingError(f"{str(number)[:20]!r} is not the number of a region; give whole numbers from 1")
        if not self.numbers:
            raise PointingError("No region is left to change: the list of regions is empty.")
        object.__setattr__(self, "numbers", tuple(sorted(set(self.numbers))))

    def __str__(self) -> str:
        """As links have it: "2,3" or "keep 1"."""
        return (_KEEP if self.keep else "") + ",".join(map(str, self.numbers))

    @property
    def told(self) -> str:
        """For people: "only region 2" or "keep regions 1 and 3"."""
        return f"{'keep' if self.keep else 'only'} {name_regions(self.numbers)}"

    def links(self, count: int) -> np.ndarray:
        """(count,) bool: of so many regions, those that words may touch.

        Raises:
            PointingError: there is no region of some number, or none is left that words may touch.
        """
        missing = [str(number) for number in self.numbers if number > count]
        if missing:
            have = f"{count} regions, numbered 1 to {count}" if count > 1 else "one region, number 1"
            raise PointingError(f"There is no region {' or '.join(missing[:3])}: this picture has {have}.")
        named = np.isin(np.arange(1, count + 1), self.numbers)
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
    return Pointing(read_numbers(text.removeprefix(_KEEP)), text.startswith(_KEEP))


def read_numbers(text: str) -> tuple[int, ...]:
    """Numbers of regions as people type them: "2,3" or "2, 3".

    Raises:
        PointingError: the text has another form, or a number is 0.
    """
    if not re.fullmatch(r"\s*[0-9]{1,4}\s*(,\s*[0-9]{1,4}\s*)*", text):
        raise PointingError(f"{text[:40]!r} is not a list of regions; write their numbers with commas, such as 2,3")
    return Pointing(tuple(int(number) for number in text.split(","))).numbers


def point_at(regions: Sequence[int] | None = None, keep: Sequence[int] | None = None) -> Pointing | None:
    """What two lists of region numbers ask for, of which one may be given; None where neither is, or nothing is kept.

    Args:
        regions: "change only these".
        keep: "keep these".

    Raises:
        PointingError: both are given, one is not a list of whole numbers from 1, or `regions` is empty.
    """
    if regions is not None and keep is not None:
        raise PointingError("Give the regions to change or the regions to keep, not both.")
    numbers = keep if regions is None else regions
    if numbers is None:
        return None
    if not isinstance(numbers, (list, tuple)):
        given = str(numbers)[:20]
        raise PointingError(f"{given!r} is not a list of regions; give a list of whole numbers from 1, such as [2, 3]")
    return None if regions is None and not numbers else Pointing(tuple(numbers), regions is None)


def name_regions(numbers: Sequence[int], labels: Sequence[str] | None = None) -> str:
    """ "region 2" or "regions 2 and 3"; with the labels of all regions, "region 2 (gray sleeve)"."""
    said = [str(number) if labels is None else f"{number} ({labels[number - 1]})" for number in numbers]
    listed = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return f"region{'s' if len(said) > 1 else ''} {listed}"
