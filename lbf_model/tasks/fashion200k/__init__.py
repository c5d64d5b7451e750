"""Fashion-200k: its files and queries; training and protocol are those of captioned pictures."""
