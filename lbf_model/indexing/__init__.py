"""Pictures in, gallery folder out."""
