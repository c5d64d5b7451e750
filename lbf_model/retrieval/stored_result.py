"""An answered query as one small file, so that it can be shown again without a model."""

import json
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from lbf_model.types import Explanation, Feedback, Match, Regions, SearchResult, Tokens

_ARRAYS = {
    "regions": ("boxes", "scores", "features", "feature_map", "label_scores"),
    "tokens": ("values",),
    "explanation": ("word_to_region", "region_to_word"),
}
_RECORDS = {"regions": Regions, "tokens": Tokens, "explanation": Explanation}


def write_result(file: Path, result: SearchResult, pictures: Path, facts: dict) -> None:
    """Write an answer; an existing file is replaced.

    Args:
        file: ends in .npz.
        result: stored without its timings, which belong to the one run that was timed.
        pictures: the folder that holds the pictures of all matches; their paths are stored relative to it.
        facts: any JSON data, to be read back with the answer.

    Raises:
        ValueError: the picture of a match is not in that folder.
    """
    plain, arrays = asdict(replace(result, timings_ms={})), {}
    for match in plain["matches"]:
        match["path"] = Path(match["path"]).relative_to(pictures).as_posix()
    for name in ("embedding", "perceptual_hash"):
        arrays[name] = plain.pop(name)
    for record, fields in _ARRAYS.items():
        for field in fields:
            value = plain[record].pop(field) if plain[record] is not None else None
            if value is not None:
                arrays[f"{record}.{field}"] = value
    with file.open("wb") as opened:
        np.savez_compressed(opened, plain=np.array(json.dumps({"result": plain, "facts": facts})), **arrays)


def read_result(file: Path, pictures: Path) -> tuple[SearchResult, dict]:
    """The answer that `write_result` wrote, and its facts.

    Args:
        file: a file that `write_result` wrote.
        pictures: the folder that holds the pictures of the matches now.

    Raises:
        ValueError: the file is broken.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return _restored(arrays, pictures)
    except (BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: broken, not a stored answer ({error})") from None


def _restored(arrays: dict[str, np.ndarray], pictures: Path) -> tuple[SearchResult, dict]:
    said = json.loads(str(arrays.pop("plain")))
    plain = said["result"]
    matches = tuple(
        Match(**{**m, "path": str(pictures / m["path"]), "duplicates": tuple(m["duplicates"])}) for m in plain["matches"]
    )
    for record, make in _RECORDS.items():
        if plain[record] is not None:
            held = {name.partition(".")[2]: value for name, value in arrays.items() if name.startswith(f"{record}.")}
            plain[record] = make(**{name: _tuples(value) for name, value in plain[record].items()}, **held)
    if plain.get("feedback") is not None:
        plain["feedback"] = Feedback(**{name: _tuples(value) for name, value in plain["feedback"].items()})
    rest = {name: _tuples(value) if isinstance(value, list) else value for name, value in plain.items()}
    whole = {"embedding": arrays["embedding"], "perceptual_hash": arrays["perceptual_hash"], "matches": matches}
    return SearchResult(**{**rest, **whole}), said["facts"]


def _tuples(value):
    """Lists as tuples, since JSON knows only lists."""
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
