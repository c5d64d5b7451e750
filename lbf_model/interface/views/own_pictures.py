"""What became of an upload of a visitor's own pictures."""

from markupsafe import Markup

from lbf_model.interface.uploads import UploadReport
from lbf_model.interface.views.filling import fill

_LISTED = 20


def upload_summary(pictures: int, report: UploadReport) -> Markup:
    """What became of every file of an upload; `pictures` is how many can be searched now."""
    groups = [
        ("The same picture as another, kept once", " = ", report.duplicates),
        ("Skipped, not readable", ": ", report.unreadable),
        ("Refused", ": ", report.refused),
    ]
    return fill("upload_report", pictures=pictures, groups=groups, hidden=report.hidden, listed=_LISTED)
