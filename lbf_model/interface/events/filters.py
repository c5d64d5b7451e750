"""Filters that narrow a search: offered when the page opens, and cleared when another gallery is chosen."""

from lbf_model.interface.events.wiring import QUICK, Changes, Page
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.visitor_messages import call_with_messages

_MOST = 300  # choices; a gallery of many folders has more, and they can still be typed


class Filters:
    """The events of the filter field."""

    def __init__(self, service: Service):
        self._service = service

    def connect(self, page: Page) -> None:
        """Tie the events to their handlers."""
        page.layout.filters.focus(**self.offering(page))
        page.layout.gallery.input(**page.event(self.begin_anew, ("filters", "filter_choices")), **QUICK)

    def offering(self, page: Page) -> dict:
        """The event that offers choices, for listeners: when the page opens, and when the field gets the focus."""
        return page.event(self.offer, ("filter_choices",)) | QUICK

    def offer(self, gallery: str, own: OwnGallery | None) -> Changes:
        """The gallery's filters, with names for people to read; nothing changes while models are loading."""
        if not self._service.ready:
            return Changes()
        filters = call_with_messages(self._service.filters, gallery, own)[:_MOST]
        return Changes(filter_choices=[(filter.replace(":", ": ", 1), filter) for filter in filters])

    def begin_anew(self, gallery: str, own: OwnGallery | None) -> Changes:
        """The filters of another gallery; those chosen for the previous one are cleared."""
        offered = self.offer(gallery, own).filter_choices
        return Changes(filters=[], filter_choices=offered or [])
