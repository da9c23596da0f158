"""What `vereda scenes breaks` and `vereda alerts` print for people, from what they print as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from vereda.imagery import alerts
from vereda.pipeline.change_words import Voice


def broken(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """Breaks of a cube."""
    (h0, h1), (m0, m1) = told["history"], told["monitor"]
    states = told["states"]
    yield Text(
        say("breaks", band=told["band"], n=say.number(states["watched"]), first=m0, last=m1, h0=h0, h1=h1),
        style="bold",
    )
    left = [say(s, n=say.number(states[s])) for s in ("short", "unstable", "constant", "unseen") if states[s]]
    if left:
        yield Text(say("not_watched", told="; ".join(left)), style="yellow")
    yield Text(
        say(
            "looks",
            looks=say.number(told["looks_a_year"], 1),
            days=say.number(told["days_a_look"], 1),
            before=say.number(told["looks_in_history"], 1),
        )
    )
    table = _table(*map(say, ("detector", "falls", "rises", "false", "limit", "table_limit", "later")))
    for name, d in told["detectors"].items():
        table.add_row(
            say(name), _count(d["falls"], told, say), _count(d["rises"], told, say), say.number(d["expected_false"]),
            say.number(d["limit"], 2), say.number(d["limit_of_tables"], 2), " / ".join(say.number(n) for n in d["days_until_found"]),
        )  # fmt: skip
    yield table
    yield from _promised(told, say)
    if told["lag_days"]:
        lag = told["lag_days"]
        yield Text(say("begun", half=say.number(lag["half"]), most=say.number(lag["nine_tenths"])))
    yield Text(say("what_break"), style="yellow")
    yield Text(say("cells", file=told["file"], side=say.number(told["cell"])))
    yield Text(say("trail", data=told["cube"][:12], version=told["version"]), style="dim")


def alerted(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """Alerts of a feed."""
    if not told["classes"]:
        yield Text(say("no_alerts", title=told["title"], until=told["until"]), style="bold")
        return
    first, last = told["days"]
    yield Text(say("alerts", title=told["title"], first=first, last=last, until=told["until"]), style="bold")
    table = _table(*map(say, ("confidence", "pixels", "hectares", "cell_weeks", "masked", "false_published")))
    for c in told["classes"]:
        hectares = "-" if c["hectares"] is None else say.number(c["hectares"], 1)
        table.add_row(
            say(c["confidence"]), _count(c["pixels"], told, say), hectares, say.number(c["cell_weeks"]), say.number(c["masked"]),
            say(c["false_published"] or "not_published"),
        )  # fmt: skip
    yield table
    for fact in told["found_published"]:
        yield Text(say(fact))
    yield Text(say("lag_unknown"))
    if told["source"]:
        yield Text(say("source", source=told["source"]), style="dim")
    yield Text(say("apart"), style="yellow")
    yield Text(say("what_alert"), style="yellow")
    yield Text(say("cells", file=told["file"], side=say.number(told["cell"])))
    yield Text(say("trail", data=told["data"][:12], version=told["version"]), style="dim")


def _promised(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    by = {name: say.number(d["false_alarms_by_tables"], 3) for name, d in told["detectors"].items()}
    yield Text(
        say("promised", rate=say.number(told["false_alarms"], 3), looks=say.number(told["looks_a_false_alarm"]), **by)
    )  # fmt: skip
    tried = {name: d["false_alarms_tried"] for name, d in told["detectors"].items()}
    if None not in tried.values():
        numbers = {name: say.number(rate, 3) for name, rate in tried.items()}
        yield Text(say("tried", day=told["tried_from"], **numbers))
        if max(tried.values()) > 2 * told["false_alarms"]:
            yield Text(say("not_kept"), style="yellow")
    if told["memory"] > 0.05:
        memory = {"lag1": told["lag1"], "plain": told["lag1_of_noise"], "rho": told["memory"]}
        yield Text(say("memory", **{k: say.number(v, 2) for k, v in memory.items()}), style="yellow")
    for name, d in told["detectors"].items():
        for what, more in zip(("falls", "rises"), d["more_than_expected"], strict=True):
            if not more:
                yield Text(say("maybe_none", who=f"{say(name)}, {say(what)}"), style="yellow")


def counted(row: alerts.Row, say: Voice) -> tuple[object, object]:
    """Pixels and hectares of a cell and week, as the table has them."""
    return (say("closed"), "") if row.pixels is None else (row.pixels, row.hectares)


def _count(pixels: int | None, told: Mapping[str, Any], say: Voice) -> str:
    return say("fewer", few=told["few"]) if pixels is None else say.number(pixels)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(names):
        table.add_column(name, justify="right" if i else "left")
    return table
