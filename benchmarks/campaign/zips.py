"""Promise: every file of an upload of any bytes is kept or named with a reason; nothing is raised or written elsewhere."""

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np

from benchmarks.campaign.mutations import Tally, mutate, tries
from benchmarks.campaign.pictures import encoded
from lbf_model.interface.uploads import picture_name, receive_uploads

_FULL = 800


def run(scale: float, seed: int, folder: Path) -> dict:
    """Mutate a zip of three pictures, one of them in a folder."""
    rng, tally = np.random.default_rng([seed, 2]), Tally()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, form in (("a.png", "PNG"), ("b/c.jpg", "JPEG"), ("d.webp", "WEBP")):
            archive.writestr(name, encoded(form, rng))
    kept, upload = folder / "kept", folder / "upload.zip"
    for number in range(tries(_FULL, scale)):
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        upload.write_bytes(mutate(buffer.getvalue(), rng))
        tally.try_once(f"zip {number}", lambda: _receive(upload, kept), ())
        if {path.name for path in folder.iterdir()} != {"kept", "upload.zip"}:
            tally.fail(f"zip {number}: wrote beside its folder")
    return tally.figures()


def _receive(upload: Path, kept: Path) -> str:
    steps = receive_uploads([upload], kept)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            report = end.value
            break
    names = sorted(path.name for path in kept.iterdir())
    if names != [picture_name(number) for number in range(len(report.kept))]:
        raise AssertionError(f"{names} lie there, but the report keeps {report.kept}")
    if not (report.kept or report.unreadable or report.refused or report.hidden):
        return "an empty zip"
    return f"{len(report.kept)} of 3 kept"
