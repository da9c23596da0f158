"""vereda places: codes created, abolished, merged or split between two years; and who touches or lies near a place."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from vereda.errors import BadRequest
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study, reconciled
from vereda.publication.text import digits
from vereda.sources.crosswalk import crosswalk, nearest
from vereda.store import Store
from vereda.terms.figure import Figure
from vereda.terms.place import Gazetteer
from vereda.terms.unit import adds_up

WORDS: dict[str, tuple[str, str]] = {
    "what": ("What", "Qué"),
    "then": ("Codes of {year}", "Códigos de {year}"),
    "now": ("Codes of {year}", "Códigos de {year}"),
    "split": ("split", "dividido"),
    "merged": ("merged", "fusionado"),
    "created": ("created", "creado"),
    "abolished": ("abolished", "suprimido"),
    "redrawn": ("redrawn", "redibujado"),
    "same": (
        "{many} other places have the same code in both years.",
        "Otros {many} lugares tienen el mismo código en ambos años.",
    ),
    "rule": (
        "Series stay on the boundaries they were measured on. To compare the two years, add up each line; nothing is shared out.",
        "Las series quedan en los límites en que se midieron. Para comparar los dos años, sume cada renglón; nada se reparte.",
    ),
    "lists": ("List of places: {lists}.", "Lista de lugares: {lists}."),
    "touching": ("Touching, on the boundaries of {vintage} ({dataset})", "Colindantes, en los límites de {vintage} ({dataset})"),
    "nearest": ("Nearest seats, of the list of {vintage} ({dataset})", "Cabeceras más cercanas, de la lista de {vintage} ({dataset})"),
    "summed": (
        "{series}, {unit}, summed over each line in both years ({estimator}, edition {vintage}). A line without a figure for every place has none.",
        "{series}, {unit}, sumado en cada renglón en ambos años ({estimator}, edición {vintage}). Un renglón sin cifra de cada lugar no tiene suma.",
    ),
    "rivals": ("several editions: see --json", "varias ediciones: véase --json"),
    "of": ("{series} {year}", "{series} {year}"),
    "nobody": ("none", "ninguno"),
    "undrawn": ("not known: it is not on these boundaries", "no se sabe: no está en estos límites"),
    "unseated": ("not known: the list of places has no seat of it", "no se sabe: la lista de lugares no tiene su cabecera"),
    "corner": ("(a corner)", "(una esquina)"),
}  # fmt: skip


def word(name: str, lang: str, **said: object) -> str:
    """A word or sentence in the reader's language."""
    return WORDS[name][lang == "es"].format(**said)


def _years(years: str) -> tuple[str, str]:
    if not (found := re.fullmatch(r"(\d{4})-(\d{4})", years)):
        raise BadRequest(f"--between takes two years like 2005-2024, and {years!r} are none.")
    return found[1], found[2]


def between(folder: Path, years: str, lang: str = "en") -> Reply:
    """Groups of codes that changed between two years, the rest counted."""
    then, now = _years(years)
    study = Study(folder)
    crossings = crosswalk(study.gazetteer, int(then), int(now))
    changed = [one for one in crossings if one.what != "same"]
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for head in (word("what", lang), word("then", lang, year=then), word("now", lang, year=now)):
        table.add_column(head, overflow="fold")
    for one in changed:
        table.add_row(
            word(one.what, lang), _named(study.gazetteer, one.then), _named(study.gazetteer, one.now)
        )
    said = (
        word("same", lang, many=len(crossings) - len(changed)), word("rule", lang),
        word("lists", lang, lists=", ".join(f"{n} {v}" for n, v in _editions(study, "places"))),
    )  # fmt: skip
    json = {"then": then, "now": now, "groups": [{"what": c.what, **c._asdict()} for c in changed]}
    return Reply((table, *(Text(line) for line in said)), json)


