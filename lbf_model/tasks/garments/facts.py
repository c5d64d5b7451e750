"""Columns of garments' facts (see `regions.facts_of`) by name."""

from lbf_model.tasks.garments.attributes import VALUES

CATEGORY, COLOR, PATTERN = (list(VALUES).index(name) for name in ("category", "color", "pattern"))
