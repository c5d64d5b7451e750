"""Templates of sentences, by the attribute that changes. Training never gets what `held_out` keeps for measuring.

Slots of a template:
    it: the garment that is meant: "it", "the shirt", "the left one", "the coat on the right".
    garment: a noun for it.
    new, old: the value as an adjective ("striped") or, for a category, as a noun ("skirt").
    thing, old_thing: the value as something a garment has ("stripes").
    new_one, old_one: value and noun together ("a striped shirt"; for a category, "a skirt").
    more: the direction of a change of length, if the old value is known: "longer".
    part: a part of the garment that stays as it is: "sleeves".
For two changes, the slots of the second end in 2. A negation has the unwanted value as its old one, and no new one.

Everyday templates (everyday_wordings.json) come from five writers: language models that each played certain people, were given
these slots and nothing else, and saw no other templates. Templates close to one used for measuring were left out.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Orders may get polite additions; wishes stay as they are.
_ORDERS = ("make {it} {new}", "replace {it} with {new_one}", "replace {old_one} with {new_one}", "swap {it} for {new_one}",
    "replace {old} with {new}", "replace {old} by {new}", "change {it} to {new}", "change {old} to {new}",
    "swap {old} for {new}", "change from {old} to {new}", "change {it} from {old} to {new}", "show {new_one}",
    "find {new_one}", "find {new_one} like this", "show {new_one} instead", "show {new_one} instead of {old_one}",
    "switch {it} to {new}", "switch from {old} to {new}", "turn {it} into {new_one}", "make {it} {new} instead of {old}",
    "make {old} into {new}", "exchange {it} for {new_one}", "exchange {old} with {new}")  # fmt: skip
# Wishes in words that are typical of refusals, too, so that such a word by itself does not mean a refusal.
_LIKE_REFUSALS = ("anything {new}", "anything {new} will do", "are there any {new} ones", "is there any {new} {garment}",
    "nothing but {new}", "only {new} ones", "just {new}", "everything the same but {new}", "everything as it is but {new}",
    "keep everything but make it {new}", "keep {it} but {new}", "exactly like this, but {new}", "nice, but i need it {new}",
    "i like it but it should be {new}", "no more {old}, now {new}", "enough {old}, more {new}", "less {old} and more {new}",
    "i don't like {old}, i want {new}", "i am not a fan of {old}, i prefer {new}", "{old} is not for me, {new} is",
    "{old} is nice but {new} is nicer", "{new} looks better than {old}", "{old} looks bad, {new} looks good",
    "it would look better {new}", "could it be {new}", "can it be {new}", "is there one that is {new}", "why not {new}",
    "maybe {new}", "perhaps {new_one}", "i would rather have {new_one}", "rather {new}", "from {old} to {new}",
    "if only it were {new}", "i wish it were {new}", "don't you have {new_one}", "isn't there {new_one}",
    "something {new}, no matter what", "whatever, as long as it is {new}")  # fmt: skip
_WISHES = ("{new}", "{new} please", "{new_one}", "{new_one} instead", "{new_one} instead of {old_one}",
    "{new} instead of {old}", "{new} not {old}", "{new} rather than {old}", "not {old} but {new}", "same but {new}",
    "the same but {new}", "same {garment} but {new}", "the same {garment}, {new}", "like this but {new}",
    "just like {it} but {new}", "is {new}", "is {new} instead of {old}", "i want {new_one}", "i want {it} {new}",
    "i would like {new_one}", "i'd like {it} {new}", "i'd like {new_one} instead", "i prefer {new}", "i need {new_one}",
    "it should be {new}", "{it} should be {new}", "should be {new} not {old}", "similar {garment} but {new}",
    "something like this but {new}", "looking for {new_one}", "i am looking for {new_one} like {it}")  # fmt: skip
_THING_ORDERS = ("give {it} {thing}", "make {it} with {thing}", "replace {old_thing} with {thing}",
    "change {old_thing} to {thing}", "swap {old_thing} for {thing}", "change {it} to have {thing}",
    "find the same {garment} with {thing}", "show {it} with {thing}",
    "show one with {thing} instead of {old_thing}")  # fmt: skip
_THING_WISHES = ("with {thing}", "same but with {thing}", "the same {garment} with {thing}", "{thing}", "{thing} please",
    "{thing} instead of {old_thing}", "anything with {thing}", "is there any with {thing}", "keep everything but with {thing}",
    "only with {thing}", "no more {old_thing}, now {thing}", "nothing but {thing}", "does it come with {thing}", "has {thing}",
    "has {thing} instead of {old_thing}", "i want {thing}",
    "i want {it} with {thing}", "i'd like {it} with {thing}", "i'd like {thing} instead of {old_thing}", "{it} with {thing}",
    "like this but with {thing}", "it should have {thing}", "{it} should have {thing}", "with {thing} not {old_thing}",
    "a {garment} with {thing}", "i prefer {thing}")  # fmt: skip
_MORE_ORDERS = ("make {it} {more}", "make {it} a bit {more}", "make {it} much {more}")
_MORE_WISHES = ("{more}", "{more} please", "a bit {more}", "is {more}", "same but {more}", "i want {it} {more}",
    "like this but {more}", "it should be {more}", "i'd like {it} {more}")  # fmt: skip
ORDERS = {
    "color": (*_ORDERS, "replace {old} color to {new}", "replace {old} color with {new}", "change {it} color to {new}",
        "change the color to {new}", "change the color of {it} to {new}", "make the color {new}",
        "make the color of {it} {new}", "paint {it} {new}", "dye {it} {new}", "turn {it} {new}", "recolor {it} to {new}",
        "color {it} {new}", "set the color to {new}", "switch the color from {old} to {new}", "make {it} {new} colored",
        "show {it} in {new}", "find the same {garment} in {new}"),
    "pattern": (*_ORDERS, *_THING_ORDERS, "put {thing} on {it}", "change the pattern to {new}", "make the pattern {new}",
        "change the pattern from {old} to {new}", "change the pattern of {it} to {new}", "replace {old} pattern with {new}"),
    "sleeve": (*_ORDERS, *_THING_ORDERS, "make the sleeves {more}", "give {it} {more} sleeves"),
    "length": (*_ORDERS, *_MORE_ORDERS, "change the length to {new}", "make the length {new}",
        "change the length of {it} to {new}"),
    "neckline": (*_ORDERS, *_THING_ORDERS, "change the neckline to {new}", "change the neck to {thing}",
        "make the neckline {new}"),
    "category": tuple(t for t in _ORDERS if t not in ("make {it} {new}", "make {it} {new} instead of {old}")),
}  # fmt: skip
WISHES = {
    "color": (*_WISHES, *_LIKE_REFUSALS, "in {new}", "same but in {new}", "the same in {new}", "same {garment} in {new}",
        "{it} in {new}", "i'd like {it} in {new}", "i'd like this in {new}", "i want {it} in {new}", "i want this in {new}",
        "{new} color", "in {new} color", "the same {garment} but in {new}", "like this but in {new}", "in the color {new}",
        "color {new}", "the color should be {new}", "is {new} in color", "is more {new}", "in {new} instead of {old}",
        "in {new} not in {old}", "{new} colored", "i prefer {it} in {new}", "anything in {new}", "is there any in {new}",
        "any {garment} in {new}", "only in {new}", "same thing only {new}", "keep everything but in {new}",
        "nothing but {new} color", "everything else as it is but in {new}",
        "no color but {new}", "no other color than {new}", "i like it but in {new}",
        "does it exist in {new}", "do they make {it} in {new}", "the color i want is {new}", "my color is {new}",
        "preferably {new}", "all in {new}", "completely {new}", "i only wear {new}", "in a {new} tone",
        "i want to see it in {new}", "without the {old}, in {new}"),
    "pattern": (*_WISHES, *_LIKE_REFUSALS, *_THING_WISHES, "{new} pattern", "in {new}", "a {new} pattern instead of {old}",
        "has a {new} pattern"),
    "sleeve": (*_WISHES, *_LIKE_REFUSALS, *_THING_WISHES, "{more} sleeves", "has {more} sleeves", "with {more} sleeves",
        "the sleeves should be {more}"),
    "length": (*_WISHES, *_LIKE_REFUSALS, *_MORE_WISHES, "{new} in length", "the length should be {new}"),
    "neckline": (*_WISHES, *_LIKE_REFUSALS, *_THING_WISHES),
    "category": (*(t for t in _WISHES if "but {new}" not in t and "{it} {new}" not in t and "be {new}" not in t),
        "the same color but {new_one}", "in the same color but {new_one}", "same style but {new_one}", "{new_one} like this",
        "is {new_one}", "is {new_one} not {old_one}", "{new_one} in the same color", "{new_one} that looks like this",
        "anything like this as {new_one}", "is there {new_one}", "i would rather have {new_one}",
        "perhaps {new_one}", "don't you have {new_one}", "not {it}, but {new_one}", "keep the color but make it {new_one}"),
}  # fmt: skip
# A group of its own, like EVERYDAY_PART_KEPT: among the many others, parts would hardly ever be named, and not be learned.
HEMS = ("make the hem {more}", "{more} hem", "with a {more} hem", "the hem should be {new}", "a hem that is {new}",
    "hem {more} please", "give {it} a hem that is {new}", "give {it} a {more} hem", "the hem of {it} should be {more}",
    "i want the hem {more}", "i'd like the hem {new}", "same but with a {more} hem", "like this, but the hem {new}",
    "let the hem of {it} be {new}", "the hem is too {old}, make it {new}", "{it} with the hem {new}",
    "a hem that is {more}", "{more} at the hem", "change the hem from {old} to {new}", "change the hem of {it} to {new}",
    "is {new} at the hem")  # fmt: skip
NOT_ORDERS = {
    "color": ("show any color but {old}", "make {it} any color but {old}", "make {it} any color except {old}",
        "show {it} in another color than {old}", "find one that is not {old}", "do not show {old}", "don't show {old_one}",
        "change {it} to anything but {old}", "make {it} not {old}", "replace {old} with something else",
        "replace {old} with any other color", "get rid of the {old}"),
    "pattern": ("remove the {old_thing}", "take the {old_thing} away", "get rid of the {old_thing}",
        "show {it} without {old_thing}", "make {it} not {old}", "find one that is not {old}", "drop the {old_thing}",
        "change {it} to anything but {old}", "replace {old_thing} with something else", "do not show {old}"),
    "sleeve": ("make {it} not {old}", "find one that is not {old}", "do not show {old}"),
    "length": ("make {it} not {old}", "find one that is not {old}", "don't show {old_one}"),
    "neckline": ("remove the {old_thing}", "show {it} without {old_thing}", "get rid of the {old_thing}",
        "make {it} not {old}"),
    "category": ("show anything but {old_one}", "replace {it} with something else", "don't show {old_one}"),
}  # fmt: skip
_NOT_WISHES = ("not {old}", "not {old} please", "anything but {old}", "anything except {old}", "everything but {old}",
    "{it} but not {old}", "same but not {old}", "the same but not {old}", "like this but not {old}", "other than {old}",
    "i don't want {old}", "i do not want {old_one}", "it should not be {old}", "{it} should not be {old}", "not {old_one}",
    "same {garment} but not {old}", "is not {old}", "is anything but {old}", "keep away from {old}", "stay away from {old}",
    "leave out {old}", "i can't stand {old}", "i don't like {old}", "i dislike {old}", "{old} is not for me",
    "{old} is not my thing", "i have had enough of {old}", "i am tired of {old}", "{old} has to go", "exclude {old}",
    "less {old}", "nothing {old}", "no {old} ones", "stop showing {old}", "hide {old_one}", "i have too many {old} ones",
    "away with {old}")  # fmt: skip
_NOT_THINGS = ("no {old_thing}", "without {old_thing}", "{it} without {old_thing}", "same but without {old_thing}",
    "the same {garment} without {old_thing}", "i don't want {old_thing}", "with no {old_thing}",
    "it should have no {old_thing}", "has no {old_thing}", "no {old_thing} please",
    "like this without {old_thing}", "leave out the {old_thing}", "without any {old_thing}", "nothing with {old_thing}",
    "i don't like the {old_thing}", "i can't stand {old_thing}", "the {old_thing} should go")  # fmt: skip
NOT_WISHES = {
    "color": (*_NOT_WISHES, "not in {old}", "{it} not in {old}", "any color but {old}", "any color except {old}",
        "in any color but {old}", "another color than {old}", "any other color than {old}", "no {old}", "no {old} please",
        "not the color {old}", "a color other than {old}"),
    "pattern": (*_NOT_WISHES, *_NOT_THINGS),
    "sleeve": _NOT_WISHES,
    "length": _NOT_WISHES,
    "neckline": (*_NOT_WISHES, *_NOT_THINGS),
    "category": ("not {old_one}", "anything but {old_one}", "anything but {old}", "not {old}", "no {old}"),
}  # fmt: skip
TWO_ORDERS = ("make {it} {new} and {new2}", "make {it} {new} with {thing2}", "make {it} {new2} and {new}",
    "replace {old} with {new} and {old2} with {new2}", "replace {old} with {new} and {old_thing2} with {thing2}",
    "change {old} to {new} and {old2} to {new2}", "change {it} to {new} and {new2}", "make {it} {new} and give it {thing2}",
    "show {it} in {new} with {thing2}", "make {it} {new} and {more2}", "make {it} {more2} and {new}",
    "find {new_one} with {thing2}", "show {new_one} with {thing2}", "turn {it} into {new_one} with {thing2}",
    "replace {it} with {new_one} with {thing2}")  # fmt: skip
TWO_WISHES = ("{new} and {new2}", "{new} and {new2} please", "{new} with {thing2}", "{new2} and {new}", "{new} {new2}",
    "{it} {new} and {new2}", "{it} in {new} with {thing2}", "in {new} with {thing2}", "{new} and with {thing2}",
    "both {new} and {new2}", "{new} and {more2}", "{more2} and {new}", "{new} but {more2}", "same but {new} and {new2}",
    "same but {new} with {thing2}", "the same {garment} but {new} with {thing2}", "i want {it} {new} and {new2}",
    "i want {new_one} with {thing2}", "{new_one} with {thing2}", "like this but {new} and {new2}", "{new}, {new2}",
    "is {new} and {new2}", "is {new} with {thing2}", "it should be {new} and {new2}", "{thing2} on {new}",
    "has {thing2} and is {new}", "i'd like {it} {new} with {thing2}",
    "{new} instead of {old} and {new2} instead of {old2}", "one that is {new} and {new2}", "{new}, but {new2}, too",
    "{thing2} in {new}", "{thing2}, but in {new}", "keep it but {new} and {new2}", "not only {new} but {new2}",
    "first {new}, then {new2}", "{new}, with {thing2}", "{thing2} all over, in {new}", "anything {new} with {thing2}",
    "is there any that is {new} and {new2}", "could it be {new} with {thing2}", "both, {new} and with {thing2}",
    "i'd love {thing2} on something {new}", "make that {new}, with {thing2}")  # fmt: skip
# The second change is one of category: "a red hoodie".
TWO_KINDS = ("{new} {new2}", "{new_one2}, but in {new}", "{new_one2}, {new}", "any {new2} in {new}",
    "keep it {new} but as {new_one2}",  "{new_one2} in {new}", "as {new_one2} in {new}", "i want {new_one2} in {new}",
    "{new} and as {new_one2}", "make {it} {new_one2} in {new}", "replace {it} with {new_one2} in {new}",
    "{new} and {new_one2}", "turn {it} into {new_one2} in {new}", "same but {new} and {new_one2}")  # fmt: skip


class EverydayTemplates(NamedTuple):
    """Templates in everyday words.

    Attributes:
        changes: by the attribute that changes.
        refusals: by the attribute of the value that is not wanted.
        two: two changes at once.
        two_color: likewise, if the first of the two is a colour.
        hems: a change of length, said of the hem.
        part_kept: a change of colour or pattern, with a part that stays as it is.
    """

    changes: dict[str, tuple[str, ...]]
    refusals: dict[str, tuple[str, ...]]
    two: tuple[str, ...]
    two_color: tuple[str, ...]
    hems: tuple[str, ...]
    part_kept: tuple[str, ...]


@cache
def everyday_templates() -> EverydayTemplates:
    """The templates of the five writers."""
    read = json.loads((Path(__file__).parent / "everyday_wordings.json").read_text(encoding="utf-8"))
    told = {kind: tuple(templates) for kind, templates in read.items()}
    changed, refused = (*told["value"], *told["thing"]), (*told["not value"], *told["not thing"])
    return EverydayTemplates(
        changes={
            "color": told["color"],
            "pattern": changed,
            "sleeve": changed,
            "length": told["value"],
            "neckline": changed,
            "category": told["kind"],
        },
        refusals={
            "color": told["not color"],
            "pattern": refused,
            "sleeve": told["not value"],
            "length": told["not value"],
            "neckline": refused,
            "category": (),
        },
        two=told["two"],
        two_color=(*told["two"], *told["two color"]),
        hems=told["hem"],
        part_kept=told["part kept"],
    )
