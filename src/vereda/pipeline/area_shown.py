"""What `vereda area` prints for people, from what it prints as JSON: the two cannot differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from vereda.pipeline.area_words import Voice

BAND = (0.93, 0.97)


def shown(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """An estimate."""
    yield Text(say("title"), style="bold")
    yield Text(
        say(
            "from", n=say.number(told["points"]), h=len(told["strata"]), total=say.number(told["total"]), unit=told["unit"],
            design=say(told["design"]), level=say.percent(told["level"], 0), kind=say(told["interval"]),
        )
    )  # fmt: skip
    yield Text(
        say("definition", text=told["definition"]) if told["definition"] else say("no_definition"),
        style="dim",
    )
    for name, rows in told["by_interpreter"].items():
        yield Text(say("interpreter", name=name), style="bold")
        yield _areas(rows, told, say)
    yield from _agreement(told, say)
    if told["undecided"]:
        yield Text(say("undecided", n=told["undecided"], all=told["points"]), style="yellow")
    if told["areas"]:
        yield _areas(told["areas"], told, say)
    if told["helped"]:
        yield from _helped(told, say)
    for row in told["areas"]:
        yield from _warnings(row, told["unit"], say)
    if told["areas"]:
        yield from _accuracy(told, say)
    yield Text(say("harm"), style="dim")
    yield Text(say("trail", data=told["data"][:12], seed=told["seed"], version=told["version"]), style="dim")


def _areas(rows: list[dict[str, Any]], told: Mapping[str, Any], say: Voice) -> Table:
    unit, level = told["unit"], say.percent(told["level"], 0)
    table = _table(
        say("class"), f"{say('area')}, {unit}", say("se"), f"{say('interval')} {level}", say("wald")
    )
    for r in rows:
        digits = _digits(r["se"] or r["high"] - r["low"])
        both = [
            say("to", low=say.number(low, digits), high=say.number(high, digits))
            for low, high in ((r["low"], r["high"]), r["intervals"]["wald"])
        ]
        table.add_row(r["class"], say.number(r["area"], digits), say.number(r["se"], digits), *both)
    return table


def _helped(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """With the probabilities of a map: what they are worth, and the condition they stand under."""
    yield Text(say("helped"), style="bold")
    unit, level = told["unit"], say.percent(told["level"], 0)
    table = _table(
        say("class"),
        f"{say('area')}, {unit}",
        say("se"),
        f"{say('wald')} {level}",
        say("worth_times"),
        say("map_alone"),
    )
    for r in told["helped"]:
        digits = _digits(r["se"] or r["area"])
        ends = (
            say("few_here")
            if r["low"] is None
            else say("to", low=say.number(r["low"], digits), high=say.number(r["high"], digits))
        )
        worth = "-" if r["worth"] is None else say.number(r["worth"], 2)
        table.add_row(
            r["class"], say.number(r["area"], digits), say.number(r["se"], digits), ends, worth,
            say.number(r["map_alone"], digits),
        )  # fmt: skip
    yield table
    yield Text(say("helped_if"), style="dim")


def _warnings(row: Mapping[str, Any], unit: str, say: Voice) -> Iterator[Text]:
    if row["few"]:
        strata = "; ".join(
            say(
                f"few_{f['side']}", stratum=f["stratum"], hits=f["hits"], n=say.number(f["points"]),
                hides=say.number(f["hides"], _digits(f["hides"])), unit=unit,
            )
            for f in row["few"]
        )  # fmt: skip
        yield Text(say("few", cls=row["class"], strata=strata), style="yellow")
    if row["mapped"] is not None and row["area"]:
        yield Text(
            say(
                "counted", cls=row["class"], mapped=say.number(row["mapped"], _digits(row["se"] or row["mapped"])), unit=unit,
                off=say.percent(row["mapped"] / row["area"] - 1, sign=True),
            )
        )  # fmt: skip


def _accuracy(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    found = told["accuracy"]
    if found is None:
        yield Text(say("no_map"), style="dim")
        return
    if told["same_map"]:
        yield Text(say("same_map"), style="dim")
    yield Text(say("accuracy"), style="bold")
    yield Text(
        say(
            "overall",
            value=say.number(found["overall"], 3),
            half=say.number(told["z"] * found["overall_se"], 3),
        )
    )
    level = say.percent(told["level"], 0)
    table = _table(say("class"), f"{say('user')} ±", level, f"{say('producer')} ±", level)
    for c in found["classes"]:
        cells = [cell for w in ("user", "producer") for cell in _half(c, w, told["z"], say)]
        table.add_row(c["class"], *cells)
    yield table


def _half(row: Mapping[str, Any], which: str, z: float, say: Voice) -> tuple[str, str]:
    """Wald's plus and minus, and the ends that hold where points are few."""
    value, se, low, high = (row[which], *(row[f"{which}_{end}"] for end in ("se", "low", "high")))
    if value is None or se is None or low is None:
        return "-", "-"
    ends = say("to", low=say.number(low, 2), high=say.number(high, 2))
    return f"{say.number(value, 2)} ± {say.number(z * se, 2)}", ends


