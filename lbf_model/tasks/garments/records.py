"""One record for every picture of a garment, photographed or drawn, and the JSON lines in which records are stored."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from lbf_model.tasks.garments.attributes import PARTS, VALUES


@dataclass(frozen=True)
class GarmentPicture:
    """A picture of one garment; an attribute that is unknown, or that such a garment does not have, is None.

    Attributes:
        file: of the picture, relative to its data set's folder.
        mask: of the 1-bit picture that shows where the garment is, relative to the folder of this record.
        width: of the picture in pixels.
        height: of the picture in pixels.
        category: one of CATEGORIES.
        color: one of COLORS.
        pattern: one of PATTERNS.
        sleeve: one of SLEEVES.
        length: one of LENGTHS.
        neckline: one of NECKLINES.
        box: xyxy in pixels around the whole garment.
        parts: (name from PARTS, box) of its parts; None if nobody has looked for them.
    """

    file: str
    mask: str
    width: int
    height: int
    category: str
    color: str
    pattern: str | None
    sleeve: str | None
    length: str | None
    neckline: str | None
    box: tuple[float, float, float, float]
    parts: tuple[tuple[str, tuple[float, float, float, float]], ...] | None = None

    def __post_init__(self):
        for name, values in VALUES.items():
            value = getattr(self, name)
            if value not in values and not (value is None and name not in ("category", "color")):
                raise ValueError(f"{self.file}: {name} {value!r} is none of {', '.join(values)}")
        object.__setattr__(self, "box", tuple(self.box))
        if self.parts is not None:
            object.__setattr__(self, "parts", tuple((name, tuple(box)) for name, box in self.parts))
            if not {name for name, _ in self.parts} <= set(PARTS):
                raise ValueError(f"{self.file}: parts {self.parts} are not all of {', '.join(PARTS)}")

    @property
    def caption(self) -> str:
        """Attributes in Fashion-200k's style: "gray striped longsleeve"."""
        return " ".join(w for w in (self.color, self.pattern if self.pattern != "solid" else None, self.category) if w)


def write_records(path: Path, records: Iterable[GarmentPicture]) -> None:
    """Write one JSON line per picture."""
    path.write_text("".join(json.dumps(asdict(r)) + "\n" for r in records))


def read_records(path: Path, made_by: str) -> list[GarmentPicture]:
    """The records of a data set.

    Args:
        path: the file of lines.
        made_by: the command that writes it, for the error message.

    Raises:
        ValueError: the file is missing, or its lines are not records.
    """
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        raise ValueError(f"{path}: missing; make it with `python -m lbf_model {made_by}`") from None
    try:
        return [GarmentPicture(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: broken ({error}); make it again with `python -m lbf_model {made_by}`") from None
