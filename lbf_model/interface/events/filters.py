"""What a search can be narrowed to: offered with the page, and forgotten with the gallery that it is of."""

from lbf_model.interface.events.wiring import QUICK, Changes, Page
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.visitor_messages import call_with_messages

_MOST = 300  # choices; a gallery of many folders has more, and they can still be typed


class Filters:
    """The events of the field of filters."""

    def __init__(self, service: Service):
        self._service = service

    def connect(self, page: Page) -> None:
        """Tie the events to their handlers."""
        page.layout.filters.focus(**self.offering(page))
        page.layout.gallery.input(**page.event(self.begin_anew, ("filters", "filter_choices")), **QUICK)

    def offering(self, page: Page) -> dict:
        """The event that offers, for a listener: when the page opens, and when the field is entered."""
        return page.event(self.offer, ("filter_choices",)) | QUICK

    def offer(self, gallery: str, own: OwnGallery | None) -> Changes:
        """What there is in the gallery, named as people read it; nothing changes while models are being loaded."""
        if not self._service.ready:
            return Changes()
        filters = call_with_messages(self._service.filters, gallery, own)[:_MOST]
        return Changes(filter_choices=[(filter.replace(":", ": ", 1), filter) for filter in filters])

    def begin_anew(self, gallery: str, own: OwnGallery | None) -> Changes:
        """What there is in another gallery; what was chosen in the one before is forgotten."""
        offered = self.offer(gallery, own).filter_choices
        return Changes(filters=[], filter_choices=offered or [])
