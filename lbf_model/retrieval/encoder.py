"""A compositor with the reader of its sentences: regions and words in, embeddings out.

This one class serves LBF and the methods that it is compared with.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from lbf_model.checkpoint import CheckpointError, build_config, checkpoint_name, fingerprint, load_weights, read_config
from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import build_compositor, compositor_row
from lbf_model.gallery.items import CompositorFacts
from lbf_model.network.batching import batch_links, batch_regions, batch_words
from lbf_model.precision import computing_in
from lbf_model.retrieval.odds import AnswerOdds
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Explanation, Regions, Tokens

Reader = Vocabulary | MiniLm


class QueryEncoder:
    """Embeds pictures and composed queries. It keeps no user state.

    Attributes:
        network: the compositor, in evaluation mode.
        facts: what a gallery records about it.
        reader: reads its sentences.
        grounded: whether its attention was taught where to look (see `types.Explanation`).
        odds: of its answers; None if they were not measured.
    """

    def __init__(
        self,
        network: Compositor,
        facts: CompositorFacts,
        reader: Reader,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
        grounded: bool = False,
        odds: AnswerOdds | None = None,
    ):
        """Take over a network and its reader.

        Args:
            network: any compositor.
            facts: of its checkpoint.
            reader: the sentence reader that its config asks for.
            device: where the network runs.
            dtype: what it computes in; outputs are float32.
            grounded: whether its attention was taught where to look.
            odds: of its answers.
        """
        self.network = network.to(device).eval()
        self.facts = facts
        self.reader = reader
        self.device = torch.device(device)
        self.dtype = dtype
        self.grounded = grounded
        self.odds = odds

    @property
    def config(self) -> CompositorConfig:
        """The network's config."""
        return self.network.config

    @property
    def fingerprint(self) -> str:
        """Identifies the exact weights."""
        return self.facts.fingerprint

    @torch.inference_mode()
    def encode_targets(self, regions: Sequence[Regions]) -> np.ndarray:
        """(N, E) float32, unit length: the gallery embeddings of N pictures."""
        batch = batch_regions(regions, self.config.max_regions).to(self.device)
        with computing_in(self.dtype, self.device):
            return self.network.encode_target(batch).float().cpu().numpy()

    def encode_queries(
        self, regions: Sequence[Regions], tokens: Sequence[Tokens], links: Sequence[np.ndarray] | None = None
    ) -> np.ndarray:
        """Encode composed queries in one batch.

        Args:
            regions: of each query's reference image.
            tokens: of each query's sentence, in the same order.
            links: for each query, (R,) bool: regions that words may touch; None links all.

        Returns:
            (N, E) float32, unit length.

        Raises:
            ValueError: links are given, and some query has none, or the compositor has no attention.
        """
        return self._compose(regions, tokens, links)[0]

    def encode_query(
        self, regions: Regions, tokens: Tokens, links: np.ndarray | None = None
    ) -> tuple[np.ndarray, Explanation | None]:
        """Encode one composed query.

        Args:
            regions: of the reference image.
            tokens: of the sentence.
            links: (R,) bool, regions that words may touch; None links all.

        Returns:
            embedding: (E,) float32, unit length.
            explanation: attention between words and regions; None if the compositor has none.

        Raises:
            ValueError: links are given and none is True, or the compositor has no attention.
        """
        embeddings, word_to_region, region_to_word = self._compose([regions], [tokens], None if links is None else [links])
        if word_to_region is None:
            return embeddings[0], None
        return embeddings[0], Explanation(tokens.words, word_to_region[0], region_to_word[0], self.grounded)

    @torch.inference_mode()
    def _compose(
        self, regions: Sequence[Regions], tokens: Sequence[Tokens], links: Sequence[np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        batch = batch_regions(regions, self.config.max_regions).to(self.device)
        words = batch_words([t.values for t in tokens]).to(self.device)
        linked = None if links is None else batch_links(links, batch.mask.shape[1]).to(self.device)
        with computing_in(self.dtype, self.device):
            found = self.network.compose_query(batch, words, linked)
        return tuple(None if part is None else part.float().cpu().numpy() for part in found)


def load_encoder(
    folder: Path,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    known: Sequence[QueryEncoder] = (),
) -> QueryEncoder:
    """Rebuild any compositor, with its reader, from its checkpoint folder.

    Args:
        folder: the checkpoint.
        device: "cpu" or "cuda".
        dtype: as for `QueryEncoder`.
        known: encoders whose reader is reused if it reads the same words on the same device; a pretrained reader takes 90 MB.

    Raises:
        CheckpointError: the folder is not an intact compositor checkpoint.
        ValueError: the pretrained reader is not installed, or its file was altered.
    """
    network, header = load_compositor(folder)
    facts = CompositorFacts(fingerprint(header), checkpoint_name(folder), header["compositor"], network.config.embedding_width)
    here = (other for other in known if other.device == torch.device(device))
    same = (other.reader for other in here if reads_alike(other.config, network.config))
    reader = next(same, None) or load_reader(network.config, device)
    grounded = header.get("training", {}).get("grounding", 0) > 0
    return QueryEncoder(
        network, facts, reader, device, dtype, grounded, read_odds(folder, header, network.config.embedding_width)
    )


def read_odds(folder: Path, header: dict, width: int) -> AnswerOdds | None:
    """The odds of answers in a header, for embeddings of the given width; None if they were not measured.

    Raises:
        CheckpointError: the odds cannot be read, or were fitted to embeddings of another width.
    """
    if "odds" not in header:
        return None
    try:
        said = dict(header["odds"])
        query = tuple(map(float, said.pop("query")))
        if len(query) != width:
            raise ValueError(f"{len(query)} weights for a query embedding of width {width}")
        return AnswerOdds(**{name: float(value) for name, value in said.items()}, query=query)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{folder}/config.json: its odds of answers are broken ({error}); run calibrate-answers to write them again"
        ) from None


def load_compositor(folder: Path) -> tuple[Compositor, dict]:
    """Rebuild any compositor from its checkpoint folder; returns it in evaluation mode with its config.json.

    Raises:
        CheckpointError: the folder is not an intact compositor checkpoint.
    """
    header = read_config(folder, "compositor")
    compositor = build_compositor(header["compositor"], read_model_config(folder, header))
    load_weights(folder, header, compositor)
    return compositor.eval(), header


def read_model_config(folder: Path, header: dict) -> CompositorConfig:
    """The config in a compositor's header, as the config class of its row in the paper's table.

    Raises:
        CheckpointError: there is no such row, or the config does not fit its class.
    """
    try:
        row = compositor_row(header.get("compositor"))
    except ValueError as error:
        raise CheckpointError(f"{folder}: {error}") from None
    return build_config(row.config_class, header)


def load_reader(config: CompositorConfig, device: str | torch.device = "cpu") -> Reader:
    """The sentence reader that a compositor's config asks for; a pretrained one runs on `device`.

    Raises:
        ValueError: the pretrained encoder is not installed, or its file was altered.
    """
    if config.words == "minilm":
        return MiniLm(config.vocabulary, device, config.topics)
    return Vocabulary(config.vocabulary, config.aliases)


def reads_alike(one: CompositorConfig, other: CompositorConfig) -> bool:
    """Whether both read sentences the same way, so that they can share one reader."""
    facts = ("words", "vocabulary", "aliases", "topics")
    return all(getattr(one, fact) == getattr(other, fact) for fact in facts)
