"""Galleries: embeddings of pictures, indexed once, searched by cosine.

`items` says what a gallery is made of, `item_table` reads and writes its pictures, `store` is the on-disk format, `backends`
search vectors, `near_duplicates` defines "the same picture", and `gallery` answers questions about all of them.
"""
