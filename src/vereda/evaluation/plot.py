"""What an estimate looks like: effects with their intervals, or the path of the gap, as an Altair chart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vereda.errors import BadRequest
from vereda.evaluation.asked import at
from vereda.evaluation.results import Estimate

if TYPE_CHECKING:
    import altair as alt

BEFORE, AFTER = "#8a8f98", "#0b5fa5"
AXES = {"e": "years since first exposure", "g": "first exposed year", "t": "year"}
WIDTH, HEIGHT = 520, 240


def chart(estimates: Sequence[Estimate]) -> "alt.VConcatChart":
    """One panel for each estimate, each in the unit of its own outcome.

    Points with 95 % intervals where there are standard errors; a line through the gaps where there are none. Grey
    lies before exposure, blue after. BadRequest without any estimate.
    """
    import altair as alt

    if not estimates:
        raise BadRequest("There is no estimate to draw.")
    return alt.vconcat(*(_one(estimate) for estimate in estimates))


def rows(estimate: Estimate) -> list[dict[str, Any]]:
    """What is drawn: the effects that have a place on the axis, or the att alone."""
    found = [
        {"at": at(e.label), "value": e.value, "low": e.low, "high": e.high, "when": _when(e.label)}
        for e in estimate.effects
        if at(e.label) is not None
    ]
    alone = {"at": 0.0, "value": estimate.att, "low": estimate.low, "high": estimate.high, "when": "after"}
    return found or [alone]


def sentence(estimate: Estimate) -> str:
    """The answer in one line: effect, interval or why there is none, p-value and what it rests on."""
    parts = [f"{estimate.att:.4g}"]
    if estimate.low is not None and estimate.high is not None:
        parts.append(f"95 % interval {estimate.low:.4g} to {estimate.high:.4g}")
    if estimate.p is not None:
        size = "" if estimate.size is None else f", simulated size of a 5 % test {estimate.size:.3f}"
        parts.append(f"p = {estimate.p:.3g} ({estimate.p_kind}{size})")
    return ", ".join(parts)


def _when(label: str) -> str:
    place = at(label)
    return "before" if label.startswith("e=") and place is not None and place < 0 else "after"


def _one(estimate: Estimate) -> Any:
    import altair as alt

    found = rows(estimate)
    kind = estimate.effects[0].label[:1] if estimate.effects else "e"
    certain = any(row["low"] is not None for row in found)
    times = [row["at"] for row in found]
    span = alt.Scale(domain=[min(times) - 0.5, max(times) + 0.5], nice=False)
    base = alt.Chart(alt.InlineData(values=found)).encode(
        x=alt.X("at:Q", title=AXES.get(kind, ""), axis=alt.Axis(format="d", tickMinStep=1), scale=span),
        color=alt.Color(
            "when:N", scale=alt.Scale(domain=["before", "after"], range=[BEFORE, AFTER]), legend=None
        ),
    )
    value = alt.Y("value:Q", title=f"effect on {estimate.outcome}", scale=alt.Scale(zero=True))
    tips = [alt.Tooltip(f"{name}:Q", format=".4g") for name in ("at", "value", "low", "high")]
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color="#444").encode(y="zero:Q")
    layers: list[Any] = [zero]
    if kind == "e" and len(found) > 1:
        start = alt.Chart(alt.InlineData(values=[{"start": -0.5}]))
        layers.append(start.mark_rule(color="#444", strokeDash=[4, 4]).encode(x=alt.X("start:Q", scale=span)))
    if certain:
        layers.append(base.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q"))
    else:
        layers.append(base.mark_line(color=AFTER).encode(y=value, color=alt.value(AFTER)))
    layers.append(base.mark_point(filled=True, size=60, opacity=1).encode(y=value, tooltip=tips))
    title = alt.TitleParams(
        f"{estimate.outcome}: {estimate.estimator}", subtitle=sentence(estimate), anchor="start"
    )
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)
