"""Sentences, numbers and days in the language of the reader; the site and the terminal say the same words."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from io import BytesIO
from math import floor, inf, isfinite, log10
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol

from vereda.errors import BadPeriod, BadRequest
from vereda.publication import effect_words, words
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.period import period

LOCALES = {"en": "en_US", "es": "es_CO"}
NAMES = {"en": "English", "es": "Español"}
HERE = Path(__file__).parent
_HOLE = re.compile(r"\{(\w+)\}")


@lru_cache
def catalogue(lang: str) -> Mapping[str, str]:
    """English text -> text in `lang`; empty for English."""
    if lang not in LOCALES:
        raise BadRequest(f"{lang!r} is not a language of this site. There are: {', '.join(LOCALES)}.")
    if lang == "en":
        return {}
    source = (HERE / "locale" / lang / "LC_MESSAGES" / "vereda.po").read_bytes()
    return {str(m.id): str(m.string) for m in read_po(BytesIO(source), locale=lang) if m.id and m.string}


def translate(text: str, lang: str) -> str:
    """The text in `lang`; as it stands where the catalogue does not have it."""
    return catalogue(lang).get(text, text)


def known(text: str, lang: str) -> bool:
    """Whether `text` can be said in `lang`."""
    return lang == "en" or text in catalogue(lang)


@lru_cache
def marks(lang: str) -> tuple[str, str]:
    """What stands between groups of three digits, and before decimals."""
    locale = Locale.parse(LOCALES[lang])
    return get_group_symbol(locale), get_decimal_symbol(locale)


def decimals(value: float, unit: str) -> int:
    """How many decimals a value of this unit is printed with."""
    if unit == "index":
        return 3
    if unit == "ratio":
        return 2
    size = abs(value)
    if value == round(value) and unit != "%":
        return 0
    return 0 if size >= 10_000 else 1 if size >= 1 else 2


def fine(figure: Figure) -> int:
    """How many decimals this figure is printed with: an effect as many as its interval bears, two digits of its half."""
    if not is_effect(figure):
        return decimals(figure.value or 0.0, figure.unit)
    half = (figure.high - figure.low) / 2 if figure.low is not None and figure.high is not None else 0.0
    return bearing(half) if 0 < half < inf else three(figure.value or 0.0)


def bearing(size: float) -> int:
    """Decimals that print two digits of a size; none above ten."""
    return min(6, max(0, 1 - floor(log10(abs(size))))) if size and isfinite(size) else 0


def three(size: float) -> int:
    """Decimals that print three digits of a size; four at most."""
    return min(4, max(0, 2 - floor(log10(abs(size))))) if size and isfinite(size) else 0


def is_effect(figure: Figure) -> bool:
    """Whether a figure is an estimated effect, which has a sign and an interval around it."""
    trace = figure.trace
    return trace.startswith(("effect@", "displaced@")) or (
        trace.startswith("finding@") and trace.endswith("~percent")
    )


def digits(value: float, lang: str, places: int = 0) -> str:
    """A bare number in the locale's form: 252,573 or 252.573."""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "?"
    group, point = marks(lang)
    rounded = round(value, places) + 0.0  # no minus before a zero
    written = f"{rounded:,.{places}f}".replace(",", "\0").replace(".", point).replace("\0", group)
    return written.replace("-", "−")


def exact(value: float, lang: str) -> str:
    """A number with its decimals, four at most, for traces: 252,572.9."""
    return digits(value, lang, len(f"{value:.4f}".rstrip("0").partition(".")[2]))


def unit(name: str, lang: str) -> str:
    """A unit as it is written after a number; that of an effect on another scale, or for each unit of a dose."""
    if name.endswith(" per ha/ha"):
        return fill(
            translate("{unit} per unit of dose", lang), {"unit": unit(name.removesuffix(" per ha/ha"), lang)}
        )
    if name.startswith("asinh "):
        return f"asinh({unit(name.removeprefix('asinh '), lang)})"
    if name.endswith("/1 000"):
        per = effect_words.TRANSFORMS["per_1000"]
        return f"{unit(name.removesuffix('/1 000'), lang)} {translate(per, lang)}"
    return translate(words.UNITS.get(name, name), lang)


