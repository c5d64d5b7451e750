"""Pictures in, regions out."""
