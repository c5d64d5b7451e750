"""Figures that papers print: the only numbers of docs/results.md that are typed and not measured.

Source: Hosseinzadeh and Wang, Composed Query Image Retrieval Using Locally Bounded Features, CVPR 2020, its tables for
Fashion-200k (R@1, R@10, R@50), MIT-States (R@1, R@5, R@10) and CSS (R@1, 3D -> 3D and 2D -> 3D). The rows before LBF are
those that TIRG's authors measured (Vo et al., CVPR 2019). All are as printed; None means that a table has no figure.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """A row of the paper's tables.

    Attributes:
        experiment: this project's name (see `lbf_model.tasks.experiments`); the paper's own name if there is none.
        title: as in the paper.
        fashion200k: R@1, R@10, R@50.
        mit_states: R@1, R@5, R@10.
        css: R@1 of 3D -> 3D and of 2D -> 3D.
    """

    experiment: str
    title: str
    fashion200k: tuple[str, str, str] | None
    mit_states: tuple[str, str, str] | None
    css: tuple[str | None, str | None] | None


PAPER = (
    Published("image-only", "Image only", ("3.5", "22.7", "43.7"), ("3.3", "12.8", "20.9"), ("6.3", "6.3")),
    Published("text-only", "Text only", ("1.0", "12.3", "21.8"), ("7.4", "21.5", "32.7"), ("0.1", "0.1")),
    Published("concat", "Concat", ("11.9", "39.7", "62.6"), ("11.8", "30.8", "42.1"), ("60.6", "27.3")),
    Published("han", "Han et al.", ("6.3", "19.9", "38.3"), None, None),
    Published("show-and-tell", "Show and Tell", ("12.3", "40.2", "61.8"), ("11.9", "31.0", "42.0"), ("33.0", "6.0")),
    Published("attribute-operator", "Attribute as Operator", None, ("8.8", "27.3", "39.1"), None),
    Published("parameter-hashing", "Parameter Hashing", ("12.2", "40.0", "61.7"), None, ("60.5", "31.4")),
    Published("relationship", "Relationship", ("13.0", "40.5", "62.4"), ("12.3", "31.9", "42.9"), ("62.1", "30.6")),
    Published("film", "FiLM", ("12.9", "39.5", "61.9"), ("10.1", "27.7", "42.9"), ("65.6", "43.7")),
    Published("tirg", "TIRG", ("14.1", "42.5", "63.8"), ("12.2", "31.9", "41.3"), ("73.7", "46.6")),
    Published("lbf-small", "LBF small", ("16.26", "46.90", "71.73"), ("14.29", "34.67", "46.06"), ("67.26", "50.31")),
    Published("lbf", "LBF big", ("17.78", "48.35", "68.5"), ("14.72", "35.30", "46.56"), ("79.2", "55.69")),
)
