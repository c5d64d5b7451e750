"""What the demo carries: galleries that may be shipped, and example queries that they answer right."""
