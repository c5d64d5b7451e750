"""A drawn catalogue: flat-lay garment pictures with their mask, parts and words, from a seed."""
