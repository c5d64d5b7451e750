"""Train a detector, extract its features once, train a compositor on them, evaluate by protocol."""
