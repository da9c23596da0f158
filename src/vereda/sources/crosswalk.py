"""Boundaries of two years side by side, and who lies near whom. Series stay on the boundaries they were measured on."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from vereda.errors import BadRequest
from vereda.terms.place import Gazetteer, Place

EARTH_KM = 6371.0072  # radius of the sphere of the surface of GRS 80 (Moritz 2000, Journal of Geodesy 74)


class Crossing(NamedTuple):
    """Places that can only be compared together: their codes in the one year and in the other."""

    then: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def what(self) -> str:
        """same, split, merged, created or abolished (of or into nothing that the list names), redrawn."""
        if self.then == self.now:
            return "same"
        if not self.then or not self.now:
            return "created" if not self.then else "abolished"
        if len(self.then) < len(self.now):
            return "split"
        return "merged" if len(self.then) > len(self.now) else "redrawn"


class Near(NamedTuple):
    """A place near another: code, and kilometres between the seats."""

    place: str
    km: float


def crosswalk(gazetteer: Gazetteer, then: int, now: int) -> tuple[Crossing, ...]:
    """Every finest place of two years, in groups that cover the same ground; those that changed stand together.

    A place belongs with those it was made of (`predecessors`) if one of them is valid in one year and not in the other.
    """
    known = {code: p for code, p in gazetteer.places.items() if p.level in gazetteer.finest}
    group = {code: code for code in known}
    for code, place in known.items():
        for older in place.predecessors:
            if older in known and _changed(place, known[older], then, now):
                _join(group, code, older)
    members: dict[str, list[str]] = defaultdict(list)
    for code in sorted(known):
        members[_root(group, code)].append(code)
    crossed = [
        Crossing(
            tuple(c for c in codes if _valid(known[c], then)),
            tuple(c for c in codes if _valid(known[c], now)),
        )
        for codes in members.values()
    ]
    return tuple(sorted(one for one in crossed if one.then or one.now))


def nearest(gazetteer: Gazetteer, code: str, k: int) -> tuple[Near, ...]:
    """The k finest places whose seats are nearest to that of a place, by great circle, the nearest first."""
    here = gazetteer.get(code)
    if here.lon is None or here.lat is None:
        raise BadRequest(f"{code} {here.name}: the list of places has no seat of it, so nothing is near it.")
    others = [
        p
        for p in gazetteer.places.values()
        if p.level in gazetteer.finest and p.code != code and p.lon is not None and p.lat is not None
    ]
    if k < 1 or k > len(others):
        raise BadRequest(
            f"There are {len(others)} places with a seat beside {code}. Ask for 1 to {len(others)}."
        )
    away = [Near(p.code, kilometres(here, p)) for p in others]
    return tuple(sorted(away, key=lambda near: (near.km, near.place))[:k])


def kilometres(one: Place, other: Place) -> float:
    """Great-circle distance between two seats on a sphere of the Earth's surface."""
    a, b = (np.radians([p.lon or 0.0, p.lat or 0.0]) for p in (one, other))
    half = np.sin((b - a) / 2) ** 2
    return float(2 * EARTH_KM * np.arcsin(np.sqrt(half[1] + np.cos(a[1]) * np.cos(b[1]) * half[0])))


def _changed(new: Place, old: Place, then: int, now: int) -> bool:
    """Whether one of the two begins or ends between the years."""
    return any(_valid(place, then) != _valid(place, now) for place in (new, old))


def _valid(place: Place, year: int) -> bool:
    return (place.since is None or year >= place.since) and (place.until is None or year <= place.until)


def _root(group: Mapping[str, str], code: str) -> str:
    while group[code] != code:
        code = group[code]
    return code


def _join(group: dict[str, str], one: str, other: str) -> None:
    a, b = sorted((_root(group, one), _root(group, other)))
    group[b] = a
