"""What the rows that read feature maps compute, worked out anew in NumPy, for the tests of each row."""

import math

import numpy as np
import torch

from lbf_model.compositors.base import AnsweredQueries, Compositor
from lbf_model.network.batching import RegionBatch, WordBatch, batch_regions, batch_words
from tests.small import MAP_CHANNELS, random_regions, small_compositor

SENTENCES = [np.array([1, 6, 8]), np.array([3, 20, 25, 7, 6]), np.array([2, 11])]


def scattered_compositor(name: str, **changes) -> Compositor:
    """A small compositor of which every number is drawn anew, so that no layer is an identity and no weight is at its start."""
    made = small_compositor(name, **changes)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return made


def small_batches(seed: int = 5) -> tuple[RegionBatch, WordBatch]:
    """Three pictures and three sentences."""
    pictures = [random_regions(count, seed=seed + count) for count in (3, 1, 2)]
    return batch_regions(pictures, 36), batch_words(SENTENCES)


def parameters(model: Compositor) -> dict[str, np.ndarray]:
    """Its state, in float64."""
    return {name: value.double().numpy() for name, value in model.state_dict().items()}


def layer_norm(values, weight=1.0, bias=0.0):
    centred = values - values.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias


def named_norm(values, p, name):
    return layer_norm(values, p[f"{name}.weight"], p[f"{name}.bias"])


def look_around(p, name, cells):
    """(36, C) cells of a grid of 6 by 6 through a convolution of 3 by 3, with zeros around the grid."""
    padded = np.zeros((8, 8, cells.shape[1]))
    padded[1:7, 1:7] = cells.reshape(6, 6, -1)
    kernel = p[f"{name}.weight"]
    around = np.zeros((6, 6, len(kernel))) + p[f"{name}.bias"]
    for row in range(6):
        for column in range(6):
            for up in range(3):
                for left in range(3):
                    around[row, column] += kernel[:, :, up, left] @ padded[row + up, column + left]
    return around.reshape(36, -1)


def linear(values, p, name):
    return values @ p[f"{name}.weight"].T + p.get(f"{name}.bias", 0)


def gelu(values):
    return values * (1 + np.vectorize(math.erf)(values / math.sqrt(2))) / 2


def relu(values):
    return np.maximum(values, 0)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def unit(values):
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def projected_cells(p, pictures: RegionBatch):
    maps = pictures.feature_map.double().numpy()
    return linear(maps.reshape(len(maps), MAP_CHANNELS, -1).transpose(0, 2, 1), p, "picture_input.cell")


def described_cells(p, projected):
    """A cell's features and place through two layers."""
    hidden = gelu(named_norm(projected + p["picture_input.position.weight"], p, "picture_input.layers.0"))
    return gelu(linear(hidden, p, "picture_input.layers.2"))


def picture_vectors(p, pictures: RegionBatch):
    """x: the mean over described cells, and a linear layer."""
    return linear(described_cells(p, projected_cells(p, pictures)).mean(1), p, "picture_input.out")


@torch.inference_mode()
def sentence_vectors(model: Compositor, words: WordBatch):
    """t, from the encoder that LBF has too; tests of the network hold that against other references."""
    encoded = model.tep(model.word_input(words.values), words.mask)
    return model.pool_words(encoded, words.mask).double().numpy()


@torch.inference_mode()
def query_embeddings(model: Compositor, pictures: RegionBatch, words: WordBatch) -> np.ndarray:
    return model.compose_query(pictures, words).embedding.numpy()


@torch.inference_mode()
def target_embeddings(model: Compositor, pictures: RegionBatch) -> np.ndarray:
    return model.encode_target(pictures).numpy()


@torch.inference_mode()
def own_loss(model: Compositor, references: RegionBatch, words: WordBatch, targets: RegionBatch, false_negatives) -> float:
    """A row's `auxiliary_loss` of queries that start from one reference each."""
    encoded = model.encode_pictures(references)
    composed = model.embed_query(encoded, words)
    wanted = model.encode_pictures(targets)
    return model.auxiliary_loss(AnsweredQueries(encoded, words, composed, wanted, torch.as_tensor(false_negatives))).item()
