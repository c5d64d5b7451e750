"""Puts a gallery into Milvus, replacing the one that is published at the same address."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
from tqdm import tqdm

from lbf_model.gallery.backends import AUTOMATIC, Backend, choose_backend
from lbf_model.gallery.backends.recall import least_effort
from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.milvus.address import SLOWLY, MilvusAddress, MilvusConnection
from lbf_model.gallery.milvus.collection import Collection
from lbf_model.gallery.milvus.rows import FIRST, HASH, ITEM, LONGEST, row_of
from lbf_model.gallery.milvus.searcher import ROW, VECTOR, MilvusSearcher
from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.gallery.store import GalleryContent, read_facts, read_unaltered

_BLOCK = 1000  # rows sent in one request
_INDEXES = {"flat": ("FLAT", {}), "hnsw": ("HNSW", {"M": 32, "efConstruction": 200})}
_EFFORTS = {"flat": ({},), "hnsw": ({"ef": 64}, {"ef": 128}, {"ef": 256}, {"ef": 512})}


def publish_gallery(folder: Path, address: MilvusAddress, pictures: Path | None = None, index: str = AUTOMATIC) -> Collection:
    """Write a gallery to Milvus; the address points to it only after all of it is there and a search has worked.

    The previous collection stays, for apps that still search it; older ones are deleted.

    Args:
        folder: the gallery folder.
        address: where to publish it.
        pictures: the folder of its pictures on the machine that will show them; None means the same as on this machine.
        index: "flat" (exact) or "hnsw" (approximate); AUTOMATIC chooses by the number of pictures.

    Returns:
        What was published.

    Raises:
        GalleryError: the gallery is missing, altered or broken; nothing answers at the address, or the name belongs to
            something that is not a gallery.
        ValueError: a picture's record is too long for a row.
    """
    facts, content = read_facts(folder), read_unaltered(folder)
    if content.altered or content.hashes is None:
        raise GalleryError(f"{'; '.join(content.altered) or f'{folder}: in an earlier format'}; run `index --update` first")
    vectors = content.backends[facts.compositor].exact
    if index == AUTOMATIC:
        index = "flat" if choose_backend(len(vectors)) == "flat" else "hnsw"
    root = (folder / facts.root).resolve() if pictures is None else pictures
    facts = replace(facts, root=str(root), compared=(), backend="milvus", recall=None)
    connection = MilvusConnection(address)
    try:
        before = Collection.find(connection)
        name = f"{address.collection}_{uuid4().hex[:12]}"
        _make_collection(connection, name, facts.embedding_width, index)
        for block in _blocks(content, vectors):
            connection.ask("insert", name, block, timeout=SLOWLY)
        for step in ("flush", "load_collection"):
            connection.ask(step, name, timeout=SLOWLY)

        def search(effort: dict[str, int], queries: np.ndarray, count: int) -> np.ndarray:
            tried = Collection(name, len(vectors), effort, facts)
            return MilvusSearcher(connection, tried).search(queries, count)[1]

        effort, recall = least_effort(vectors, _EFFORTS[index], search)
        made = Collection(name, len(vectors), effort, replace(facts, recall=None if index == "flat" else recall))
        made.tell(connection)
        connection.ask("alter_alias" if before else "create_alias", name, address.collection)
        own = re.compile(rf"{address.collection}_[0-9a-f]{{12}}")
        for other in connection.ask("list_collections"):
            if own.fullmatch(other) and other not in (name, before and before.name):
                connection.ask("drop_collection", other)
    finally:
        connection.close()
    return made


def _make_collection(connection: MilvusConnection, name: str, width: int, index: str) -> None:
    """Create an empty collection, with rows as `rows` describes them."""
    kind = connection.milvus.DataType
    schema = connection.milvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, kind.INT64, is_primary=True)
    schema.add_field(VECTOR, kind.FLOAT_VECTOR, dim=width)
    schema.add_field(ITEM, kind.VARCHAR, max_length=LONGEST)
    schema.add_field(HASH, kind.VARCHAR, max_length=2 * HASH_BYTES)
    schema.add_field(FIRST, kind.INT64)
    indexes = connection.milvus.MilvusClient.prepare_index_params()
    index_type, params = _INDEXES[index]
    indexes.add_index(VECTOR, index_type=index_type, metric_type="IP", params=params)
    settings = {"consistency_level": "Strong"}  # inserted rows are found immediately
    connection.ask("create_collection", name, schema=schema, index_params=indexes, timeout=SLOWLY, **settings)


def _blocks(content: GalleryContent, vectors: Backend) -> Iterator[list[dict]]:
    """The rows of a gallery, in blocks."""
    first_rows = content.items.first_rows()
    with tqdm(total=len(vectors), unit="picture", desc="publishing") as progress:
        for first in range(0, len(vectors), _BLOCK):
            rows = range(first, min(first + _BLOCK, len(vectors)))
            items, embeddings = content.items[rows.start : rows.stop], vectors.vectors(np.array(rows))
            yield [
                {ROW: row, VECTOR: embedding, **row_of(item, content.hashes.values[row], int(first_rows[row]))}
                for row, item, embedding in zip(rows, items, embeddings, strict=True)
            ]
            progress.update(len(rows))
