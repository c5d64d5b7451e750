"""What a search can be narrowed to: offered when a visitor asks for it, and forgotten with the gallery that it is of."""

from lbf_model.interface.events.wiring import Changes, Page
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.visitor_messages import call_with_messages

_QUICK = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
_MOST = 300  # choices; a gallery of many folders has more, and they can still be typed


class Filters:
    """The events of the field of filters."""

    def __init__(self, service: Service):
        self._service = service

    def connect(self, page: Page) -> None:
        """Tie the events to their handlers."""
        page.layout.filters.focus(**page.event(self.offer, ("filter_choices",)), **_QUICK)
        page.layout.gallery.input(**page.event(self.forget, ("filters", "filter_choices")), **_QUICK)

    def offer(self, gallery: str, own: OwnGallery | None) -> Changes:
        """What there is in the gallery, named as people read it."""
        filters = call_with_messages(self._service.filters, gallery, own)[:_MOST]
        return Changes(filter_choices=[(filter.replace(":", ": ", 1), filter) for filter in filters])

    def forget(self) -> Changes:
        """Another gallery has other things in it."""
        return Changes(filters=[], filter_choices=[])
