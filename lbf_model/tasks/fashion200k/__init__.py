"""Fashion-200k: its files, training queries and protocol."""
