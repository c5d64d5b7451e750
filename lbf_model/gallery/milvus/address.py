"""The address of a gallery in Milvus, and the connection to it."""

import importlib
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from lbf_model.gallery.items import GalleryError, GalleryUnavailable

SCHEME = "milvus+"  # how every address begins
_FORMS = "milvus+http://HOST:PORT/COLLECTION, milvus+https://HOST:PORT/COLLECTION or milvus+lite:FOLDER.db/COLLECTION"
_ADDRESS = re.compile(
    r"milvus\+(?:(?P<server>https?://[^/?#\s@]+)|lite:(?P<folder>.+\.db))/(?P<collection>[A-Za-z_][A-Za-z0-9_]{0,199})"
)
_TOKEN = "MILVUS_TOKEN"  # a name and a password, "user:password", or a key; never part of an address, which pages and logs show
_SECONDS = 10.0  # timeout of one request to the server
SLOWLY = 600.0  # timeout in seconds for requests that process all rows

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class MilvusAddress:
    """A server, or the folder of an embedded database, and the name of a collection there.

    Attributes:
        uri: as pymilvus takes it.
        collection: the alias under which the gallery is published.
    """

    uri: str
    collection: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address.

        Raises:
            GalleryError: it is not a valid address; the message says how to write one.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise GalleryError(f"{text}: write {_FORMS}")
        return cls(found["server"] or found["folder"], found["collection"])

    def __str__(self) -> str:
        return f"milvus+{'' if self.on_server else 'lite:'}{self.uri}/{self.collection}"

    @property
    def on_server(self) -> bool:
        """Whether it is a server, not an embedded database."""
        return self.uri.startswith(("http://", "https://"))


class MilvusConnection:
    """A client of one server or embedded database, whose errors are `GalleryUnavailable` and name the address."""

    def __init__(self, address: MilvusAddress):
        """Connect.

        Raises:
            GalleryError: the client is not installed, or nothing answers there.
        """
        self.address = address
        try:
            self.milvus = importlib.import_module("pymilvus")
        except ImportError:
            told = "install it with `python -m pip install -r requirements-milvus.txt`"
            raise GalleryError(f"{address}: pymilvus is not installed; {told}") from None
        for name in ("pymilvus", "milvus_lite"):  # they log the errors they raise, with a traceback
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if not address.on_server and not (folder := Path(address.uri).parent).is_dir():
            raise GalleryError(f"{address}: there is no folder {folder}; create it, or name another")
        token = os.environ.get(_TOKEN, "")
        self._client = self._told(lambda: self.milvus.MilvusClient(address.uri, token=token, timeout=_SECONDS))

    def ask(self, question: str, *values, timeout: float | None = None, **named):
        """Call a method of the client and return its answer.

        Args:
            question: name of a method of `pymilvus.MilvusClient`.
            values: its positional arguments.
            timeout: in seconds; None means ten.
            named: its keyword arguments.

        Raises:
            GalleryUnavailable: there was no answer in time, or the request was refused.
        """
        return self._told(lambda: getattr(self._client, question)(*values, timeout=timeout or _SECONDS, **named))

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _told(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except self.milvus.MilvusException as error:
            said = " ".join(str(error.message).split())[:200]
            who = "Milvus" if self.address.on_server else "Milvus Lite, which one process at a time may open,"
            raise GalleryUnavailable(f"{self.address}: {who} does not answer, or refused the request ({said})") from None
