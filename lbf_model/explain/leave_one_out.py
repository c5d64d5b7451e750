"""The query again without each of its regions, words or links, and what that does to one gallery item.

Leaving a region out asks what carries the result. Cutting its links to the words asks what the sentence acts on: the region is
still there, but nothing is said of it. An object that is to be changed or removed counts in the second and not in the first.
"""

import numpy as np

from lbf_model.gallery.gallery import Gallery
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.types import Effects, Regions, SearchResult, Tokens


def measure_effects(encoder: QueryEncoder, result: SearchResult, gallery: Gallery, id: str) -> Effects:
    """Score and rank of one gallery item without each region, each region's links and each word of a query.

    Args:
        encoder: what composed the query.
        result: the answered query; what it left out is left out here, too.
        gallery: what the query was asked of.
        id: of the item.

    Raises:
        GalleryError: there is no such item.
    """
    without_region, without_word = compose_without(encoder, result.regions, result.tokens)
    unlinked = compose_unlinked(encoder, result.regions, result.tokens)
    embeddings = np.concatenate([result.embedding[None], without_region, unlinked, without_word])
    scores, ranks = gallery.rank(embeddings, id, result.left_out)
    ranks = np.where(np.isnan(scores), 0, ranks)
    ends = np.cumsum([1, len(without_region), len(unlinked)])
    parts = zip(np.split(scores, ends)[1:], np.split(ranks, ends)[1:], strict=True)
    return Effects(id, float(scores[0]), int(ranks[0]), *(values for part in parts for values in part))


def compose_without(encoder: QueryEncoder, regions: Regions, tokens: Tokens) -> tuple[np.ndarray, np.ndarray]:
    """A query's embedding without each of its regions and without each of its words.

    A region is dropped from what was detected; nothing is detected anew. A sentence without a word is read anew, since a
    word's features depend on its neighbours.

    Args:
        encoder: what the query is composed with.
        regions: of the reference image.
        tokens: of the sentence.

    Returns:
        without_region: (R, E) float32, unit length; NaN where there is no other region.
        without_word: (T, E) float32, unit length; NaN where there is no other word.
    """
    places = np.arange(len(regions))
    fewer_regions = [regions.only(np.delete(places, place)) for place in places] if len(regions) > 1 else []
    words = tokens.words
    sentences = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))] if len(words) > 1 else []
    fewer_words = encoder.reader.tokenize_texts(sentences)
    width = encoder.config.embedding_width
    without_region = np.full((len(regions), width), np.nan, np.float32)
    without_word = np.full((len(words), width), np.nan, np.float32)
    # Two batches: pairing both kinds would pad each to the other's length.
    if fewer_regions:
        without_region[:] = encoder.encode_queries(fewer_regions, [tokens] * len(fewer_regions))
    if fewer_words:
        without_word[:] = encoder.encode_queries([regions] * len(fewer_words), fewer_words)
    return without_region, without_word


def compose_unlinked(encoder: QueryEncoder, regions: Regions, tokens: Tokens) -> np.ndarray:
    """A query's embedding with the links between each of its regions and all words cut, in every layer of fusion.

    Args:
        encoder: what the query is composed with.
        regions: of the reference image.
        tokens: of the sentence.

    Returns:
        (R, E) float32, unit length; NaN where there is no other region.
    """
    count = len(regions)
    if count == 1:
        return np.full((1, encoder.config.embedding_width), np.nan, np.float32)
    return encoder.encode_queries([regions] * count, [tokens] * count, list(~np.eye(count, dtype=bool)))
