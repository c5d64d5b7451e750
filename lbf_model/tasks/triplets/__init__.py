"""Triplets of one's own: their files and queries; training and protocol are those of captioned pictures."""
