"""What `vereda classify` prints for people, from what it prints as JSON: the two cannot differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from vereda.pipeline.imagery_words import Voice
from vereda.publication.land_map import STEPS

SHOWN = 12  # rows that are named


def fitted(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """A model that was written."""
    yield Text(
        say(
            "fitted",
            path=told["path"],
            kind=told["kind"],
            n=say.number(told["trained"]),
            classes=", ".join(told["classes"]),
        )
    )
    if told["left_out"]:
        yield Text(say("left_out", n=told["left_out"], gap=told["gap"]), style="yellow")
    yield _model(told, say)


def validated(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """Four ways of leaving out."""
    yield Text(
        say(
            "validated",
            kind=told["kind"],
            n=say.number(told["series"]),
            k=len(told["classes"]),
            seeds=len(told["seeds"]),
        ),
        style="bold",
    )
    yield Text(say("selection"), style="yellow")
    if told["left_out"]:
        yield Text(say("left_out", n=told["left_out"], gap=told["gap"]), style="yellow")
    table = _table(
        say("way"), say("overall"), say("kappa"), say("macro_f1"), say("groups"), say("folds"), say("unseen")
    )
    for way, s in told["scores"].items():
        name = say(way, side=told["side"])
        if isinstance(s, str):
            table.add_row(name, say(s), "", "", "", "", "")
            continue
        table.add_row(
            name, say.percent(s["overall"]), say.number(s["kappa"], 3) if s["kappa"] is not None else "-", say.number(s["macro_f1"], 3),
            say.number(s["groups"]), str(s["folds"]), say.number(s["unseen"]),
        )  # fmt: skip
    yield table
    for way, s in told["scores"].items():
        if not isinstance(s, str) and s["unseen"]:
            yield Text(
                say("no_transfer", way=say(way, side=told["side"]), n=say.number(s["unseen"])), style="yellow"
            )
    yield from _by_class(told, say)
    yield from _faults(told["quality"], say)
    yield Text(say("trail", data=told["footprint"][:12], version=told["version"]), style="dim")


def _by_class(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    if isinstance(told["scores"]["place"], str):
        return
    yield Text(say("by_place"), style="bold")
    table = _table(say("class"), say("series"), say("found"), say("right"))
    for c in told["scores"]["place"]["classes"]:
        shares = ["-" if c[w] is None else say.percent(c[w]) for w in ("found", "right")]
        table.add_row(c["class"], say.number(c["series"]), *shares)
    yield table


def _faults(q: Mapping[str, Any] | None, say: Voice) -> Iterator[Any]:
    if q is None:
        return
    yield Text(say("quality"), style="bold")
    yield Text(
        say("places", n=say.number(q["series"]), places=say.number(q["places"]), most=q["most_at_a_place"])
    )
    for fault in ("conflicts", "twins"):
        if q[fault]:
            yield Text(say(fault, n=len(q[fault]), rows=_rows(q[fault], say)), style="yellow")
    if q["suspects"]:
        rows = _rows([s["series"] for s in q["suspects"]], say)
        yield Text(say("suspects", n=len(q["suspects"]), rows=rows), style="yellow")
    for cls, year in q["one_year"].items():
        yield Text(say("tied_year", cls=cls, year=year), style="yellow")
    for cls in q["one_block"]:
        yield Text(say("tied_block", cls=cls), style="yellow")


def predicted(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """Strata of a cube."""
    yield Text(say("predicted", n=say.number(told["pixels"])), style="bold")
    yield strata(told, say)
    yield Text(say("not_area", file=f"{told['folder']}/strata.csv"), style="yellow")
    for cls, (n, of) in told["omitted"].items():
        if n:
            yield Text(say("mask_omits", n=n, all=of, cls=cls), style="yellow")
    if told["omitted"] and not any(n for n, _ in told["omitted"].values()):
        yield Text(say("mask_none"), style="dim")
    yield Text(say("wrote", files=", ".join(told["files"]), folder=told["folder"]))
    points = told.get("points", {"all": 0, "elsewhere": 0})
    if points["elsewhere"] > 0.01 * points["all"]:
        yield Text(say("points_elsewhere", n=points["elsewhere"], all=points["all"]), style="yellow")
    if told["survey"]:
        yield Text(say("survey", path=told["survey"]), style="yellow")
    yield Text(say("harm", cell=say.number(told["cell"])), style="dim")
    if told["packages_then"]:
        yield Text(
            say("other_packages", then=", ".join(told["packages_then"]), now=", ".join(told["packages"])),
            style="yellow",
        )
    yield _model(told, say)
    yield Text(say("trail", data=told["cube"][:12], version=told["version"]), style="dim")


def strata(told: Mapping[str, Any], say: Voice) -> Table:
    """Counted pixels by stratum."""
    table = _table(say("stratum"), say("mapped"), say("share"))
    for s in told["strata"]:
        name = say(s["stratum"]) if s["stratum"] in ("unlike", "masked", "unseen_land") else s["stratum"]
        table.add_row(name, say.number(s["area"]), say.percent(s["share"]))
    return table


def step_words(say: Voice) -> list[str]:
    """The steps of a picture of shares."""
    ends = [say.percent(s, 0) for s in STEPS]
    return [ends[0], *(f"≤ {end}" for end in ends[1:]), f"> {ends[-1]}"]


def _model(told: Mapping[str, Any], say: Voice) -> Text:
    return Text(
        say(
            "model",
            model=told["model"][:12],
            footprint=told["footprint"][:12],
            packages=", ".join(told["packages"]),
        ),
        style="dim",
    )


def _rows(rows: Sequence[int], say: Voice) -> str:
    named = ", ".join(map(str, rows[:SHOWN]))
    return named if len(rows) <= SHOWN else say("rows_more", rows=named, n=len(rows) - SHOWN)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table
