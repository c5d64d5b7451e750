"""What became of an upload of a visitor's own pictures."""

from collections.abc import Sequence

from markupsafe import Markup

from lbf_model.interface.session_files import OwnPicture
from lbf_model.interface.uploads import UploadReport
from lbf_model.interface.views.filling import fill

_LISTED = 20


def upload_summary(pictures: int, report: UploadReport, added: bool = False) -> Markup:
    """What became of every file of an upload.

    Args:
        pictures: how many can be searched now; 0 if the upload had none that could be read.
        report: of the upload.
        added: whether they were added to others.
    """
    if not pictures:
        told = f"{'No new picture was found' if added else 'None of these pictures could be read'}; nothing changed."
    elif added:
        told = f"{len(report.kept)} added; you can search {told_count(pictures)} now."
    else:
        told = f"{told_count(pictures)} indexed."
    groups = [
        ("The same picture as another, kept once", " = ", report.duplicates),
        ("Skipped, not readable", ": ", report.unreadable),
        ("Refused", ": ", report.refused),
    ]
    return fill("upload_report", pictures=pictures, told=told, groups=groups, hidden=report.hidden, listed=_LISTED)


def told_count(pictures: int) -> str:
    """ "1 picture", "2 pictures"."""
    return f"{pictures} picture{'s' if pictures != 1 else ''}"


def own_picture_list(kept: Sequence[OwnPicture]) -> Markup:
    """The names of a visitor's pictures, each a button that removes it; picks are "remove:FILE"."""
    return fill("own_list", kept=kept)
