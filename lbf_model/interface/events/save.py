"""Keeping an answer: as files, or as a link that restores the page."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from lbf_model.interface.answers import Details
from lbf_model.interface.events.inspect import chosen_details
from lbf_model.interface.events.wiring import QUEUED, Changes, Page
from lbf_model.interface.export import SavedFile, export_answer
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import SessionFiles
from lbf_model.interface.state import Look, View, Visit
from lbf_model.interface.views.filling import message
from lbf_model.interface.views.saved_files import file_links
from lbf_model.interface.visitor_messages import call_with_messages

_SHOW_ADDRESS = Path(__file__).parents[1] / "address.js"


class Save:
    """The events that keep an answer."""

    def __init__(
        self,
        service: Service,
        session_files: SessionFiles,
        write: Callable[[str, bytes], str],
        parent_page: str | None = None,
    ):
        """Prepare.

        Args:
            service: what answered.
            session_files: keeps track of the files, so that they are deleted when their visitor leaves.
            write: puts a file with a given name and content where it can be downloaded, and returns its path.
            parent_page: address of the page that shows this one in a frame, if one does.
        """
        self._service, self._session_files, self._write = service, session_files, write
        self._show_address = f"({_SHOW_ADDRESS.read_text()})({json.dumps(parent_page)})"

    def connect(self, page: Page) -> None:
        """Tie the events to their handlers."""
        layout = page.layout
        layout.make_files.click(**page.event(self.make_files, ("files",)), **QUEUED)
        layout.address.change(None, layout.address, layout.link, js=self._show_address, api_visibility="private")

    def make_files(self, visit: Visit, look: Look | None, details: Details | None, view: View, session: str) -> Changes:
        """Write everything about the answer into files, and link them."""
        visit = visit.looking(look)
        if visit.answer is None:
            return Changes(files=message("Search first; then there is something to save."))
        details = chosen_details(self._service, visit, details)
        files = call_with_messages(self._files, visit, details, view)
        for file in files:
            self._session_files.remember(session, file.path)
        return Changes(files=file_links(files))

    def _files(self, visit: Visit, details: Details | None, view: View) -> Sequence[SavedFile]:
        return export_answer(self._service, self._write, visit, details, view)