def number(figure: Figure, lang: str, with_unit: bool = True, sign: bool = False) -> str:
    """A figure in words: "252,573 ha", "+47.3 %", or why there is none."""
    if figure.value is None:
        return banded(figure, lang, with_unit) or status(figure, lang)
    places = fine(figure)
    written = digits(figure.value, lang, places)
    if figure.status == "stated" and figure.low is not None and figure.high is not None:
        written = f"{digits(figure.low, lang)}–{digits(figure.high, lang)}"  # a target stated as a range
    elif figure.value and not round(figure.value, places) and not is_effect(figure):
        written = f"<{digits(10.0**-places, lang, places)}"
    elif sign and figure.value > 0:
        written = f"+{written}"
    after = unit(figure.unit, lang) if with_unit else ""
    return f"{written}\u00a0{after}" if after else written


def divided(figures: Iterable[Figure], lang: str, name: Callable[[str], str]) -> list[str]:
    """What rates were divided by, an edition a line: "Divided by Population: dane-population, edition 2023 (census of 2018)"."""
    lines = []
    for below in dict.fromkeys((f.denominator.series, f.denominator.source, f.denominator.vintage, f.denominator.census)
                               for f in figures if f.denominator is not None):  # fmt: skip
        series, source, vintage, census = below
        template = words.DIVIDED if census else words.DIVIDED_BY
        values = {
            "series": name(series),
            "source": source,
            "vintage": when(vintage, lang),
            "census": str(census),
        }
        lines.append(fill(translate(template, lang), values))
    return lines


def ranges(figures: Iterable[Figure], lang: str) -> list[str]:
    """The sentence beside figures of which some are ranges in place of a number; none where there is no range."""
    told = any(f.value is None and f.low is not None for f in figures)
    return [translate(words.FEW, lang)] if told else []


def banded(figure: Figure | Step, lang: str, with_unit: bool = True) -> str:
    """The range that stands in place of a number: 1–4 deaths; "" where there is none."""
    if figure.value is not None or figure.low is None or figure.high is None:
        return ""
    after = unit(figure.unit, lang) if with_unit else ""
    said = "–".join(digits(end, lang, decimals(end, figure.unit)) for end in (figure.low, figure.high))
    return f"{said}\u00a0{after}" if after else said


def interval(figure: Figure, lang: str) -> str:
    """The interval the estimator gives, "" where there is none."""
    if figure.value is None or (figure.low is None and figure.high is None):
        return ""
    if is_effect(figure):
        ends_of = {"low": figure.low, "high": figure.high}
        said = {k: "?" if v is None else digits(v, lang, fine(figure)) for k, v in ends_of.items()}
        return fill(translate("{low} to {high}", lang), said)
    ends = (
        "?" if end is None else digits(end, lang, decimals(end, figure.unit))
        for end in (figure.low, figure.high)
    )
    return "–".join(ends)


def p_value(p: float, lang: str) -> str:
    """A p-value: 0.21, 0.034, <0.001; with as many digits as keep it apart from 0.05, by which verdicts go."""
    if p < 0.001:
        return f"<{digits(0.001, lang, 3)}"
    places = 3 if p < 0.0995 else 2
    while p != 0.05 and round(p, places) == 0.05 and places < 7:
        places += 1
    return digits(p, lang, places)


def percent(share: float, lang: str) -> str:
    """A share in percent."""
    return f"{digits(100 * share, lang, 1)}\u00a0%"


def loose(value: float, lang: str) -> str:
    """A number of a diagnostic, of which nothing is known but its size: three digits."""
    if not isfinite(value) or value == round(value):
        return digits(value, lang)
    return digits(value, lang, three(value))


def status(figure: Figure, lang: str) -> str:
    """How the number came about, or why there is none."""
    return translate(words.STATUSES.get(figure.status, figure.status.replace("_", " ")), lang)


