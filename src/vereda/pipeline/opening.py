"""The values the first page opens with, and their comparison with an expectation."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vereda.errors import BadRequest
from vereda.pipeline.study import STATE, case_id
from vereda.store import load_state
from vereda.terms.answer import Edition


def headline(folder: Path, build: Path) -> dict[str, Any]:
    """The values the first page opens with, as the last run stored them."""
    state = load_state(build / case_id(folder) / STATE)
    if "headline" not in state:
        raise BadRequest(f"{folder} has not been run yet: vereda run {folder}")
    return dict(state["headline"])


def values(told: Edition) -> dict[str, Any]:
    """Every promise with its readings, and the newest figure of every indicator."""
    by_promise = {
        p.id: {
            "state": p.state,
            "readings": [
                {
                    "commitment": c.entry.id,
                    "baseline": r.baseline and r.baseline.value,
                    "target": r.target and r.target.value,
                    "actual": r.actual and r.actual.value,
                    "change_percent": None
                    if r.change is None or r.change.value is None
                    else round(r.change.value, 1),
                    "state": r.state,
                }
                for c in p.commitments
                for r in c.readings
            ],
        }
        for p in told.agreed.promises
    }
    newest = {
        f"{answer.id}@{answer.place}": [answer.current[-1].period, answer.current[-1].value]
        for answer in told.changed.indicators
        if answer.current
    }
    return {"as_of": told.as_of, "promises": by_promise, "newest": newest}


def differences(found: Mapping[str, Any], expected: Mapping[str, Any], at: str = "") -> list[str]:
    """Where two nested values differ, in words; numbers may differ by one part in a thousand million."""
    lines: list[str] = []
    for key in sorted({*found, *expected}):
        one, other, where = found.get(key), expected.get(key), f"{at}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            lines.extend(differences(one, other, f"{where}."))
        elif not _same(one, other):
            lines.append(f"{where} is {json.dumps(one)}, expected {json.dumps(other)}")
    return lines


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and not isinstance(one, bool):
        return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return not differences(one, other)
    return bool(one == other)
