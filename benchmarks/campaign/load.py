"""Promise: 20 visitors at once are answered without an error; of 50, those who are turned away are told when to try again."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.campaign.mutations import tries
from benchmarks.campaign.visitors import EXAMPLE, Refused, Visitor
from tests.server import running_app

_FULL = 20  # searches of each visitor, one after the other
_TOLD_WHEN = re.compile(r"429: .*try again in about \d+ seconds\. \(Retry-After \d+\)")


def run(scale: float, seed: int, folder: Path) -> dict:
    """20 visitors, 50, and 50 who share one address; each searches, waits for the answer, and searches again."""
    figures, broken = {}, []
    with running_app(folder / "log.txt") as url:
        first = Visitor(url, 0)
        first.search(first.upload(EXAMPLE))  # waits for the models
        for count, shared in ((20, False), (50, False), (50, True)):
            name = f"{count} visitors" + (" of one address" if shared else "")
            visitors = [Visitor(url, 1 if shared else number) for number in range(1, count + 1)]
            started = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                runs = list(pool.map(lambda visitor: _search_often(visitor, tries(_FULL, scale)), visitors))
            took = time.perf_counter() - started
            seconds = [value for answered, _ in runs for value in answered]
            said = Counter(re.sub(r"\d+", "N", message) for _, messages in runs for message in messages)
            figures[name] = {
                "searches": len(seconds) + said.total(),
                "answered": len(seconds),
                "answered_percent": round(100 * len(seconds) / (len(seconds) + said.total()), 1),
                "answers_per_second": round(len(seconds) / took, 2),
                "median_s": round(float(np.median(seconds)), 2),
                "p95_s": round(float(np.percentile(seconds, 95)), 2),
                "messages": dict(said),
            }
            if count == 20 and said:
                broken.append(f"{name}: {said}")
            broken += [f"{name}: {m}" for _, messages in runs for m in messages if not _TOLD_WHEN.fullmatch(m)][:5]
    return {**figures, "broken promises": broken}


def _search_often(visitor: Visitor, times: int) -> tuple[list[float], list[str]]:
    """Seconds of the answers, and the messages that came instead of the others."""
    picture = visitor.upload(EXAMPLE)
    seconds, messages = [], []
    for _ in range(times):
        try:
            seconds.append(visitor.search(picture))
        except Refused as refusal:
            messages.append(str(refusal))
    return seconds, messages
