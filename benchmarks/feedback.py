"""How much "more like this", "less like this" and "but not" help, for the weights in `lbf_model/retrieval/feedback.py`.

    python -m benchmarks.feedback --json benchmarks/feedback.json

Queries are random pictures of the shipped galleries, each to be changed to the label of another one.

More and less: a user has a picture in mind that is between rank 9 and 60 of the answer. Of the eight results on show, the one
whose caption shares most with it is liked, and the one that shares least is disliked. The figures are the mean reciprocal rank
of the picture in mind, and how often it is then among the first eight (the liked one, already seen, does not count).

But not: a word that is in some of the first ten captions, but not in the query's text, is refused. The figures are how many of
the new first ten have it, and how many of the old ones that did not have it are still there.
"""

import argparse
import json
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.queries import label_queries, shipped_entries
from lbf_model.checkpoint import provenance
from lbf_model.retrieval import feedback
from lbf_model.retrieval.catalog import CatalogEntry
from lbf_model.text.vocabulary import TextError

SHOWN, TEN, FAR = 8, 10, 60
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=300, help="of each gallery (default: 300)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)
    measured = {e.name: measure(e, flags.queries, np.random.default_rng(flags.seed), flags.seed) for e in shipped_entries()}
    weights = {"more": feedback.MORE, "less": feedback.LESS, "not": feedback.NOT}
    told = {"weights": weights, "queries": flags.queries, "seed": flags.seed, "galleries": measured, **provenance()}
    print(json.dumps(told, indent=1))
    if flags.json:
        flags.json.write_text(json.dumps(told, indent=1) + "\n")


def measure(entry: CatalogEntry, count: int, rng: np.random.Generator, seed: int) -> dict:
    """Both figures of one gallery, for a grid of weights."""
    encoder, vectors = entry.retriever.encoder, entry.gallery.vectors()
    captions = [Counter(things(item.caption)) for item in entry.gallery.items]
    more_less, but_not = [], []
    for picture, text in label_queries(entry.gallery, count, seed):
        regions = entry.retriever.detect_regions([picture])[0]
        query, _ = encoder.encode_query(regions, encoder.reader.tokenize_text(text))
        order = np.argsort(-(vectors @ query), kind="stable")
        wanted = order[rng.integers(SHOWN, FAR)]
        alike = [in_common(captions[wanted], captions[row]) for row in order[:SHOWN]]
        more_less.append((query, order[int(np.argmax(alike))], order[int(np.argmin(alike))], wanted))
        said = Counter(thing for row in order[:TEN] for thing in captions[row])
        some = sorted(thing for thing, times in said.items() if 2 <= times <= 8 and thing not in text)
        if not some:
            continue
        refused = some[rng.integers(len(some))]
        try:
            composed, _ = encoder.encode_query(regions, encoder.reader.tokenize_text(refused))
        except TextError:
            continue
        but_not.append((query, composed - encoder.encode_targets([regions])[0], refused, order[:TEN]))
    likes = {f"{a:g} {b:g}": ranked(vectors, more_less, a, b) for a, b in product(WEIGHTS, repeat=2)}
    refusals = {f"{weight:g}": refuse(vectors, captions, but_not, weight) for weight in WEIGHTS}
    return {"more and less": likes, "but not": refusals, "refused": len(but_not)}


def things(caption: str) -> list[str]:
    """What a caption names: objects without their positions if it lists objects, else words."""
    objects = caption.split(", ")
    return [thing.partition(" ")[2] for thing in objects] if "-" in caption.split(" ")[0] else caption.split()


def in_common(one: Counter, other: Counter) -> float:
    """The share of all things named that both name."""
    return (one & other).total() / max(1, (one | other).total())


def ranked(vectors: np.ndarray, tasks: list[tuple], more: float, less: float) -> dict[str, float]:
    """How the pictures in mind rank after one was liked and one disliked."""
    ranks = []
    for query, liked, disliked, wanted in tasks:
        scores = vectors @ feedback.move(query, more * vectors[liked] - less * vectors[disliked])
        scores[liked] = -1
        ranks.append(1 + (scores > scores[wanted]).sum())
    ranks = np.array(ranks)
    return {"mrr": round(float((1 / ranks).mean()), 3), "first eight": round(float((ranks <= SHOWN).mean()), 3)}


def refuse(vectors: np.ndarray, captions: list[Counter], tasks: list[tuple], weight: float) -> dict[str, float]:
    """How many of the first ten have what was refused, and how many of the others are still there."""
    have, stay = [], []
    for query, brings, refused, before in tasks:
        after = np.argsort(-(vectors @ feedback.move(query, -weight * brings)), kind="stable")[:TEN]
        have.append(np.mean([captions[row][refused] > 0 for row in after]))
        stay.append(np.mean([row in after for row in before if not captions[row][refused]]))
    return {"have it": round(float(np.mean(have)), 3), "others stay": round(float(np.mean(stay)), 3)}


if __name__ == "__main__":
    main()
