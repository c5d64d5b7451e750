"""The vocabulary of CSS texts. Grid cells are two words ("top-left" is read as top, left), so each word has one meaning."""

from lbf_model.tasks.css.grammar import KINDS
from lbf_model.tasks.css.scenes import COLORS, SHAPE_SYNONYMS, SHAPES, SIZES

CSS_WORDS = (
    *KINDS,
    "to",
    "object",
    *SIZES,
    *COLORS,
    *SHAPES,
    *SHAPE_SYNONYMS.values(),
    "top",
    "middle",
    "bottom",
    "left",
    "center",
    "right",
)

# What visitors type for the same thing. The data set never does.
CSS_ALIASES = {"grey": "gray", "centre": "center", "big": "large", "little": "small", "ball": "sphere", "delete": "remove"}
