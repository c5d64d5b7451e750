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

    def __getitem__(self, place: int) -> "Batch | _Failure":
        try:
            return self.draw(self.first + place)
        except (OSError, ValueError) as error:  # PyTorch would turn its traceback into the message, and lose the system's
            return _Failure(error)


@dataclass(frozen=True)
class _Failure:
    """An error in a process that draws batches ahead."""

    error: Exception


def draw_batches(draw: Callable[[int], Batch], first: int, last: int, workers: int = 0) -> Iterator[Batch]:
    """The batches of steps `first` to `last` - 1, in order, however many processes draw them.

    Args:
        draw: step -> its batch, which depends only on the step.
        first: the first step.
        last: one past the last step.
        workers: processes that draw ahead; 0 draws in this process, when a batch is needed.

    Raises:
        OSError, ValueError: what `draw` raises, in any process.
    """
    for batch in DataLoader(_Steps(draw, first, last), batch_size=None, num_workers=workers, collate_fn=_as_drawn):
        if isinstance(batch, _Failure):
            raise batch.error
        yield batch


def _as_drawn(batch: Batch) -> Batch:
    """Return the batch unchanged: PyTorch's default would turn arrays into tensors and tuples into lists."""
    return batch
