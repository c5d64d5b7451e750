"""The only path a query takes: picture and sentence in, SearchResult out."""
