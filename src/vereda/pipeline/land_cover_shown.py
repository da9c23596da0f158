"""What a worked case prints and writes, from what it prints as JSON: the two cannot differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from vereda.pipeline.classify_shown import step_words, validated
from vereda.pipeline.imagery_words import Voice
from vereda.publication.land_map import Bar, areas, land_map


def shown(told: Mapping[str, Any], say: Voice, files: Sequence[str], folder: str) -> Iterator[Any]:
    """For people."""
    yield Text(told["title"][say.language], style="bold")
    yield Text(told["citation"], style="dim")
    yield Text("")
    yield from validated(told["validation"], say)
    yield Text("")
    for line in _how(told, say):
        yield Text(line)
    yield _areas(told, say)
    yield Text("")
    yield Text(_tested(told, say))
    for line in _cited(told, say):
        yield Text(line, style="bold")
    yield Text(say("case_limits"), style="yellow")
    yield Text(say("wrote", files=", ".join(files), folder=folder))
    yield Text(say("harm", cell=say.number(told["map"]["cell"])), style="dim")
    yield Text(say("trail", data=told["files"][:12], version=told["version"]), style="dim")


def documents(told: Mapping[str, Any], share: NDArray[np.float64], say: Voice) -> dict[str, str]:
    """results.json, two pictures and a page that holds them."""
    classes = told["model"]["classes"]
    picture = land_map(
        share,
        [*classes, say("unlike")],
        say("legend", cell=say.number(told["map"]["cell"])),
        say("blank"),
        step_words(say),
    )
    bars = [
        Bar(
            a["class"], a["area"], a["low"], a["high"], a["counted"], a["truth"],
            f"{say.number(a['area'])} ha ({say('to', low=say.number(a['low']), high=say.number(a['high']))})",
        )
        for a in told["areas"]
    ]  # fmt: skip
    key = (say("estimate"), say("counted"), say("truth"))
    drawn = areas(bars, say("area_title"), key)
    lines = [
        f"# {told['title'][say.language]}",
        "",
        told["citation"],
        "",
        *(f"{line}\n" for line in _how(told, say)),
    ]
    lines += [
        f"![{say('area_title')}](areas.svg)",
        "",
        *(f"**{line}**\n" for line in _cited(told, say)),
        _tested(told, say),
        "",
    ]
    lines += [
        say("case_limits"),
        "",
        f"![{say('legend', cell=say.number(told['map']['cell']))}](shares.svg)",
        "",
    ]
    return {
        "results.json": json.dumps(told, ensure_ascii=False, indent=1) + "\n",
        "shares.svg": picture,
        "areas.svg": drawn,
        "page.md": "\n".join(lines),
    }


def _how(told: Mapping[str, Any], say: Voice) -> list[str]:
    train, land = told["train"], told["land"]
    return [
        say(
            "case_split", train=say.number(train["series"]), tp=say.number(train["places"]), frame=say.number(land["pixels"]),
            year=_season(told), area=say.number(land["area"]),
        ),
        say("case_drawn", n=told["points"], seed=told["seed"], h=len(told["strata"])),
    ]  # fmt: skip


def _areas(told: Mapping[str, Any], say: Voice) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    heads = ("class", "estimate", "interval", "helped", "counted", "truth", "covers")
    for i, name in enumerate(heads):
        table.add_column(say(name), justify="left" if i == 0 else "right")
    for a in told["areas"]:
        holds = a["low"] <= a["truth"] <= a["high"]
        table.add_row(
            a["class"], say.number(a["area"]), say("to", low=say.number(a["low"]), high=say.number(a["high"])),
            # as in `area estimate`: where hits or misses are few, Wald's interval does not hold
            say("few") if a["few"] else f"{say.number(a['helped'])} ± {say.number(1.96 * a['helped_se'])}",
            say.number(a["counted"]), say.number(a["truth"]),
            say("yes" if holds else "no"),
        )  # fmt: skip
    return table


def _tested(told: Mapping[str, Any], say: Voice) -> str:
    parts = [
        say(
            "case_class", cls=name, covers=say.percent(c["covers"], 0), rmse=say.number(c["rmse"]),
            helped=say.number(c["helped_rmse"]), off=say.number(abs(c["counted_off"])),
        )
        for name, c in told["coverage"].items()
    ]  # fmt: skip
    return say("case_tested", draws=say.number(told["draws"]), classes="; ".join(parts))


def _cited(told: Mapping[str, Any], say: Voice) -> list[str]:
    return [
        say(
            "cite", cls=a["class"], year=_season(told), area=say.number(a["area"]), low=say.number(a["low"]), high=say.number(a["high"]),
            n=told["points"], frame=told["land"]["pixels"], h=len(told["strata"]), who=told["publisher"],
            kind=told["model"]["kind"], model=told["model"]["model"][:12],
        )
        for a in told["areas"]
        if a["area"] > 0
    ]  # fmt: skip


def _season(told: Mapping[str, Any]) -> str:
    return f"{told['season']['from'][:7]} - {told['season']['to'][:7]}"
