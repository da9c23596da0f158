"""vereda relate: how statements hang together and with the register, and their sums beside stored figures; proposals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.text import Text

from vereda import statements
from vereda.errors import BadRequest
from vereda.pipeline.desk import Desk
from vereda.pipeline.path import _desk, _ingest
from vereda.pipeline.reading import gazetteer, opened
from vereda.pipeline.reply import Reply
from vereda.pipeline.study import Study, reconciled
from vereda.publication.text import digits
from vereda.statements.relating import (
    WITHIN,
    End,
    Held,
    Known,
    Read,
    Tie,
    amounts,
    stems,
    ties,
    trained,
    turned,
)
from vereda.store import Store
from vereda.terms.cooperation import Register
from vereda.terms.figure import Figure
from vereda.terms.relation import Contrast
from vereda.terms.statement import Candidate

WORDS: dict[str, tuple[str, str]] = {
    "proposed": ("Proposed links ({n}): a person decides", "Vínculos propuestos ({n}): decide una persona"),
    "none": ("No link is proposed.", "No se propone ningún vínculo."),
    "supersedes": ("supersedes", "reemplaza"),
    "fulfils": ("fulfils", "cumple"),
    "reaffirms": ("reaffirms", "reafirma"),
    "narrows": ("narrows", "precisa"),
    "contradicts": ("contradicts", "contradice"),
    "cue": ("by the words “{shared}”", "por las palabras «{shared}»"),
    "named": ("the clause names it", "la cláusula lo nombra"),
    "same_topic": ("same parties, same topics: {shared}", "mismas partes, mismos temas: {shared}"),
    "words": ("words in common: {shared}", "palabras en común: {shared}"),
    "places": ("places inside those of the older: {shared}", "lugares dentro de los del anterior: {shared}"),
    "count": ("{shared}", "{shared}"),
    "sum": ("{shared}", "{shared}"),
    "sums": ("Sums beside what is held ({n})", "Cantidades junto a lo que se tiene ({n})"),
    "agrees": ("agrees with {figure}", "coincide con {figure}"),
    "differs": ("differs from {figure}", "difiere de {figure}"),
    "nothing": ("nothing is held to compare it with", "no se tiene nada con qué compararla"),
    "contrast": ("the register sets it beside another, {id}: {sides}", "el registro la contrasta, {id}: {sides}"),
    "figure": ("{value} {unit}, {series}, {period}, {estimator}", "{value} {unit}, {series}, {period}, {estimator}"),
    "next": (
        "What you accept goes to relations.yml, with a gist in your words: --yaml prints the entries.",
        "Lo que usted acepte va a relations.yml, con un resumen en sus palabras: --yaml imprime las entradas.",
    ),
}  # fmt: skip
LANGUAGES = ("en", "es")
UNITS = {"people": "persons", "boats": "vessels"}  # of statements, as figures are held


@dataclass(frozen=True, slots=True)
class Beside:
    """A sum of a text, the nearest figure held of the same thing (None where nothing is), and a contrast of the register
    that sets the passage beside another."""

    text: int
    sum: Candidate
    figure: Figure | None
    agrees: bool
    contrast: Contrast | None = None


def relate(
    files: Sequence[Path],
    case: Path,
    build: Path,
    dates: Mapping[str, str],
    lang: str = "en",
    as_yaml: bool = False,
) -> Reply:
    """Links between the texts and to the register, and sums beside figures. dates: by name of the file, where it bears none."""
    strange = sorted(set(dates) - {f.name for f in files})
    if strange:
        raise BadRequest(
            f"--date names {strange[0]}, which is none of the files. Write --date NAME=2021-09-30."
        )
    study = reconciled(case)
    texts = [_read(file, case, study.register, dates.get(file.name)) for file in files]
    with Store.open(build / study.register.case.id) as store:
        _ingest(study, store)
        desk = _desk(study, store, study.register.case.as_of)
        beside = [b for n, text in enumerate(texts) for b in sums(n, text, desk, study)]
    found = ties(texts, held(study.register), known(study.register))
    if as_yaml:
        entries = [_entry(t, i, texts) for i, t in enumerate(found, 1)]
        told = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
        return Reply((Text(told),), _json(found, beside, texts))
    return Reply(tuple(_shown(found, beside, texts, lang)), _json(found, beside, texts))


def _read(file: Path, case: Path, register: Register, date: str | None) -> Read:
    """A text with its candidates; one that the register has bears its reference and day."""
    plain = opened(file)
    mine = next((t for t in register.texts if t.sha256 == plain.sha256), None)
    day = date or (mine.date if mine and mine.date and len(mine.date) == 10 else None)
    document = opened(file, date=day) if day else plain
    found = statements.extract(document, statements.vocabulary(case), gazetteer(case))
    return Read(document, found, f"text/{mine.id}" if mine else "")


def held(register: Register) -> tuple[Held, ...]:
    """Counts of the register: targets that are levels or ranges, and figures on training."""
    found = []
    for c in register.commitments:
        t = c.target
        if t is not None and t.rule in ("level", "between"):
            low, high = (t.low, t.high) if t.rule == "between" else (t.value, t.value)
            if low is not None and high is not None:
                found.append(Held(f"commitment/{c.id}", c.gist.model_dump(), low, high, t.unit))
    for u in register.trainings:
        words = {lang: f"{u.group.say(lang)} {trained(lang)}" for lang in LANGUAGES}
        unit = "people" if u.unit == "persons" else u.unit
        found.append(Held(f"training/{u.id}", words, u.value, u.value, unit))
    return tuple(found)


def known(register: Register) -> tuple[Known, ...]:
    """Instruments and meetings: names, what they say, since when."""
    found = []
    for i in register.instruments:
        words = {lang: f"{i.name.say(lang)} {i.content.say(lang)}" for lang in LANGUAGES}
        found.append(Known(f"instrument/{i.id}", i.name.model_dump(), words, i.start))
    forums = {f.id: f.name for f in register.forums}
    for m in register.meetings:
        name = {lang: forums[m.forum].say(lang) if m.forum in forums else "" for lang in LANGUAGES}
        words = {lang: f"{name[lang]} {m.outcome.say(lang) if m.outcome else ''}" for lang in LANGUAGES}
        found.append(Known(f"meeting/{m.id}", name, words, m.date))
    return tuple(found)


def sums(number: int, text: Read, desk: Desk, study: Study) -> Iterator[Beside]:
    """Each sum of a text with the nearest figure of a series that has words of its sentence in its name."""
    lang, case = text.document.lang, study.register.case
    for c, sentence in amounts(text):
        value, unit = turned(c)
        unit = UNITS.get(unit, unit)
        words = stems(sentence, lang, c.payload["unit"])
        years = _years(text, c, sentence)
        places = [
            link.removeprefix("place:")
            for o in text.candidates
            if o.kind == "place" and o.quote in sentence
            for link in o.links
        ] or [case.country]
        figures = [
            f
            for series, name in case.series.items()
            if words.keys() & stems(name.say(lang), lang, "").keys()
            for place in dict.fromkeys(p for p in places if p in study.gazetteer)
            for year in years
            for f in desk.candidates(series, place, year)
            if f.unit == unit and f.value is not None
        ]
        nearest = min(figures, key=lambda f: abs((f.value or 0.0) - value), default=None)
        close = nearest is not None and abs((nearest.value or 0.0) - value) <= WITHIN * max(
            value, nearest.value or 0.0
        )
        yield Beside(number, c, nearest, close, _contrast(text, c, study.register))


def _contrast(text: Read, c: Candidate, register: Register) -> Contrast | None:
    """The contrast of the register in which this passage is a side."""
    said_in = text.ref.removeprefix("text/")
    return next(
        (
            one
            for one in register.contrasts
            for side in one.sides
            if side.span is not None
            and side.span.said_in == said_in
            and side.span.chars[0] < c.end
            and c.start < side.span.chars[1]
        ),
        None,
    )


def _years(text: Read, c: Candidate, sentence: str) -> list[str]:
    """Years that the sentence of a sum says; else that of the text."""
    said = {
        str(d.payload["value"])[:4] for d in text.candidates
        if d.kind == "date" and str(d.payload["value"])[:4].isdigit() and d.quote in sentence and abs(d.start - c.start) < len(sentence)
    }  # fmt: skip
    return sorted(said) or ([text.document.date[:4]] if text.document.date else [])


# Shown -----------------------------------------------------------------------------------------------------------


def _shown(found: Sequence[Tie], beside: Sequence[Beside], texts: Sequence[Read], lang: str) -> Iterator[Any]:
    def say(word: str, **values: object) -> str:
        return WORDS[word][lang == "es"].format(**values)

    yield Text(say("proposed", n=len(found)) if found else say("none"), style="bold")
    for t in found:
        line = Text.assemble(
            (f"  {say(t.relation)}  ", "cyan"),
            (_end(t.newer, texts), ""),
            ("  →  ", "dim"),
            (_end(t.older, texts), ""),
        )
        yield line
        yield Text(f"      {say(t.why, shared=', '.join(t.shared))}", style="dim")
    if beside:
        yield Text(f"\n{say('sums', n=len(beside))}", style="bold")
    for b in beside:
        how = "nothing" if b.figure is None else "agrees" if b.agrees else "differs"
        told = "" if b.figure is None else say(
            "figure", value=digits(b.figure.value or 0.0, lang), unit=b.figure.unit, series=b.figure.trace.partition("@")[0],
            period=b.figure.period, estimator=b.figure.estimator,
        )  # fmt: skip
        yield Text(f"  “{b.sum.quote}”  {say(how, figure=told)}", style="yellow" if how == "differs" else "")
        if b.contrast is not None:
            sides = " / ".join(side.text.say(lang) for side in b.contrast.sides)
            yield Text(f"      {say('contrast', id=b.contrast.id, sides=sides)}", style="dim")
    if found:
        yield Text(f"\n{say('next')}", style="dim")


def _end(end: End, texts: Sequence[Read]) -> str:
    if end.text < 0:
        return end.ref
    document = texts[end.text].document
    quote = " ".join(document.text[end.start : end.end].split())
    return (
        f"{end.ref or document.name} “{quote[:120]}{'…' if len(quote) > 120 else ''}” [{end.start}-{end.end}]"
    )


def _entry(tie: Tie, number: int, texts: Sequence[Read]) -> dict[str, Any]:
    """As relations.yml has it; the gist is left to the person who accepts it."""
    spans = [s for end in (tie.newer, tie.older) if end.text >= 0 for s in [_passage(end, texts)] if s]
    fill = {"en": "FILL-IN", "es": "FILL-IN"}
    said: dict[str, Any] = {"id": f"proposed-{number}", "relation": tie.relation, "newer": _ref(tie.newer, texts), "older": _ref(tie.older, texts), "gist": fill}  # fmt: skip
    return said | ({"spans": spans} if spans else {})


def _ref(end: End, texts: Sequence[Read]) -> str:
    return end.ref or f"FILL-IN ({texts[end.text].document.name})"


def _passage(end: End, texts: Sequence[Read]) -> dict[str, Any] | None:
    document = texts[end.text].document
    if not end.ref.startswith("text/"):
        return None
    return {"said_in": end.ref.removeprefix("text/"), "chars": [end.start, end.end], "quote": statements.digest(document.text[end.start : end.end])}  # fmt: skip


def _json(found: Sequence[Tie], beside: Sequence[Beside], texts: Sequence[Read]) -> dict[str, Any]:
    def end(e: End) -> dict[str, Any]:
        if e.text < 0:
            return {"entry": e.ref}
        d = texts[e.text].document
        quote = d.text[e.start : e.end]
        return {
            "entry": e.ref or None,
            "document": d.sha256,
            "start": e.start,
            "end": e.end,
            "quote_sha256": statements.digest(quote),
            "text": quote,
        }

    return {
        "links": [{"relation": t.relation, "newer": end(t.newer), "older": end(t.older), "why": t.why, "shared": list(t.shared)} for t in found],
        "sums": [
            {"document": texts[b.text].document.sha256, "start": b.sum.start, "end": b.sum.end, "text": b.sum.quote, "value": turned(b.sum)[0],
             "unit": turned(b.sum)[1], "held": None if b.figure is None else {"value": b.figure.value, "unit": b.figure.unit, "trace": b.figure.trace}, "agrees": b.agrees,
             "contrast": b.contrast.id if b.contrast else None}
            for b in beside
        ],
    }  # fmt: skip
