"""Seen from above and from samples: quantities with their error. Arrays in, frozen results out."""
