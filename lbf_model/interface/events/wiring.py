"""Between Gradio and the handlers: Gradio has components with values, handlers have named values and return `Changes`."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import gradio as gr

from lbf_model.interface.answers import Details
from lbf_model.interface.gradio_cache import initial_value
from lbf_model.interface.layout import Layout
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.state import Look, Pointed, View, Visit
from lbf_model.interface.visitor_limits import line_before


@dataclass
class StopRequest:
    """Shared by the run that indexes one visitor's pictures and the button that stops it."""

    asked: bool = False


@dataclass(frozen=True)
class Memory:
    """What the page remembers about a visitor, as invisible components.

    Attributes:
        visit: a `Visit`.
        chosen: the `Chosen` part of a `Look`, or None.
        focused: the `Focused` part of a `Look`, or None.
        pointed: a `Pointed`, or None.
        details: `Details` of the result looked at last, or None.
        own: the `OwnGallery` of the visitor, or None.
        stop_request: a `StopRequest`.
    """

    visit: gr.State
    chosen: gr.State
    focused: gr.State
    pointed: gr.State
    details: gr.State
    own: gr.State
    stop_request: gr.State


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an event changes on the page; whatever is None stays as it is.

    A field is the new value of the component of that name, unless `_PROPERTIES` says otherwise. `view` and `look` are records:
    each of their fields that is not None is the new value of a component.
    """

    visit: Visit | None = None
    look: Look | None = None
    pointed: Pointed | None = None
    details: Details | None = None
    own: OwnGallery | None = None

    picture: str | None = None
    text: str | None = None
    but_not: str | None = None
    parts: str | None = None
    placeholder: str | None = None
    gallery: str | None = None
    galleries: Sequence[tuple[str, str]] | None = None
    count: int | None = None
    filters: Sequence[str] | None = None
    filter_choices: Sequence[tuple[str, str]] | None = None
    suggestions: str | None = None

    how: str | None = None
    how_open: bool | None = None
    status: str | None = None
    trail: str | None = None
    results: str | None = None
    words: str | None = None
    figure: str | None = None
    pointing: str | None = None
    said: str | None = None
    panel: str | None = None

    view: View | None = None
    detail_panel: str | None = None
    methods: Sequence[tuple[str, str]] | None = None
    layers: Sequence[tuple[str, str]] | None = None
    heads: Sequence[str] | None = None
    layers_shown: bool | None = None

    opened_address: str | None = None
    address: str | None = None
    files: str | None = None
    own_report: str | None = None
    own_list: str | None = None
    add_label: str | None = None
    index_label: str | None = None
    can_add: bool | None = None
    can_stop: bool | None = None


# Fields of `Changes` that are not the value of a component: its name and the property that changes.
_PROPERTIES = {
    "placeholder": ("text", "placeholder"),
    "how_open": ("how_opened", "open"),
    "galleries": ("gallery", "choices"),
    "filter_choices": ("filters", "choices"),
    "methods": ("method", "choices"),
    "layers": ("layer", "choices"),
    "heads": ("head", "choices"),
    "layers_shown": ("of_attention", "visible"),
    "can_stop": ("stop_own", "interactive"),
    "can_add": ("add_own", "visible"),
    "add_label": ("add_own", "value"),
    "index_label": ("index_own", "value"),
}
# How events run: at once, outside the queue; or one at a time for all visitors, since they need a network.
QUICK = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
QUEUED = {"api_visibility": "private", "show_progress": "hidden", "concurrency_id": "model"}
_OF_THE_REQUEST = ("pick", "session", "line", "parameters")  # what handlers read besides values of components
# Records that handlers read and change as one, though each of their fields is a component.
_RECORDS = {"view": View, "look": Look}
_PARTS = {name: tuple(field.name for field in fields(record)) for name, record in _RECORDS.items()}


class Page:
    """The components of one page by name."""

    def __init__(self, layout: Layout, memory: Memory):
        self.layout, self.memory = layout, memory
        self._components = {**vars(layout), **vars(memory)}

    def event(
        self, handler: Callable, changes: Iterable[str], problems: Callable[..., Mapping[str, str]] | None = None
    ) -> dict:
        """How an event runs a handler, as keyword arguments for any of Gradio's listeners.

        Args:
            handler: a function, or a generator function, whose parameters are named after what it reads: a component; "view",
                a `View`; "look", a `Look`; "pick", what was clicked; "session", the name of the visitor's session; "line", how
                many events of other visitors are waiting (`line_before`); "parameters", those of the page's address. It returns
                or yields `Changes`.
            changes: names of all fields of `Changes` that it may set.
            problems: reads some of the same values before the handler runs, and returns what is wrong, by component; the
                handler runs only if nothing is.
        """
        reads = self._components_read(handler)
        written = list(dict.fromkeys(component for name in changes for component in self._components_changed(name)))
        settings = {"fn": self.listener(handler, bool(written)), "inputs_kwargs": reads, "outputs": written}
        if problems is not None:
            settings["validator"] = self._validator(problems, reads)
        return settings

    def listener(self, handler: Callable, writes: bool = False) -> Callable:
        """The function that Gradio calls for a handler.

        Args:
            handler: as for `event`.
            writes: whether the event may change something; Gradio expects None from one that may not.
        """
        wanted = inspect.signature(handler).parameters
        updates = self.updates if writes else lambda changes: None

        def given(request: gr.Request, values: dict) -> dict:
            named = _named(values)
            if "session" in wanted:
                named["session"] = request.session_hash
            if "line" in wanted:
                named["line"] = line_before(request)
            if "parameters" in wanted:
                named["parameters"] = dict(request.query_params)
            return named

        if inspect.isgeneratorfunction(handler):

            def listen(request: gr.Request, **values):
                yield from map(updates, handler(**given(request, values)))

            def listen_to_click(request: gr.Request, event: gr.EventData, **values):
                yield from map(updates, handler(pick=str(event.pick), **given(request, values)))

        else:

            def listen(request: gr.Request, **values):
                return updates(handler(**given(request, values)))

            def listen_to_click(request: gr.Request, event: gr.EventData, **values):
                return updates(handler(pick=str(event.pick), **given(request, values)))

        return listen_to_click if "pick" in wanted else listen  # Gradio passes on a click only if an annotation asks for it

    def updates(self, changes: Changes | None) -> dict:
        """Changes as Gradio takes them: the new value or the new properties by component."""
        properties: dict[gr.blocks.Block, dict] = {}
        for field in fields(changes) if changes is not None else ():
            value = getattr(changes, field.name)
            if value is None:
                continue
            if field.name in _PARTS:
                for name in _PARTS[field.name]:
                    if getattr(value, name) is not None:
                        properties.setdefault(self._components[name], {})["value"] = getattr(value, name)
                continue
            name, changed = _PROPERTIES.get(field.name, (field.name, "value"))
            plain = str(value) if isinstance(value, str) else value  # Gradio does not know Markup
            properties.setdefault(self._components[name], {})[changed] = plain
        updates = {
            component: changed["value"] if set(changed) == {"value"} else gr.update(**changed)
            for component, changed in properties.items()
        }
        return updates or gr.skip()

    def open_with(self, changes: Changes) -> None:
        """Make every new page start with these changes, as if its components had been created with them."""
        for component, update in self.updates(changes).items():
            properties = dict(update) if isinstance(update, dict) else {"value": update}
            properties.pop("__type__", None)
            if "choices" in properties:
                choices = properties["choices"]
                properties["choices"] = [choice if isinstance(choice, tuple) else (choice, choice) for choice in choices]
            if "value" in properties:
                properties["value"] = initial_value(component, properties["value"])
            for name, value in properties.items():
                setattr(component, name, value)

    def _components_read(self, handler: Callable) -> dict[str, gr.blocks.Block]:
        names = [n for n in inspect.signature(handler).parameters if n not in _OF_THE_REQUEST]
        return {n: self._components[n] for name in names for n in _PARTS.get(name, (name,))}

    def _components_changed(self, field: str) -> list[gr.blocks.Block]:
        if field in _PARTS:
            return [self._components[name] for name in _PARTS[field]]
        name, _ = _PROPERTIES.get(field, (field, "value"))
        return [self._components[name]]

    def _validator(self, problems: Callable[..., Mapping[str, str]], reads: Mapping[str, object]) -> Callable:
        wanted = inspect.signature(problems).parameters

        def validate(**values):
            found = problems(**{name: value for name, value in _named(values).items() if name in wanted})
            return [gr.validate(name not in found, found.get(name, "")) for name in reads]

        return validate


def _named(values: Mapping[str, object]) -> dict:
    """The values of components, with those that are the parts of a record made into that record."""
    named = dict(values)
    for name, record in _RECORDS.items():
        if set(_PARTS[name]) <= set(named):
            named[name] = record(**{part: named.pop(part) for part in _PARTS[name]})
    return named


def picked_index(pick: str, kind: str, count: int) -> int:
    """The index that a click on "KIND:INDEX" names.

    Raises:
        gr.Error: it is of another kind, or not below `count`.
    """
    said, _, number = pick.partition(":")
    if said != kind or not number.isdecimal() or int(number) >= count:
        raise gr.Error("This is no longer on the page; search again.", title="Please change the query")
    return int(number)
