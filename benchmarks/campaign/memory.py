"""Promise: 1,000 searches on the page leave the server below 1,400 MiB."""

from pathlib import Path

from benchmarks.campaign.mutations import tries
from benchmarks.campaign.visitors import EXAMPLE, Visitor
from benchmarks.resident import resident_mib
from tests.server import start_app

_FULL = 1_000
_VISITORS = 4
_LIMIT = 1_400  # MiB
_COLORS = ("red", "blue", "green", "black", "white", "yellow", "pink", "orange", "purple", "brown")


def run(scale: float, seed: int, folder: Path) -> dict:
    """Four visitors press "Search" in turn, each time with another sentence."""
    count = tries(_FULL, scale)
    process, url = start_app(folder / "log.txt")
    try:
        visitors = [Visitor(url, number) for number in range(1, _VISITORS + 1)]
        pictures = [visitor.upload(EXAMPLE) for visitor in visitors]
        event, resident = visitors[0].event_of("search"), {}
        for number in range(count + _VISITORS):
            place = number % _VISITORS
            text = f"make it {_COLORS[number % 10]} and {_COLORS[number // 10 % 10]}"
            visitors[place].search_page(event, pictures[place], text)
            done = number + 1 - _VISITORS  # each visitor's first search gets everything ready
            if done >= 0 and done % max(1, count // 10) == 0:
                resident[done] = resident_mib(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=120)
    last, half = resident[max(resident)], min(resident, key=lambda done: abs(done - count / 2))
    broken = [f"{last} MiB after {count} searches"] if last >= _LIMIT else []
    return {
        "page searches": count,
        "resident_mib_after": resident,
        # Over the second half: in the first, the store of answers that the server keeps fills up.
        "growth_kib_a_search": round(1024 * (last - resident[half]) / max(1, max(resident) - half), 1),
        "broken promises": broken,
    }
