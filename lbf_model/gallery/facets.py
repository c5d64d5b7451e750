"""What a search can be narrowed to: pictures that contain a certain kind of region, or pictures below a folder.

A filter is written FACET:VALUE, such as "color:red" or "folder:summer/at sea". Filters on the same facet match any of their
values. Filters on different facets must all match, and those about regions must match the same region: "color:red" with
"kind:dress" finds red dresses, not a blue dress beside a red hat.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np

from lbf_model.gallery.item_table import ItemTable

FOLDER = "folder"
_MOST = 100  # filters at once
LABEL = "label"  # the facet for detectors whose labels are not made of attributes


class FilterError(ValueError):
    """A filter names something that the gallery does not have; the message lists what there is."""


class Facets:
    """The facets of one gallery.

    Its labels are read with the detector's vocabulary, so a gallery need not be indexed again to be filtered.
    """

    def __init__(self, items: ItemTable, attributes: Mapping[str, Sequence[str]]):
        """Prepare; nothing is read yet.

        Args:
            items: the gallery's items.
            attributes: the words that labels are made of, by attribute; empty if each label is a single name.
        """
        self._items, self._attributes = items, attributes

    @cached_property
    def values(self) -> dict[str, dict[str, int]]:
        """How often each value of each facet occurs: in regions, or for FOLDER in pictures. Empty facets are left out."""
        found = {name: Counter() for name in (*self._attributes, LABEL, FOLDER)}
        for label, times in self._items.names("label").items():
            for name, value in self._labels[label].items():
                found[name][value] += times
        for folder, times in self._items.names("folder").items():
            for parent in _with_parents(folder):
                found[FOLDER][parent] += times
        return {name: dict(sorted(times.items())) for name, times in found.items() if times}

    def rows(self, filters: Collection[str]) -> np.ndarray | None:
        """(M,) int64, ascending, the rows that match all filters; None if there are no filters.

        Raises:
            FilterError: there is no such facet or value.
        """
        if not filters:
            return None
        wanted = self._wanted(filters)
        folders = wanted.pop(FOLDER, None)
        rows = np.arange(len(self._items))
        if wanted:
            fits = [label for label, said in self._labels.items() if all(said.get(n) in v for n, v in wanted.items())]
            rows = self._items.rows_with("label", fits)
        if folders is not None:
            names = [folder for folder in self._items.names("folder") if folders & {*_with_parents(folder)}]
            rows = np.intersect1d(rows, self._items.rows_with("folder", names), assume_unique=True)
        return rows

    def check(self, filters: Collection[str]) -> None:
        """Raise what `rows` would raise, without looking at any row."""
        self._wanted(filters)

    def _wanted(self, filters: Collection[str]) -> dict[str, set[str]]:
        """The requested values, by facet."""
        if not isinstance(filters, (list, tuple)) or not all(isinstance(filter, str) for filter in filters):
            raise FilterError(f'{str(filters)[:40]!r} is not a list of filters; give a list such as ["color:red"].')
        if len(filters) > _MOST:
            raise FilterError(f"Give {_MOST} filters or fewer.")
        wanted: dict[str, set[str]] = {}
        for name, value in map(self._read, filters):
            wanted.setdefault(name, set()).add(value)
        return wanted

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        """What each label says, by facet."""
        return {label: self._parts(label) for label in self._items.names("label")}

    def _parts(self, label: str) -> dict[str, str]:
        if not self._attributes:
            return {LABEL: label}
        words = label.split()
        return {name: value for name, values in self._attributes.items() for value in values if value in words}

    def _read(self, filter: str) -> tuple[str, str]:
        name, _, value = filter.partition(":")
        if name not in self.values:
            raise FilterError(f"There is no filter {name[:80]!r} here; there are {', '.join(self.values) or 'none'}.")
        if value not in self.values[name]:
            known = list(self.values[name])
            told = ", ".join(known[:30]) + (", …" if len(known) > 30 else "")
            raise FilterError(f"No picture here has {name} {value[:80]!r}; there are {told}.")
        return name, value


def _with_parents(folder: str) -> list[str]:
    """A folder and its parents, without the picture root itself."""
    path = PurePosixPath(folder)
    return [one.as_posix() for one in (path, *path.parents) if one.as_posix() != "."]
