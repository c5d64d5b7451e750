"""Repeat a query without each of its regions, words or links, and measure what that does to one gallery item.

Leaving a region out asks what carries the result. Cutting its links to the words asks what the sentence acts on: the region is
still there, but nothing is said about it. An object that is to be changed or removed counts in the second and not in the first.
"""

import numpy as np

from lbf_model.gallery.gallery import Gallery
from lbf_model.retrieval.encoder import QueryEncoder, Reader
from lbf_model.retrieval.feedback import feedback_shift, move
from lbf_model.text.vocabulary import TextError
from lbf_model.types import Effects, Regions, SearchResult, Tokens


def measure_effects(encoder: QueryEncoder, result: SearchResult, gallery: Gallery, id: str) -> Effects:
    """Score and rank of one gallery item without each region, each region's links and each word of a query.

    Args:
        encoder: what composed the query.
        result: the answered query; what it left out is left out here, too.
        gallery: the one that was searched.
        id: of the item.

    Raises:
        GalleryError: there is no such item.
        FeedbackError: a picture that the query is to be more or less like is not in the gallery.
        FilterError: one of the query's filters names something that the gallery does not have.
    """
    without_region, without_word = compose_without(encoder, result.regions, result.tokens, result.links)
    unlinked = compose_unlinked(encoder, result.regions, result.tokens, result.links)
    without = move(np.concatenate([without_region, unlinked, without_word]), feedback_shift(encoder, gallery, result))
    embeddings = np.concatenate([result.embedding[None], without])
    scores, ranks = gallery.rank(embeddings, id, result.left_out, result.filters)
    ranks = np.where(np.isnan(scores), 0, ranks)
    ends = np.cumsum([1, len(without_region), len(unlinked)])
    _, region_scores, unlinked_scores, word_scores = np.split(scores, ends)
    _, region_ranks, unlinked_ranks, word_ranks = np.split(ranks, ends)
    return Effects(
        id=id,
        score=float(scores[0]),
        rank=int(ranks[0]),
        region_scores=region_scores,
        region_ranks=region_ranks,
        unlinked_scores=unlinked_scores,
        unlinked_ranks=unlinked_ranks,
        word_scores=word_scores,
        word_ranks=word_ranks,
    )


def compose_without(
    encoder: QueryEncoder, regions: Regions, tokens: Tokens, links: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A query's embedding without each of its regions and without each of its words.

    A region is dropped from what was detected; detection is not run again. A sentence without one of its words is read again,
    since a word's features depend on its neighbours.

    Args:
        encoder: what the query is composed with.
        regions: of the reference image.
        tokens: of the sentence.
        links: (R,) bool, regions that words may touch; None links all.

    Returns:
        without_region: (R, E) float32, unit length; NaN where there is no other region, or none that words may touch.
        without_word: (T, E) float32, unit length; NaN where there is no other word, or the others alone are not understood.
    """
    places = np.arange(len(regions))
    linked = np.ones(len(regions), bool) if links is None else links
    left_out = [place for place in places if np.delete(linked, place).any()]
    fewer_regions = [regions.only(np.delete(places, place)) for place in left_out]
    words = tokens.words
    sentences = {place: " ".join(words[:place] + words[place + 1 :]) for place in range(len(words))}
    sentences = {place: sentence for place, sentence in sentences.items() if _is_read(encoder.reader, sentence)}
    fewer_words = encoder.reader.tokenize_texts(list(sentences.values()))
    width = encoder.config.embedding_width
    without_region = np.full((len(regions), width), np.nan, np.float32)
    without_word = np.full((len(words), width), np.nan, np.float32)
    # Two batches: pairing both kinds would pad each to the other's length.
    if fewer_regions:
        fewer_links = None if links is None else [np.delete(links, place) for place in left_out]
        without_region[left_out] = encoder.encode_queries(fewer_regions, [tokens] * len(fewer_regions), fewer_links)
    if fewer_words:
        all_links = None if links is None else [links] * len(fewer_words)
        without_word[list(sentences)] = encoder.encode_queries([regions] * len(fewer_words), fewer_words, all_links)
    return without_region, without_word


def _is_read(reader: Reader, sentence: str) -> bool:
    try:
        reader.check_text(sentence)
    except TextError:  # such as half of "kelly green"
        return False
    return True


def compose_unlinked(encoder: QueryEncoder, regions: Regions, tokens: Tokens, links: np.ndarray | None = None) -> np.ndarray:
    """A query's embedding with the links between each of its regions and all words cut, in every layer of fusion.

    Args:
        encoder: what the query is composed with.
        regions: of the reference image.
        tokens: of the sentence.
        links: (R,) bool, regions that words may touch in the first place; None links all.

    Returns:
        (R, E) float32, unit length; NaN where there is no other region that words may touch.
    """
    fewer_links = ~np.eye(len(regions), dtype=bool) & (True if links is None else links)
    possible = np.flatnonzero(fewer_links.any(1))
    unlinked = np.full((len(regions), encoder.config.embedding_width), np.nan, np.float32)
    if len(possible):
        count = len(possible)
        unlinked[possible] = encoder.encode_queries([regions] * count, [tokens] * count, list(fewer_links[possible]))
    return unlinked
