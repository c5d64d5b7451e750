"""The parts of a data set that cannot be used: named, counted and passed over, by every benchmark in the same words."""

import sys
from collections.abc import Sequence

_EXAMPLES = 10


def tell_passed_over(names: Sequence[str]) -> None:
    """Say on stderr how many there are, and name some; nothing if there are none."""
    if names:
        print(f"passed over {len(names)}, for example:", *names[:_EXAMPLES], sep="\n  ", file=sys.stderr)


def passed_over_figures(names: Sequence[str]) -> dict:
    """What figures say about them."""
    return {"passed over": len(names), "passed over, for example": list(names[:_EXAMPLES])}