def state(name: str, lang: str) -> str:
    """The words of a verdict's chip."""
    for table in (words.STATES, words.METRICS, words.CHECKS, words.FLAGS, effect_words.GRADES):
        if name in table:
            return translate(table[name], lang)
    return name.replace("_", " ")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put the values into the {holes} of a translated template; an unknown hole stays visible."""
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]), template)


def say(message: Message, lang: str, show: Callable[[str, Figure | str | int], str] | None = None) -> str:
    """A message of the engine in `lang`. `show` renders each value; without it, plain text."""
    form = show or (lambda _, value: plain(value, lang))
    return fill(translate(message.text, lang), {k: form(k, v) for k, v in message.values.items()})


def plain(value: Figure | str | int, lang: str) -> str:
    """A value of a message as text."""
    if isinstance(value, Figure):
        return number(value, lang)
    if isinstance(value, int):
        return digits(value, lang)
    for table in (words.STATES, words.STATUSES):
        if value in table:
            return translate(table[value], lang)
    return when(value, lang) if re.fullmatch(r"(?:FY)?\d{4}[\d/Q-]*", value) else translate(value, lang)


@lru_cache(maxsize=8192)
def when(text: str, lang: str) -> str:
    """A period or day as people write it: 1 March 2018, September 2021, 2014 (T1); else as it stands."""
    try:
        span = period(text)
    except BadPeriod:
        return translate(text, lang)
    if "/" in text:
        first, second = text.split("/")
        if len(first) == len(second) == 10 and first[:7] == second[:7]:
            return f"{int(first[8:])}–{when(second, lang)}"
        return f"{when(first, lang)} – {when(second, lang)}"
    if re.fullmatch(r"\d{4}-\d{4}|FY\d{4}-FY\d{4}", text):
        return text.replace("-", "–")
    if len(text) == 10:
        return _day(span.start, "d MMMM y" if lang == "en" else "d 'de' MMMM 'de' y", lang)
    if len(text) == 7 and "Q" not in text:
        return _day(span.start, "MMMM y" if lang == "en" else "MMMM 'de' y", lang)
    if text.startswith("FY"):
        return text if lang == "en" else f"AF {text[2:]}"
    return text.replace("-Q", " Q" if lang == "en" else " T")


def _day(day: date, form: str, lang: str) -> str:
    return format_date(day, form, locale=LOCALES[lang])


#: The few fixed words of a locator or note, and how Spanish says them.
_HOW = {
    "only places with a mean of these years above": "solo lugares con una media de estos años superior a",
    "effects counted by residents: mean of these years, by place": "efectos contados por residentes: media de estos años, por lugar",
    "dose: divided by the mean of these years, by place": "dosis: dividida por la media de estos años, por lugar",
    "dose: sum of these years, by place": "dosis: suma de estos años, por lugar",
    "mean of these years, by place": "media de estos años, por lugar",
    "without a value in every year and covariate": "sin valor en todos los años y covariables",
    "with any of these places and years": "con cualquiera de estos lugares y años",
    "places of it are exposed in the plan": "de sus lugares están expuestos en el plan",
    "pairs of municipalities that touch": "pares de municipios que se tocan",
    "sum of the country, edition": "suma del país, edición",
    "no sum of the country is held": "no se tiene una suma del país",
    "the key of a cell": "la clave de una celda",
    "places in the panel": "lugares del panel",
    "of them exposed": "de ellos expuestos",
    "years of it": "años",
    "cells in all": "celdas en total",
    "with any place": "con cualquier lugar",
    "covariate": "covariable",
    "main specification": "especificación principal",
    "each ring of neighbours against places further away": "cada anillo de vecinos frente a lugares más lejanos",
    "absent from a table known to be incomplete in this year": "ausente de una tabla que se sabe incompleta ese año",
    "absent from the publisher's table: zero by its declaration": "ausente de la tabla del editor: cero, por su declaración",
    "expected narrowing of the 5-95 % interval if it were known exactly: an upper bound": "estrechamiento esperado del "
    "intervalo del 5 al 95 % si se conociera exactamente: una cota superior",
    "logarithmic mean of both totals times the logarithm of the ratio (LMDI)": "media logarítmica de ambos totales por el "
    "logaritmo de la razón (LMDI)",
    "mean over all orders in which the factors could have changed (Shapley)": "media sobre todos los órdenes en que los "
    "factores pudieron cambiar (Shapley)",
    "published production over the mean area of the two Decembers": "producción publicada sobre el área media de los dos diciembres",
    "published production over the area of the year": "producción publicada sobre el área del año",
    "area times factor, from end to end, with its rounding": "área por factor, de extremo a extremo, con su redondeo",
    "area times factor as printed, from end to end": "área por factor como se imprimió, de extremo a extremo",
    "mean area x ratio x factor / 1000, from end to end": "área media x razón x factor / 1000, de extremo a extremo",
    "published / (mean area x ratio)": "publicado / (área media x razón)",
    "published less the nearer end": "publicado menos el extremo más cercano",
    "factors in use, multiplied": "factores en uso, multiplicados",
    "what the implied areas have in common": "lo que tienen en común las áreas implícitas",
    "missing for the implied areas to meet": "lo que falta para que las áreas implícitas se encuentren",
    "joint area over the mean of two Decembers": "área conjunta sobre la media de dos diciembres",
    "first-order share of the variance": "parte de primer orden de la varianza",
    "total share of the variance": "parte total de la varianza",
    "base samples": "muestras base",
    "newest edition / first edition": "edición más nueva / primera edición",
    "B / H, of unlike things": "B / H, de cosas distintas",
    "S / H, as usually quoted": "S / H, como se suele citar",
    "actual / baseline": "valor / línea base",
    "baseline x (1 - cut)": "línea base x (1 - recorte)",
    "actual - target": "valor - meta",
    "after over before": "después sobre antes",
    "after less before": "después menos antes",
    "5, 50 and 95 % of": "5, 50 y 95 % de",
    "of the chain": "de la cadena",
    "the form": "la forma",
    "draws, seed": "sorteos, semilla",
    "no row: declared in the dataset's description": "sin fila: lo declara la descripción de los datos",
    "the publisher does not collect it here": "el editor no lo recoge aquí",
    "the place did not exist in that year": "el lugar no existía ese año",
    "more in none of them, known by department or country alone": "más en ninguno de ellos, conocidos solo por departamento o país",
    "not all places": "no todos los lugares",
    "are not covered by the publisher and are in no total": "no los cubre el editor y no están en ningún total",
    "few": "pocas personas",
    "census of": "censo de",
    "medium confidence": "confianza media",
    "high confidence": "confianza alta",
    "municipalities": "municipios",
    "districts": "distritos",
    "cantons": "cantones",
    "low confidence": "confianza baja",
    "preliminary": "preliminar",
    "incomplete": "incompleto",
    "paragraph": "párrafo",
    "measured": "medido",
    "computed": "calculado",
    "read on": "leído el",
    "licence": "licencia",
    "rounded": "redondeado",
    "column": "columna",
    "count of": "recuento de",
    "entries": "entradas",
    "sum of": "suma de",
    "sheet": "hoja",
    "bytes": "bytes",
    "page": "página",
    "rows added": "filas sumadas",
    "rows": "filas",
    "row": "fila",
    "by": "por",
}
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?) to (-?\d+(?:\.\d+)?)")
_FIXED = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, _HOW)) + r")(?!\w)")


@lru_cache(maxsize=65536)
def how(text: str, lang: str) -> str:
    """A locator or note of a step, its few fixed words translated."""
    if lang == "en" or not text or known(text, lang):
        return translate(text, lang)
    head, semicolon, ends = text.rpartition("; ")
    span = _SPAN.fullmatch(ends)
    if span and semicolon:  # a rule, and the interval it gives
        said = " a ".join(digits(float(end), lang, len(end.partition(".")[2])) for end in span.groups())
        return f"{how(head, lang)}; {said}"
    return _FIXED.sub(lambda word: _HOW[word[0]], text)
