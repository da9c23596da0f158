"""vereda places: codes created, abolished, merged or split between two years; and who touches or lies near a place."""

import re
from pathlib import Path

from rich.table import Table
from rich.text import Text

from vereda.errors import BadRequest
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study
from vereda.sources.crosswalk import crosswalk, nearest
from vereda.terms.place import Gazetteer

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
    "nobody": ("none", "ninguno"),
    "corner": ("(a corner)", "(una esquina)"),
}  # fmt: skip


def word(name: str, lang: str, **said: object) -> str:
    """A word or sentence in the reader's language."""
    return WORDS[name][lang == "es"].format(**said)


def between(folder: Path, years: str, lang: str = "en") -> Reply:
    """Groups of codes that changed between two years, the rest counted."""
    if not (found := re.fullmatch(r"(\d{4})-(\d{4})", years)):
        raise BadRequest(f"--between takes two years like 2005-2024, and {years!r} are none.")
    study = Study(folder)
    then, now = found.groups()
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
        shown += _listed(word("touching", lang, vintage=vintage, dataset=dataset), names, lang)
        told |= {"touching": mine, "touching_on": vintage}
    for dataset, vintage in _editions(study, "places")[:1]:
        near = nearest(study.gazetteer, place, k)
        names = [f"{_named(study.gazetteer, [one.place])}, {one.km:.0f} km" for one in near]
        shown += _listed(word("nearest", lang, vintage=vintage, dataset=dataset), names, lang)
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


def _listed(head: str, names: list[str], lang: str) -> list[Text]:
    return [Text(head, style="bold"), *(Text(f"  {name}") for name in names or [word("nobody", lang)])]
