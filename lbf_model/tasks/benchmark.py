"""What a benchmark tells the command line and the page about itself; each folder's benchmark.py fills one `Benchmark`.

These records are read before a verb is known, so a benchmark.py imports nothing heavy: its functions import what they need.
"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lbf_model.tasks.experiments import Experiment

if TYPE_CHECKING:
    from lbf_model.gallery.items import GalleryItem
    from lbf_model.training.calibration import AnswerTrials
    from lbf_model.types import Regions


@dataclass(frozen=True)
class Flag:
    """A flag that a benchmark adds to a shared verb. With another benchmark it is refused, not ignored.

    Attributes:
        name: such as "--data".
        help: what it means; the command line puts the benchmark's name before it.
        settings: further keywords of `ArgumentParser.add_argument`. Benchmarks that share a flag must agree on them.
        needed: whether the verb requires it if this benchmark is chosen.
    """

    name: str
    help: str
    settings: Mapping[str, object] = field(default_factory=dict)
    needed: bool = False

    @property
    def attribute(self) -> str:
        """What the parsed flag is called in a `Namespace`."""
        return self.name.removeprefix("--").replace("-", "_")


def folder_flag(name: str, help: str, needed: bool = True) -> Flag:
    """A flag that names a folder."""
    return Flag(name, help, {"type": Path}, needed)


@dataclass(frozen=True)
class OwnVerb:
    """A verb that only one benchmark has.

    Attributes:
        name: of the verb.
        help: one line.
        add_arguments: adds its arguments to a parser.
        run: carries it out, with the parsed arguments.
    """

    name: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]


@dataclass(frozen=True)
class IndexSource:
    """A part of a benchmark that `index` turns into a gallery.

    Attributes:
        title: what it is called in "build a gallery from a folder of pictures or from ...".
        folder: what to name as the source instead of a folder of pictures.
        entries: the gallery's entries, or None if the flags do not ask for this source.
    """

    title: str
    folder: str
    entries: Callable[[Namespace], "list[GalleryItem] | None"]


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: its names, its flags, and what it does for each verb that it takes part in.

    The functions take the parsed flags. A benchmark takes part in a verb if it has that verb's function; with that verb,
    `flags.dataset` is the benchmark's name and `flags.detector` is set.

    Attributes:
        name: what `--dataset` calls it; also the name of its folder, with underscores for hyphens.
        title: what to call it in a sentence.
        pictures: what to call its pictures in a sentence.
        detector: folder name of the shipped detector for it.
        checkpoint: folder name of the shipped LBF checkpoint for it.
        flags: by verb, the flags it adds, if any; "results" takes those of "train" and "evaluate" under the same names. If the
            two should differ, the one for "evaluate" has "measured-" before its name.
        own_verbs: verbs that it alone has.
        detector_steps: how long its detector is trained by default.
        experiments: for results, in addition to those that all benchmarks share.
        demo_seed: the default seed of its demo; training and measuring must use others.
        detector_examples: for train-detector; returns the DetectorConfig and the `Pictures` to train on.
        detector_figures: for evaluate-detector; takes the loaded detector, too, and returns the figures.
        training_queries: for train; takes the loaded detector, too, and returns the compositor's config and its `Queries`.
        figures: for evaluate; returns the table of `flags.checkpoints`.
        known_queries: for evaluate-attribution; returns the `KnownQuery` list and what the figures say about it.
        grounded_queries: for evaluate-grounding; returns the `GroundedQuery` list and what the figures say about it.
        answer_trials: for calibrate-answers; takes the loaded detector, too, and returns `AnswerTrials`.
        make_demo: for make-demo; takes the retriever and the compositors to compare it with, and returns the counts "pictures",
            "examples" and "tried". `flags.seed` is set.
        index_source: what `index` can read of it.
        suggest_changes: modification texts for regions of a picture, best first, from how often the gallery holds each label;
            nothing if the regions show nothing that it knows.
        find_contradiction: a sentence about a value that the words of a text both ask for and refuse; "" if there is none.
    """

    name: str
    title: str
    pictures: str
    detector: str
    checkpoint: str
    flags: Mapping[str, tuple[Flag, ...]]
    own_verbs: tuple[OwnVerb, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    detector_steps: int | None = None
    demo_seed: int | None = None
    detector_examples: Callable[[Namespace], tuple] | None = None
    detector_figures: Callable[[Namespace, object], dict] | None = None
    training_queries: Callable[[Namespace, object], tuple] | None = None
    figures: Callable[[Namespace], dict] | None = None
    known_queries: Callable[[Namespace], tuple] | None = None
    grounded_queries: Callable[[Namespace], tuple] | None = None
    answer_trials: "Callable[[Namespace, object], AnswerTrials] | None" = None
    make_demo: Callable[[Namespace, object, list], dict] | None = None
    index_source: IndexSource | None = None
    suggest_changes: "Callable[[Regions, Counter[str]], Iterable[str]] | None" = None
    find_contradiction: Callable[[Sequence[str]], str] | None = None

    def flags_of(self, verb: str) -> tuple[Flag, ...]:
        """The flags it adds to a verb, if any."""
        return self.flags.get(verb, ())
