"""ZeroGPU: hardware of a Hugging Face Space that has a GPU only while a marked function runs."""

import os
from collections.abc import Callable, Iterable
from functools import partial

# The longest that an answer may take. Most of it is for the first one, whose process moves the networks to the GPU.
ANSWER_SECONDS = 5


def on_zero_gpu() -> bool:
    """Whether this process runs on such a Space. Its image holds the package `spaces`; nothing else here needs it."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def prepare() -> None:
    """Before anything asks for CUDA, let `spaces` emulate it, so that models can be put on "cuda" while there is none."""
    if on_zero_gpu():
        import spaces  # noqa: F401


def on_gpu(function: Callable, seconds: int = ANSWER_SECONDS) -> Callable:
    """Mark a function that needs the GPU.

    On ZeroGPU it runs in a forked process. Arguments, results and what a generator yields are pickled; what a generator
    *returns* is lost, and so is every change to an object of this process. Only a `gr.Error` keeps its message.

    Args:
        function: a plain function or a generator function.
        seconds: the longest it may take. Asking for less means waiting less, and a visitor with less left today is refused.

    Returns:
        What to call in its place; outside ZeroGPU the function itself.
    """
    if not on_zero_gpu():
        return function
    import spaces

    return spaces.GPU(duration=seconds)(function)


def run_on_gpu(service: object, methods: Iterable[str], with_messages: Callable) -> None:
    """On ZeroGPU make some methods of an object run with a GPU; elsewhere nothing changes.

    Args:
        service: whose methods run networks.
        methods: names of those that do.
        with_messages: calls a function so that its errors become a `gr.Error`, the only kind that keeps its message.
    """
    if on_zero_gpu():
        for name in methods:
            setattr(service, name, on_gpu(partial(with_messages, getattr(service, name))))
