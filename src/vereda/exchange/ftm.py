"""Parties, forums, meetings and office holders as followthemoney entities; nobody else is ever a person here."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from vereda.errors import BadPeriod
from vereda.terms.cooperation import Meeting, Register
from vereda.terms.period import period
from vereda.terms.statement import Candidate

Entity = dict[str, Any]


def entities(register: Register) -> Iterator[Entity]:
    """Every party, forum and meeting of a register."""
    case = register.case.id
    addresses = {d.id: d.address for d in register.documents if d.address.startswith("http")}

    def sources(cites: Sequence[str]) -> list[str]:
        return [addresses[c] for c in cites if c in addresses]

    for party in register.parties:
        schema = "PublicBody" if party.kind == "state" else "Organization"
        country = [party.id.lower()] if party.kind == "state" and len(party.id) == 2 else []
        yield _entity(
            f"{case}-party-{party.id}", schema, name=[party.name.en, party.name.es], country=country
        )
    for forum in register.forums:
        yield _entity(
            f"{case}-forum-{forum.id}",
            "Organization",
            name=[forum.name.en, forum.name.es],
            sourceUrl=sources(forum.cites),
        )
    names = {forum.id: forum.name for forum in register.forums}
    parties = {forum.id: forum.parties for forum in register.forums}
    for meeting in register.meetings:
        name = names[meeting.forum].en
        yield _entity(
            f"{case}-meeting-{meeting.id}", "Event",
            name=[f"{name}, meeting {meeting.ordinal}" if meeting.ordinal else f"{name}, {meeting.date}"],
            location=[meeting.where.en] if meeting.where else [],
            organizer=[f"{case}-forum-{meeting.forum}"],
            involved=[f"{case}-party-{p}" for p in parties[meeting.forum]],
            sourceUrl=sources(meeting.cites), **_dates(meeting),
        )  # fmt: skip


def _dates(meeting: Meeting) -> dict[str, list[str]]:
    """A date to the precision in which it is known; first and last year of a span."""
    if "/" not in meeting.date:
        return {"date": [meeting.date]}
    try:
        span = period(meeting.date)
    except BadPeriod:
        return {}
    return {"startDate": [str(span.start.year)], "endDate": [str(span.end.year)]}


def office_holders(case: str, sha256: str, candidates: Iterable[Candidate]) -> Iterator[Entity]:
    """Person, position and occupancy of each accepted office holder; one person and office once."""
    seen: set[tuple[str, str, str]] = set()
    for c in candidates:
        name, office, party = (str(c.payload.get(k, "")) for k in ("name", "office", "party"))
        if c.kind != "person" or not name or not office or (name, office, party) in seen:
            continue
        seen.add((name, office, party))
        ident = f"{case}-{sha256[:12]}-{c.start}"
        country = [party.lower()] if party else []
        yield _entity(f"{ident}-person", "Person", name=[name], topics=["role.pep"])
        yield _entity(f"{ident}-position", "Position", name=[office], country=country)
        yield _entity(
            f"{ident}-occupancy", "Occupancy", holder=[f"{ident}-person"], post=[f"{ident}-position"]
        )


def _entity(ident: str, schema: str, **properties: Iterable[str]) -> Entity:
    said = {name: sorted(dict.fromkeys(filter(None, values))) for name, values in properties.items()}
    return {
        "id": ident,
        "schema": schema,
        "properties": {name: values for name, values in said.items() if values},
    }
