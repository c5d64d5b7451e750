"""What a collection says about itself in one of its properties: what made the gallery, and how it is searched."""

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
        name: the collection's own unique name, not the alias in the address.
        pictures: G, how many it holds.
        effort: search parameters that set how much of an index a search looks at.
        facts: what made the gallery.
    """

    name: str
    pictures: int
    effort: dict[str, int]
    facts: GalleryFacts

    @classmethod
    def find(cls, connection: MilvusConnection) -> Self | None:
        """The collection published at an address; None if there is none.

        Raises:
            GalleryError: what is published there is not a gallery.
            GalleryUnavailable: the server does not answer.
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
                f"{connection.address}: what is there is not a gallery ({type(error).__name__}: {error}); choose another name"
            ) from None

    def tell(self, connection: MilvusConnection) -> None:
        """Store this in the collection's property."""
        told = {"format": _FORMAT, "pictures": self.pictures, "effort": self.effort, "facts": asdict(self.facts)}
        connection.ask("alter_collection_properties", self.name, {PROPERTY: json.dumps(told)})
