"""Which figures may be added over places."""

_NEVER = frozenset({"%", "index", "ratio", "rate", "1"})


def adds_up(unit: str) -> bool:
    """Whether values of this unit have a sum: hectares and deaths have, shares, prices and rates have none."""
    return unit not in _NEVER and "/" not in unit and " per " not in unit
