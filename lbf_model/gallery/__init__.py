"""Galleries: embeddings of pictures, indexed once, searched by cosine.

`items` says what a gallery is made of, `item_table` reads and writes its pictures, `store` is its form on disk, `backends`
search vectors, `near_duplicates` is the one meaning of "the same picture", and `gallery` answers questions about all of them.
"""
