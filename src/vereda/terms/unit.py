"""Units, and which of them have a sum over places."""

import re

#: Areas, masses, volumes, and what is counted one by one. A unit that is not here has no sum unless its series says so:
#: a share, a price, a rate, a score or a distance of many places added up is a number of nothing.
_ADDED = frozenset({
    "ha", "km2", "m2", "t", "t as seized", "t pure", "kg", "g", "l", "US gal",
    "births", "boats", "cases", "cells", "deaths", "devices", "events", "facilities", "families", "households",
    "initiatives", "laboratories", "member", "mentions", "operations", "people", "persons", "persons (aggregate)",
    "projects", "sites", "surveys", "vessels", "victims", "villages",
})  # fmt: skip
_MONEY = re.compile(r"((thousand )?million )?[A-Z]{3}( million)?( constant| of \d{4})?")


def adds_up(unit: str) -> bool:
    """Whether values of this unit have a sum over places: hectares, deaths and dollars have, shares and prices have none."""
    return unit in _ADDED or _MONEY.fullmatch(unit) is not None
