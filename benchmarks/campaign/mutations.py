"""Bytes changed at random, and what came of it."""

from collections import Counter
from collections.abc import Callable

import numpy as np

MOST_TOLD = 20  # broken promises that are listed one by one


def tries(full: int, scale: float) -> int:
    """How many tries at a scale, at least one."""
    return max(1, round(full * scale))


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """The data with some bytes flipped, a piece cut out, doubled or zeroed, or the end cut off."""
    changed = bytearray(data)
    kind = rng.choice(("flip", "cut", "double", "zero", "truncate"), p=(0.5, 0.15, 0.1, 0.1, 0.15))
    if kind == "flip":
        for place in rng.integers(len(changed), size=int(rng.integers(1, 17))):
            changed[place] ^= int(rng.integers(1, 256))
        return bytes(changed)
    first, second = sorted(rng.integers(len(changed) + 1, size=2).tolist())
    if kind == "truncate":
        return bytes(changed[:first])
    second = min(second, first + 256)
    piece = {"cut": b"", "double": 2 * bytes(changed[first:second]), "zero": bytes(second - first)}[kind]
    return bytes(changed[:first]) + piece + bytes(changed[second:])


def change_one_byte(data: bytes, rng: np.random.Generator) -> bytes:
    """The data with one byte changed."""
    changed = bytearray(data)
    changed[rng.integers(len(changed))] ^= int(rng.integers(1, 256))
    return bytes(changed)


class Tally:
    """Counts outcomes, and lists the first promises that were broken."""

    def __init__(self):
        """Nothing was tried yet."""
        self.outcomes: Counter[str] = Counter()
        self.broken: list[str] = []

    def add(self, outcome: str) -> None:
        """Count a try that came out as promised."""
        self.outcomes[outcome] += 1

    def fail(self, told: str) -> None:
        """Count a try that did not."""
        self.outcomes["broken promise"] += 1
        if len(self.broken) < MOST_TOLD:
            self.broken.append(told)

    def try_once(self, name: str, act: Callable[[], str], refusals: tuple[type[Exception], ...]) -> None:
        """Act, and count the outcome it returns; one of `refusals` counts as refused, any other error breaks the promise."""
        try:
            outcome = act()
        except refusals:
            outcome = "refused"
        except Exception as error:  # any such error is what the campaign looks for
            self.fail(f"{name}: {type(error).__name__}: {error}")
            return
        self.add(outcome)

    def figures(self) -> dict:
        """The figures for the JSON."""
        return {"tries": self.outcomes.total(), "outcomes": dict(sorted(self.outcomes.items())), "broken promises": self.broken}
