"""Reads the tags of a view's HTML, and makes a visit that looks at one word or region."""

from dataclasses import replace
from html.parser import HTMLParser

from lbf_model.interface.state import Focus


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text in each."""

    def __init__(self, html):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(str(html))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.texts.append("")

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data

    def of_class(self, name):
        return [text.strip() for (_, a), text in zip(self.found, self.texts, strict=True) if a.get("class") == name]

    def picks(self):
        return [a["data-pick"] for _, a in self.found if "data-pick" in a]

    def pressed(self):
        return [a["data-pick"] for _, a in self.found if a.get("aria-pressed") == "true"]

    def alts(self):
        return [a.get("alt") for tag, a in self.found if tag == "img"]


def looking_at(visit, kind, index):
    return replace(visit, focus=Focus(kind, index))
