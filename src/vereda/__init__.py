"""vereda: what was agreed, what was done, what changed, and the way back from every number."""

__version__ = "0.1.0"
