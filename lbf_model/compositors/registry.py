"""The paper's table: each row's name, title, network and config, in the paper's order.

Every list of compositors is read from here. Names and titles need no torch; a network is imported when it is asked for.
"""

from ast import literal_eval
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING

from lbf_model.compositors.config import CompositorConfig

if TYPE_CHECKING:
    from lbf_model.compositors.base import Compositor
    from lbf_model.vision.detectors.base import RegionDetector


@dataclass(frozen=True)
class CompositorRow:
    """One row of the table.

    Attributes:
        name: for programs; checkpoints and galleries store it.
        title: for people.
        module: the module of `lbf_model.compositors` that holds both classes.
        network_name: class of the network, a `Compositor`.
        config_name: class of its config, a `CompositorConfig`.
    """

    name: str
    title: str
    module: str
    network_name: str
    config_name: str

    @property
    def network_class(self) -> "type[Compositor]":
        return getattr(import_module(f"lbf_model.compositors.{self.module}"), self.network_name)

    @property
    def config_class(self) -> type[CompositorConfig]:
        return getattr(import_module(f"lbf_model.compositors.{self.module}"), self.config_name)


COMPOSITORS: dict[str, CompositorRow] = {
    row.name: row
    for row in (
        CompositorRow("image-only", "image only", "image_only", "ImageOnly", "ImageOnlyConfig"),
        CompositorRow("text-only", "text only", "text_only", "TextOnly", "TextOnlyConfig"),
        CompositorRow("sum", "image + text", "sum", "Sum", "SumConfig"),
        CompositorRow("concat", "concat", "concat", "Concat", "ConcatConfig"),
        CompositorRow("show-and-tell", "Show and Tell", "show_and_tell", "ShowAndTell", "ShowAndTellConfig"),
        CompositorRow(
            "attribute-operator", "attribute as operator", "attribute_operator", "AttributeOperator", "AttributeOperatorConfig"
        ),
        CompositorRow(
            "parameter-hashing", "parameter hashing", "parameter_hashing", "ParameterHashing", "ParameterHashingConfig"
        ),
        CompositorRow("relationship", "relationship", "relationship", "Relationship", "RelationshipConfig"),
        CompositorRow("film", "FiLM", "film", "Film", "FilmConfig"),
        CompositorRow("tirg", "TIRG", "tirg", "Tirg", "TirgConfig"),
        CompositorRow("tirg-map", "TIRG on the map", "tirg_map", "TirgMap", "TirgMapConfig"),
        CompositorRow("snr", "SNR", "snr", "Snr", "SnrConfig"),
        CompositorRow("compose-ae", "ComposeAE", "compose_ae", "ComposeAe", "ComposeAeConfig"),
        CompositorRow("abe-m", "ABE-M", "abe", "Abe", "AbeConfig"),
        CompositorRow("lbf", "LBF", "lbf", "LbfNetwork", "LbfConfig"),
    )
}


def compositor_row(name: str) -> CompositorRow:
    """The row with this name; ValueError if there is none."""
    if name not in COMPOSITORS:
        raise ValueError(f"no compositor {name!r}; there are {', '.join(COMPOSITORS)}")
    return COMPOSITORS[name]


def build_compositor(name: str, config: CompositorConfig) -> "Compositor":
    """Assemble a compositor, randomly initialised.

    Raises:
        ValueError: no compositor has this name, or the config is of another class.
    """
    row = compositor_row(name)
    if type(config) is not row.config_class:
        raise ValueError(f"{name} is built from a {row.config_name}, not from a {type(config).__name__}")
    return row.network_class(config)


def parse_model_facts(name: str, told: Iterable[str]) -> dict[str, object]:
    """Parse facts of a compositor's config as typed by a user: "vep_layers=0", "positions=False", "words=minilm".

    Raises:
        ValueError: one is not NAME=VALUE, has another type than the config's default, or names no fact of this config.
    """
    defaults = {f.name: f.default for f in fields(compositor_row(name).config_class) if f.default is not MISSING}
    facts: dict[str, object] = {}
    for text in told:
        fact, _, value = text.partition("=")
        if fact not in defaults:
            raise ValueError(
                f"{text!r}: {name} has no such option; give NAME=VALUE, where NAME is one of {', '.join(defaults)}"
            )
        kind = type(defaults[fact])
        try:
            facts[fact] = value if kind is str else literal_eval(value)
        except (ValueError, SyntaxError):
            raise ValueError(f"{text!r}: {value!r} is not of type {kind.__name__}") from None
        if kind is float and type(facts[fact]) is int:
            facts[fact] = float(facts[fact])
        if type(facts[fact]) is not kind:
            raise ValueError(f"{text!r}: {value!r} is not of type {kind.__name__}")
    return facts


def make_config(name: str, detector: "RegionDetector", **facts) -> CompositorConfig:
    """The config of a compositor that reads a detector's output.

    Args:
        name: of the compositor.
        detector: sets the width of the features.
        **facts: the other fields; one that the row's class lacks raises TypeError.

    Raises:
        ValueError: no compositor has this name, or the facts are invalid.
    """
    config_class = compositor_row(name).config_class
    width = detector.feature_width if config_class.reads == "regions" else detector.feature_map_channels
    return config_class(feature_width=width, **facts)
