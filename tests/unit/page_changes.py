"""What events of the page change, for tests that call them with plain values."""

from dataclasses import fields

from lbf_model.interface.events.wiring import Changes
from lbf_model.interface.state import View, Visit

NOW = (Visit(), None, None, View())  # visit, details, own, view of a new page


def changed(changes):
    return {f.name for f in fields(Changes) if getattr(changes, f.name) is not None}


def ended(steps):
    """The last of what an event yields; the others only say what is being done."""
    *told, last = steps
    assert told and all(changed(step) == {"status"} and "<progress" in step.status for step in told)
    return last
