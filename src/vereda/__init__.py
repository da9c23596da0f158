"""vereda: what was agreed, what was done, what changed, and the way back from every number."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`vereda.estimate`, brought in when it is asked for: `import vereda` stays quick."""
    if name == "estimate":
        from vereda.pipeline.estimating import estimate

        return estimate
    raise AttributeError(f"module 'vereda' has no attribute {name!r}")
