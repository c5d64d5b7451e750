"""Your own triplets: their files and queries; training and protocol are those of captioned pictures."""
