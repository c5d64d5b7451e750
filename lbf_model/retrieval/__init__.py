"""The only path of a query: picture and sentence in, SearchResult out."""
