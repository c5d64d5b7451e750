"""A gallery on a Milvus server, or in an embedded Milvus Lite database: `address` names it, `publish` puts it there, `reader`
opens it, `searcher` searches it.

Each gallery has one collection, which holds everything but the picture files: one row per picture, with its vector, its item as
JSON and its perceptual hash; the gallery's facts are a property of the collection. An alias points to the current collection,
so that what is searched is always complete.
"""
