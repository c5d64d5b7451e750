"""A gallery on a Milvus server, or in an embedded Milvus Lite database: `address` names it, `publish` puts it there, `reader`
opens it, `searcher` searches it.

One collection a gallery holds everything but the picture files: a row a picture, with its vector, its item as JSON and its
perceptual hash; the gallery's facts are a property of the collection. Which collection is the present one is said by an alias,
so that what is searched is always whole.
"""
