"""Figures the register itself holds: how many places a scope names, how many people were trained."""

from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure


def scope_figures(register: Register, series: str) -> tuple[Figure, ...]:
    """How many places a scope holds, by version; the count its source states goes before the list we hold.

    series: ``scope.ID``. Trace: ``scope@ID:SINCE``.
    """
    found = []
    for scope in register.scopes:
        if scope.id != series.removeprefix("scope."):
            continue
        for version in scope.versions:
            stated = version.stated_count
            value = stated if stated is not None else len(version.places) or None
            found.append(
                Figure(
                    None if value is None else float(value),
                    "municipalities",
                    f"scope@{scope.id}:{version.since}",
                    status="stated" if stated is not None else "measured" if value else "not_held",
                    place=register.case.country,
                    period=version.since,
                    source=version.cites[0] if version.cites else "",
                )
            )
    return tuple(found)


def training_figures(register: Register) -> tuple[Figure, ...]:
    """The figures on training third countries, in the order of the register. Trace: ``training@ID``."""
    return tuple(
        Figure(
            row.value,
            row.unit,
            f"training@{row.id}",
            status="stated",
            period=row.period,
            source=row.cites[0] if row.cites else "",
        )
        for row in register.trainings
    )
