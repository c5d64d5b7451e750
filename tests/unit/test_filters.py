"""The field of filters offers what its gallery holds."""

from lbf_model.interface.events.filters import Filters


def test_what_a_gallery_holds_is_offered_as_people_read_it(scenes):
    choices = Filters(scenes).offer("scenes", None).filter_choices
    held = scenes.catalog().by_name["scenes"].gallery.facets.values
    assert [filter for _, filter in choices] == [f"{name}:{value}" for name, of in held.items() for value in of]
    assert all(said == filter.replace(":", ": ", 1) for said, filter in choices) and choices


def test_another_gallery_begins_without_filters(scenes):
    changes = Filters(scenes).forget()
    assert changes.filters == [] and changes.filter_choices == []
