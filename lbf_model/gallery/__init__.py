"""Galleries: embeddings of pictures, indexed once, searched by cosine."""
