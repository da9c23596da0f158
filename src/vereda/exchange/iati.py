"""Instruments as IATI 2.03 activities, commitments with figures as their results.

IATI Standard 2.03, activity standard and its XSD: the order of the elements is the schema's. An instrument is an
activity; each way to read a promise is an indicator of its own, because rival estimates are never merged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from vereda.terms.answer import Agreed, CommitmentAnswer, Reading
from vereda.terms.cooperation import Instrument, Register, Text
from vereda.terms.figure import Figure
from vereda.terms.period import period

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
GOVERNMENT, OTHER_ORGANISATION = "10", "90"  # codelist OrganisationType
ACCOUNTABLE = "2"  # codelist OrganisationRole: answers for the activity and its outcomes
RUNNING, CLOSED = "2", "4"  # codelist ActivityStatus: implementation, closed
STARTED, PLANNED_END, ENDED = (
    "2",
    "3",
    "4",
)  # codelist ActivityDateType: actual start, planned end, actual end
OUTPUT, OTHER_RESULT = "1", "9"  # codelist ResultType


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who publishes the file: identifier (codelist OrganisationRegistrationAgency), name, type (OrganisationType).

    sector: five digits of the DAC list for every activity; empty where none fits. The schema does without, the
    publishing rules of the standard do not: much security cooperation is no aid and has no sector there.
    """

    ref: str
    name: str
    type: str
    sector: str = ""


def document(register: Register, agreed: Agreed, reporter: Reporter, as_of: str) -> tuple[bytes, list[str]]:
    """The file, and the commitments it leaves out because they name no instrument or set no number."""
    root = etree.Element("iati-activities", version="2.03")
    results: dict[str, list[CommitmentAnswer]] = {}
    left_out: list[str] = []
    for found in agreed.commitments:
        readings = [r for r in found.readings if r.target is not None]
        if found.entry.instrument is None or not readings:
            left_out.append(found.entry.id)
        else:
            results.setdefault(found.entry.instrument, []).append(found)
    for instrument in register.instruments:
        if period(instrument.start).start <= date.fromisoformat(as_of):
            root.append(_activity(register, instrument, results.get(instrument.id, ()), reporter, as_of))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True), left_out


def _activity(
    register: Register, entry: Instrument, results: Sequence[CommitmentAnswer], reporter: Reporter, as_of: str
) -> Any:
    element = etree.Element("iati-activity", {LANG: "en"})
    _sub(element, "iati-identifier").text = f"{reporter.ref}-{register.case.id}-{entry.id}"
    who = _sub(element, "reporting-org", ref=reporter.ref, type=reporter.type)
    _sub(who, "narrative").text = reporter.name
    _said(_sub(element, "title"), entry.name)
    _said(_sub(element, "description", type="1"), entry.content)
    names = {party.id: party for party in register.parties}
    for ident in entry.parties:
        kind = GOVERNMENT if names[ident].kind == "state" else OTHER_ORGANISATION
        _said(_sub(element, "participating-org", role=ACCOUNTABLE, type=kind), names[ident].name)
    ended = entry.end is not None and period(entry.end).end < date.fromisoformat(as_of)
    _sub(element, "activity-status", code=CLOSED if ended else RUNNING)
    _day(element, STARTED, entry.start, first=True)
    if entry.end is not None:
        _day(element, ENDED if ended else PLANNED_END, entry.end, first=False)
    if len(register.case.country) == 2:
        _sub(element, "recipient-country", code=register.case.country, percentage="100")
    if reporter.sector:
        _sub(
            element, "sector", vocabulary="1", code=reporter.sector
        )  # codelist SectorVocabulary: DAC, five digits
    for found in results:
        element.append(_result(found))
    return element


def _day(parent: Any, kind: str, written: str, first: bool) -> None:
    """A date; where only a year or month is known the text says so, because the schema wants a day."""
    span = period(written)
    element = _sub(
        parent, "activity-date", **{"type": kind, "iso-date": (span.start if first else span.end).isoformat()}
    )
    if span.start != span.end:
        _said(element, Text(en=f"Known only as {written}.", es=f"Solo se sabe: {written}."))


def _result(found: CommitmentAnswer) -> Any:
    entry = found.entry
    element = etree.Element(
        "result", {"type": OUTPUT if entry.beside else OTHER_RESULT, "aggregation-status": "false"}
    )
    _said(_sub(element, "title"), entry.gist)
    _said(_sub(element, "description"), Text(en=(said := f"{found.trace}: {found.state}"), es=said))
    for reading in found.readings:
        if reading.target is not None:
            element.append(_indicator(found, reading))
    return element


def _indicator(found: CommitmentAnswer, reading: Reading) -> Any:
    entry, target = found.entry, reading.target
    assert target is not None
    measure = "2" if target.unit in {"%", "percent"} else "1"  # codelist IndicatorMeasure: percentage, unit
    element = etree.Element("indicator", measure=measure)
    if entry.better is not None:
        element.set("ascending", "true" if entry.better == "at_least" else "false")
    made = ", ".join(filter(None, (target.unit, target.estimator or (reading.baseline or target).estimator)))
    _said(_sub(element, "title"), Text(en=f"{entry.gist.en} [{made}]", es=f"{entry.gist.es} [{made}]"))
    base = reading.baseline
    if base is not None and base.value is not None:
        said = _sub(element, "baseline", year=str(period(base.period).year), value=_number(base.value))
        _comment(said, base)
    element.extend(_periods(found, reading, target))
    return element


def _periods(found: CommitmentAnswer, reading: Reading, target: Figure) -> Iterator[Any]:
    """The period of the promise with its target, and the value that is held for the due year where there is one."""
    entry = found.entry
    start = period(entry.made_on).start
    end = period(entry.due).end if entry.due not in (None, "yearly") and entry.due else None
    actual = reading.actual
    if end is None and actual is not None and actual.period:
        end = period(actual.period).end
    if end is None or end < start:
        return
    element = etree.Element("period")
    _sub(element, "period-start", **{"iso-date": start.isoformat()})
    _sub(element, "period-end", **{"iso-date": end.isoformat()})
    if target.value is not None:
        _comment(_sub(element, "target", value=_number(target.value)), target)
    if actual is not None and actual.value is not None:
        _comment(_sub(element, "actual", value=_number(actual.value)), actual)
    yield element


def _comment(parent: Any, figure: Figure) -> None:
    """Which figure this is: its period and the key of its way back; the two ends where it is a range."""
    ends = (
        ""
        if figure.low is None or figure.high is None
        else f"{_number(figure.low)} - {_number(figure.high)}; "
    )
    text = f"{ends}{figure.period}; {figure.trace}".strip("; ")
    _said(_sub(parent, "comment"), Text(en=text, es=text))


def _said(parent: Any, text: Text) -> None:
    _sub(parent, "narrative", **{LANG: "en"}).text = text.en
    if text.es != text.en:
        _sub(parent, "narrative", **{LANG: "es"}).text = text.es


def _sub(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, name, attributes)


def _number(value: float) -> str:
    return f"{value:.12g}"