def _agreement(told: Mapping[str, Any], say: Voice) -> Iterator[Text]:
    if told["agreement"]:
        yield Text(say("agreement"), style="bold")
    for k in told["agreement"]:
        names = ", ".join(k["interpreters"])
        if k["kappa"] is None:
            yield Text(say("no_kappa", names=names))
            continue
        yield Text(
            say(
                "kappa", names=names, value=say.number(k["kappa"], 2), low=say.number(k["low"], 2), high=say.number(k["high"], 2),
                observed=say.percent(k["observed"]), n=k["points"],
            )
        )  # fmt: skip


def designed(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """A design."""
    unit = told["unit"]
    yield Text(say("design_title"), style="bold")
    table = _table(
        say("stratum"),
        f"{say('area')}, {unit}",
        say("share"),
        say("expected"),
        say("points"),
        say("no_hit"),
        say("part"),
    )
    for r in told["strata"]:
        table.add_row(
            r["stratum"], say.number(r["area"], _digits(r["area"])), say.percent(r["weight"], 2), say.percent(r["expected"], 3),
            say.number(r["points"]), say.percent(r["no_hit"]), say.percent(r["part"]),
        )  # fmt: skip
    yield table
    digits = _digits(told["half_width"])
    yield Text(
        say(
            "plan", n=say.number(told["points"]), rule=say(told["rule"]), minimum=told["minimum"],
            area=say.number(told["area"], digits), unit=unit, half=say.number(told["half_width"], digits),
            relative=say.percent(told["relative"]),
        )
    )  # fmt: skip
    if told["cost"] is not None:
        yield Text(say("cost", cost=say.number(told["cost"], 2), left=say.number(told["left"], 2)))
    for w in told["worth"]:
        yield Text(
            say(
                "worth", more=say.number(w["more"]), half=say.number(w["half_width"], digits), relative=say.percent(w["relative"]),
                before=say.number(told["half_width"], digits), gain=say.percent(1 - w["half_width"] / told["half_width"]),
            )
        )  # fmt: skip
    for r in told["strata"]:
        if r["part"] > 0 and r["no_hit"] > 0.5:
            yield Text(
                say(
                    "blind",
                    stratum=r["stratum"],
                    part=say.percent(r["part"]),
                    no_hit=say.percent(r["no_hit"], 0),
                ),
                style="yellow",
            )
    yield Text(say("try"), style="dim")
    if told["files"]:
        yield Text(say("wrote", files=", ".join(told["files"]), folder=told["folder"]))
        yield Text(say("harm"), style="dim")
    yield Text(say("trail", data=told["data"][:12], seed=told["seed"], version=told["version"]), style="dim")


def simulated(told: Mapping[str, Any], say: Voice) -> Iterator[Any]:
    """A simulation of a design."""
    yield Text(say("simulate_title"), style="bold")
    yield Text(
        say(
            "simulated", draws=say.number(told["draws"]), n=say.number(told["points"]), unit=told["unit"],
            truth=say.number(told["truth"], _digits(told["truth"])), share=say.percent(told["share"], 3),
            bias=say.percent(told["bias"], sign=True), rmse=say.percent(told["rmse"]),
        )
    )  # fmt: skip
    table = _table(say("kind"), say("covers"), say("above"), say("below"), say("half"), say("verdict"))
    for c in told["coverage"]:
        low, high = BAND
        verdict = say("narrow" if c["covers"] < low else "wide" if c["covers"] > high else "holds")
        shares = (say.percent(c[w]) for w in ("covers", "above", "below"))
        table.add_row(
            say(c["interval"]),
            *shares,
            say.percent(c["half_width"]),
            verdict if told["level"] == 0.95 else "",
        )
    yield table
    for r in told["strata"]:
        if r["no_hit"] > 0.5:
            yield Text(say("empty", stratum=r["stratum"], share=say.percent(r["no_hit"])), style="yellow")
    yield Text(say("trail", data=told["data"][:12], seed=told["seed"], version=told["version"]), style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def _digits(scale: float) -> int:
    """Decimals that leave two figures of something of this size, none above a hundred."""
    size = abs(scale)
    return 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 4