def summed(folder: Path, build: Path, years: str, series: str, lang: str = "en") -> Reply:
    """The same groups with a series added up in both years, so that places that changed can be compared."""
    from vereda.pipeline.path import (
        _desk,
        _ingest,
        _names,
    )  # it loads the store, which the codes alone do not need

    then, now = _years(years)
    study = reconciled(folder)
    groups = [
        c
        for c in crosswalk(study.gazetteer, int(then), int(now))
        if c.what not in ("same", "created", "abolished")
    ]
    with Store.open(build / study.register.case.id) as store:
        _ingest(study, store)
        desk = _desk(study, store, study.register.case.as_of)
        desk.known(series)
        found = {
            (code, year): figure
            for group in groups
            for codes, year in ((group.then, then), (group.now, now))
            for code in codes
            if (figure := desk.best(series, code, year)) is not None
        }
    units = {f.unit for f in found.values()}
    if any(not adds_up(unit) for unit in units):
        raise BadRequest(
            f"{series} is in {', '.join(sorted(units))}, and such figures have no sum. Ask for a count or an area."
        )
    sums = [(g, common_ground(found, g.then, then), common_ground(found, g.now, now)) for g in groups]
    name = _names(study, lang).get(series, series)
    table = Table(box=None, pad_edge=False, header_style="bold dim", padding=(0, 2, 0, 0))
    for year, head in ((then, "then"), (now, "now")):
        table.add_column(word(head, lang, year=year), overflow="fold")
        table.add_column(word("of", lang, series=name, year=year), justify="right")
    for group, first, second in sums:
        table.add_row(
            _named(study.gazetteer, group.then),
            _told(first, lang),
            _named(study.gazetteer, group.now),
            _told(second, lang),
        )
    made = sorted({(f.estimator, f.vintage) for f in found.values()})
    one = made[0] if len(made) == 1 else (word("rivals", lang), "–")
    said = word(
        "summed", lang, series=name, unit=", ".join(sorted(units)) or "–", estimator=one[0], vintage=one[1]
    )
    told = [{"then": g.then, "now": g.now, "what": g.what, then: _ends(a), now: _ends(b)} for g, a, b in sums]
    json = {"series": series, "then": then, "now": now, "made_by": made, "groups": told}
    return Reply((table, Text(said), Text(word("rule", lang))), json)


def common_ground(
    found: Mapping[tuple[str, str], Figure], codes: Sequence[str], year: str
) -> tuple[float, float] | None:
    """Least and most of the sum over a group in a year, the same where every figure is printed; None where one is missing.

    Nothing is divided: a group is summed, never a mother shared out.
    """
    low = high = 0.0
    for code in codes:
        figure = found.get((code, year))
        if figure is None or (figure.value is None and figure.low is None):
            return None
        low += figure.low if figure.value is None else figure.value  # type: ignore[operator]
        high += figure.high if figure.value is None else figure.value  # type: ignore[operator]
    return low, high


def _told(ends: tuple[float, float] | None, lang: str) -> str:
    if ends is None:
        return word("nobody", lang)
    low, high = (digits(end, lang) for end in ends)
    return low if low == high else f"{low}–{high}"


def _ends(ends: tuple[float, float] | None) -> object:
    return None if ends is None else ends[0] if ends[0] == ends[1] else list(ends)


def around(folder: Path, place: str, k: int, lang: str = "en") -> Reply:
    """Who touches a place, and the k whose seats are nearest, each with the edition it is known from."""
    study = Study(folder)
    study.gazetteer.get(place, "--near")
    shown: list[Text] = []
    told: dict[str, object] = {"place": place}
    for dataset, vintage in _editions(study, "adjacency"):
        pairs = study.batches[dataset].observations.to_pylist()
        mine = {
            b if a == place else a: row["contact"]
            for row in pairs
            for a, b in [(row["a"], row["b"])]
            if place in (a, b)
        }
        names = [
            _named(study.gazetteer, [code]) + (f" {word('corner', lang)}" if contact == "point" else "")
            for code, contact in sorted(mine.items())
        ]
        drawn = bool(mine) or _drawn(study.gazetteer, place, vintage)
        none = word("nobody" if drawn else "undrawn", lang)
        shown += _listed(word("touching", lang, vintage=vintage, dataset=dataset), names, none)
        told |= {"touching": mine if drawn else None, "touching_on": vintage}
    for dataset, vintage in _editions(study, "places")[:1]:
        seated = study.gazetteer.get(place).lon is not None
        near = nearest(study.gazetteer, place, k) if seated else ()
        names = [f"{_named(study.gazetteer, [one.place])}, {one.km:.0f} km" for one in near]
        none = word("nobody" if seated else "unseated", lang)
        shown += _listed(word("nearest", lang, vintage=vintage, dataset=dataset), names, none)
        told |= {"nearest": [one._asdict() for one in near], "nearest_on": vintage}
    return Reply(tuple(shown), told)


def _editions(study: Study, kind: str) -> list[tuple[str, str]]:
    """Datasets of a kind that are held, and the edition of each."""
    return [
        (name, batch.vintage.name)
        for name, batch in study.batches.items()
        if study.descriptions[name].kind == kind
    ]


def _named(gazetteer: Gazetteer, codes: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"{code} {gazetteer.get(code).name}" for code in codes) or "–"


def _drawn(gazetteer: Gazetteer, place: str, vintage: str) -> bool:
    """Whether boundaries of that year have the place: a code of the finest level that was valid then."""
    one, year = gazetteer.get(place), int(vintage[:4])
    held = (one.since or year) <= year <= (one.until or year)
    return held and one.level in gazetteer.finest


def _listed(head: str, names: list[str], none: str) -> list[Text]:
    return [Text(head, style="bold"), *(Text(f"  {name}") for name in names or [none])]
