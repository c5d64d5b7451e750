"""Draw batches ahead of the training that uses them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class _Steps(Dataset):
    draw: Callable[[int], Batch]
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, place: int) -> Batch:
        return self.draw(self.first + place)


def draw_batches(draw: Callable[[int], Batch], first: int, last: int, workers: int = 0) -> Iterator[Batch]:
    """The batches of steps `first` to `last` - 1, in order, however many processes draw them.

    Args:
        draw: step -> its batch, which depends on the step alone.
        first: step to begin with.
        last: step to end before.
        workers: processes that draw ahead; 0 draws in this one, when a batch is wanted.
    """
    yield from DataLoader(_Steps(draw, first, last), batch_size=None, num_workers=workers, collate_fn=_as_drawn)


def _as_drawn(batch: Batch) -> Batch:
    """PyTorch by itself would turn arrays into tensors and tuples into lists."""
    return batch
