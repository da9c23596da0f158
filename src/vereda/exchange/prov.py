"""The way back of a number or an entry as PROV-JSON.

The PROV-JSON Serialization, W3C Member Submission of 24 April 2013.
"""

from collections.abc import Iterable
from typing import Any

from vereda.terms.figure import Step
from vereda.terms.review import Decision

_PREFIXES = {"vereda": "urn:vereda:", "prov": "http://www.w3.org/ns/prov#"}


class Record:
    """One PROV document under construction; steps that are one thing are one entity."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, ...], str] = {}
        self.parts: dict[str, dict[str, Any]] = {}

    def step(self, step: Step) -> str:
        """The entity of a step, derived from those of its inputs; publishers are agents."""
        known = (step.key,) if step.key else (step.kind, step.name, step.locator)
        fresh = known not in self._ids
        name = self._name(known, "publisher" if step.kind == "publisher" else "entity")
        if fresh:
            self._add("agent" if step.kind == "publisher" else "entity", name, _attributes(step))
        if fresh or step.inputs:
            self._made(name, step)
        return name

    def _made(self, name: str, step: Step) -> None:
        for one in step.inputs:
            other = self.step(one)
            if one.kind == "publisher":
                self._relate("wasAttributedTo", {"prov:entity": name, "prov:agent": other})
            else:
                self._relate("wasDerivedFrom", {"prov:generatedEntity": name, "prov:usedEntity": other})

    def decision(self, entity: str, one: Decision) -> None:
        """The review that an entry came out of: who, when, why, and the span it was read from."""
        source = self._name(("document", one.document), "entity")
        self._add("entity", source, {"prov:label": one.name, "vereda:sha256": one.document})
        person = self._name(("person", one.by), "reviewer")
        self._add(
            "agent",
            person,
            {"prov:type": {"$": "prov:Person", "type": "prov:QUALIFIED_NAME"}, "prov:label": one.by},
        )
        activity = self._name(("review", one.candidate, one.by, one.at), "review")
        said = {
            "vereda:verdict": one.verdict,
            "vereda:start": one.start,
            "vereda:end": one.end,
            "vereda:quote_sha256": one.quote_sha256,
        }
        why = {"vereda:why": one.why} if one.why else {}
        self._add(
            "activity",
            activity,
            {"prov:startTime": one.at, "prov:endTime": one.at, "prov:label": "review", **said, **why},
        )
        self._relate("used", {"prov:activity": activity, "prov:entity": source})
        self._relate("wasGeneratedBy", {"prov:entity": entity, "prov:activity": activity})
        self._relate("wasAssociatedWith", {"prov:activity": activity, "prov:agent": person})

    def _name(self, known: tuple[str, ...], kind: str) -> str:
        return self._ids.setdefault(known, f"vereda:{kind}{len(self._ids) + 1}")

    def _add(self, section: str, name: str, said: dict[str, Any]) -> None:
        self.parts.setdefault(section, {}).setdefault(name, said)

    def _relate(self, relation: str, said: dict[str, Any]) -> None:
        held = self.parts.setdefault(relation, {})
        if said not in held.values():
            held[f"_:{relation}{len(held) + 1}"] = said


def _attributes(step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {"prov:label": step.name, "vereda:kind": step.kind}
    if step.value is not None:
        said["prov:value"] = step.value
    optional = {
        "vereda:key": step.key,
        "vereda:unit": step.unit,
        "vereda:locator": step.locator,
        "vereda:note": step.note,
    }
    return said | {name: text for name, text in optional.items() if text}


def document(root: Step, decisions: Iterable[Decision] = ()) -> dict[str, Any]:
    """PROV-JSON of a way back, with the decisions its first step came out of."""
    record = Record()
    first = record.step(root)
    for one in decisions:
        record.decision(first, one)
    return {"prefix": _PREFIXES, **record.parts}
