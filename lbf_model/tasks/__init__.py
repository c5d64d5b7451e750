"""Benchmarks: one folder each, with its data, training queries, protocol and demo."""
