"""A visitor's own pictures: indexing them, stopping that, and deleting what was uploaded."""

from collections.abc import Iterator, Sequence

from lbf_model.interface.answers import MINE
from lbf_model.interface.events.wiring import QUICK, Changes, Page, StopRequest
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery, SessionFiles
from lbf_model.interface.views.filling import message, progress
from lbf_model.interface.views.own_pictures import own_picture_list, told_count, upload_summary
from lbf_model.interface.visitor_messages import call_with_messages, iterate_with_messages
from lbf_model.interface.zero_gpu import on_gpu


class OwnPictures:
    """The events about what a visitor uploads."""

    def __init__(self, service: Service, session_files: SessionFiles):
        self._service, self._session_files = service, session_files
        self._index_steps = on_gpu(self._steps, 60)

    def connect(self, page: Page) -> None:
        """Tie the events to their handlers."""
        layout = page.layout
        layout.picture.upload(**page.event(self.remember_picture, ()), **QUICK)
        layout.own_files.upload(**page.event(self.remember_files, ()), **QUICK)
        changed = ("own", "gallery", "galleries", "filters", "filter_choices", "own_report", "own_list")
        changed += ("add_label", "index_label", "can_add", "can_stop")
        for button, handler in ((layout.index_own, self.index), (layout.add_own, self.add)):
            button.click(
                **page.event(handler, changed, problems=self.problems),
                api_visibility="private",
                show_progress_on=[layout.own_report],
                concurrency_id="index",  # so that a long run does not hold up searches
            )
        layout.own_list.select(
            **page.event(self.remove, changed), api_visibility="private", show_progress="hidden", concurrency_id="index"
        )
        # Not Gradio's `cancels`: the last message of the cancelled run would overwrite the button's message.
        layout.stop_own.click(**page.event(self.stop, ()), **QUICK)

    def problems(self, own_files: Sequence[str] | None) -> dict[str, str]:
        """What is wrong with the files, by field name."""
        return {} if own_files else {"own_files": "Add pictures or a zip first."}

    def index(self, own_files: Sequence[str], stop_request: StopRequest, session: str) -> Iterator[Changes]:
        """Make a gallery of the visitor's files, replacing an earlier one."""
        yield from self._index(own_files, None, stop_request, session)

    def add(
        self, own_files: Sequence[str], own: OwnGallery | None, stop_request: StopRequest, session: str
    ) -> Iterator[Changes]:
        """Add the visitor's files to those that can be searched already."""
        yield from self._index(own_files, own, stop_request, session)

    def remove(self, pick: str, own: OwnGallery | None, session: str) -> Changes | None:
        """Delete one of the pictures that can be searched ("remove:FILE")."""
        if own is None:
            return None
        changed = call_with_messages(self._session_files.remove, own, pick.partition(":")[2])
        return self._kept(changed, session, message(f"Removed; you can still search {told_count(changed.pictures)}."))

    def _index(
        self, own_files: Sequence[str], earlier: OwnGallery | None, stop_request: StopRequest, session: str
    ) -> Iterator[Changes]:
        stop_request.asked = False
        steps = self._index_steps(own_files, earlier)
        for step in steps:
            if not isinstance(step[0], str):
                made, report = step
                summary = upload_summary(made.pictures if made else 0, report, earlier is not None)
                yield Changes(own_report=summary, can_stop=False) if made is None else self._kept(made, session, summary)
                return
            if stop_request.asked:
                break
            yield Changes(own_report=progress(*step), can_stop=True)
        steps.close()
        yield Changes(own_report=message("Stopped; none of these pictures was kept."), can_stop=False)

    def _kept(self, own: OwnGallery, session: str, report: str) -> Changes:
        """What changes on the page when the visitor's gallery changes."""
        self._session_files.keep(session, own)
        return Changes(
            own=own,
            galleries=self._service.choices(own),
            gallery=MINE,
            filters=[],  # what was chosen belonged to other pictures
            filter_choices=[],
            own_report=report,
            own_list=own_picture_list(own.kept),
            add_label=f"Add to my {own.pictures}",
            index_label="Start over",
            can_add=True,
            can_stop=False,
        )

    def stop(self, stop_request: StopRequest) -> None:
        """Ask the run that indexes to stop."""
        stop_request.asked = True

    def remember_picture(self, picture: str | None, session: str) -> None:
        """Note a picture that was uploaded; it is deleted when its visitor leaves."""
        self._session_files.remember(session, picture)

    def remember_files(self, own_files: Sequence[str] | None, session: str) -> None:
        """Note files that were uploaded; they are deleted when their visitor leaves."""
        for path in own_files or ():
            self._session_files.remember(session, path)

    def forget(self, session: str) -> None:
        """Delete the files of a visitor who left."""
        self._session_files.forget(session)

    def _steps(self, files: Sequence[str], earlier: OwnGallery | None) -> Iterator:
        yield from iterate_with_messages(self._session_files.index(files, earlier))
