"""The field of filters offers what its gallery holds."""

from lbf_model.interface.events.filters import Filters
from lbf_model.interface.events.wiring import Changes
from lbf_model.interface.service import Service


def test_what_a_gallery_holds_is_offered_as_people_read_it(scenes):
    held = scenes.catalog().by_name["scenes"].gallery.facets.values
    choices = Filters(scenes).offer("scenes", None).filter_choices
    assert [filter for _, filter in choices] == [f"{name}:{value}" for name, of in held.items() for value in of]
    assert all(said == filter.replace(":", ": ", 1) for said, filter in choices) and choices


def test_another_gallery_begins_without_filters(scenes):
    scenes.catalog()
    changes = Filters(scenes).begin_anew("scenes", None)
    assert changes.filters == [] and changes.filter_choices == Filters(scenes).offer("scenes", None).filter_choices


def test_nobody_waits_for_models_to_see_filters():
    def load():
        raise AssertionError("nothing is loaded for a field of choices")

    loading = Filters(Service({"scenes": "Scenes"}, load))
    assert loading.offer("scenes", None) == Changes()
    assert loading.begin_anew("scenes", None) == Changes(filters=[], filter_choices=[])
