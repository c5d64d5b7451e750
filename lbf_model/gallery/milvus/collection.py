"""What a collection tells of itself, in one of its properties: what made the gallery, and how it is searched."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from lbf_model.gallery.items import GalleryError, GalleryFacts
from lbf_model.gallery.milvus.address import MilvusConnection

PROPERTY = "lbf_gallery"
_FORMAT = 1
AGAIN = "publish the gallery again with `python -m lbf_model publish`"


@dataclass(frozen=True)
class Collection:
    """A gallery in Milvus.

    Attributes:
        name: the collection's own, which no other bears, not the alias in the address.
        pictures: G, how many it holds.
        effort: parameters of a search that say how much of an index it looks at.
        facts: what made the gallery.
    """

    name: str
    pictures: int
    effort: dict[str, int]
    facts: GalleryFacts

    @classmethod
    def find(cls, connection: MilvusConnection) -> Self | None:
        """The one that is published at an address; None where nothing is.

        Raises:
            GalleryError: what lies there is no gallery.
            GalleryUnavailable: nothing answers.
        """
        if not connection.ask("has_collection", connection.address.collection):
            return None
        about = connection.ask("describe_collection", connection.address.collection)
        try:
            told = json.loads(about.get("properties", {})[PROPERTY])
            if told["format"] != _FORMAT:
                raise ValueError(f"format {told['format']}, but {_FORMAT} is read")
            facts = GalleryFacts(**{**told["facts"], "compared": ()})
            return cls(about["collection_name"], int(told["pictures"]), dict(told["effort"]), facts)
        except (KeyError, TypeError, ValueError) as error:
            raise GalleryError(
                f"{connection.address}: what lies there is no gallery ({type(error).__name__}: {error}); choose another name"
            ) from None

    def tell(self, connection: MilvusConnection) -> None:
        """Let the collection keep this."""
        told = {"format": _FORMAT, "pictures": self.pictures, "effort": self.effort, "facts": asdict(self.facts)}
        connection.ask("alter_collection_properties", self.name, {PROPERTY: json.dumps(told)})
