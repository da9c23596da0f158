"""How dates and periods are written in a language, as patterns made of its words."""

import re
from collections.abc import Iterator

from vereda.statements.language import Language
from vereda.statements.phrases import either

_DAY = r"(?P<{0}>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|º|o|ro)?"
_YEAR = r"(?P<{0}>(?:19|20)\d{{2}})"


_KEPT: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


def patterns(lang: Language) -> list[tuple[str, re.Pattern[str]]]:
    """Patterns of a language, the fullest first; compiled once."""
    if lang.code not in _KEPT:
        _KEPT[lang.code] = [(kind, re.compile(source)) for kind, source in _sources(lang)]
    return _KEPT[lang.code]


def _sources(lang: Language) -> Iterator[tuple[str, str]]:
    said = lang["dates"]
    longest: dict[str, str] = {}
    for name, number in lang["months"].items():  # "May" is whole with three letters
        longest[number] = max(longest.get(number, ""), name, key=len)
    full = [name for name in lang["months"] if len(name) > 4 or name in longest.values()]
    month = rf"(?P<m>{either(lang['months'])})\.?"
    both, to = either(said["and"]), either(said["from_to"])
    join, year = rf"\s*(?:-|\b(?:{both}|{to})\b)\s*", _YEAR.format("y")
    d, d1, d2 = (_DAY.format(n) for n in ("d", "d1", "d2"))
    of = r"\s+(?:de\s+|of\s+)?"
    years = [words for words, step in said["relative"].items() if step.startswith("year ")]
    months = [words for words, step in said["relative"].items() if step.startswith("month ")]
    ends = rf"(?P<ry>{either(years)})"
    to_year = rf"(?:(?:,\s*|\s+(?:de|del|of)\s+|\s+){year}|(?:,?\s+|\s+(?:de|del|of)\s+){ends})"
    yield "iso", r"\b(?P<y>(?:19|20)\d\d)-(?P<m>[01]\d)-(?P<d>[0-3]\d)\b"
    yield "slashed", rf"\b(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{year}\b"
    yield (
        "this_month",
        rf"\b{d1}(?:{join}(?:el\s+|the\s+)?{d2})?\s+(?:de|of)\s+(?P<r>{either(months)})\b",
    )
    yield "range", rf"\b{month}\s+{d1}{join}{d2}\b{to_year}?\b"
    yield "range", rf"\b{d1}{join}(?:el\s+|the\s+)?{d2}{of}{month}\b{to_year}?\b"
    yield "day", rf"\b{month}\s+{d}\b{to_year}?(?!\d)"
    yield "day", rf"\b{d}{of}{month}(?:\b|(?<=\.)){to_year}?"
    yield (
        "months",
        rf"\b(?P<m1>{either(full)}){join}(?P<m2>{either(full)})(?:{to_year}\b|\b)(?!\s+\d)",
    )
    closing = rf"\b(?P<all>(?:{either(said['end_of'])})\s+"
    yield "end_month", rf"{closing}(?P<m>{either(full)}){to_year})\b"
    yield "end_year", rf"{closing}{year})\b"
    yield "month", rf"\b(?P<m>{either(lang['months'])})\.?(?:,?\s+|\s+(?:de|del|of)\s+)(?:{year}|{ends})\b"
    yield "decade", rf"\b(?P<all>(?:{either(said['decades'])})\s*(?P<y>(?:19|20)?\d0)(?:s|'s)?)(?!\w)"
    yield "decade", r"\b(?P<y>(?:19|20)\d0)(?:'s|s)\b"
    yield "half", rf"\b(?P<h>{either(lang['halves'])})(?:{to_year}\b|\b)"
    yield "fiscal", rf"\b(?:{either(said['fiscal'])})\s*(?P<y>(?:19|20)\d\d|\d\d)\b"
    yield "years", rf"\b{_YEAR.format('y1')}(?:\s*[-/]\s*|\s+(?:{both})\s+){_YEAR.format('y2')}\b"
    yield "vague", rf"\b(?P<all>{either(said['vague'])})\b"
    yield "relative", rf"\b(?P<r>{either(said['relative'])})\b"
    number = rf"(?P<n>\d{{1,3}}|{either(lang['numbers'])})"
    after = rf"{number}\s+(?:{either(said['spans'])})\s+(?:{either(said['after'])})(?:\s+(?:its|their|the|su|la|el))?\s+\w+"
    yield "after", rf"\b(?P<all>(?:{either(said['within'])})\s+{after})\b"
    yield (
        "within",
        rf"\b(?P<all>(?:{either(said['within'])})\s+{number}\s+(?P<u>{either(said['spans'])}))\b",
    )
    yield (
        "after",
        rf"\b(?P<all>{after})\b",
    )
    yield "after", rf"\b(?P<all>(?:{either(said['stretch'])})\s+{number}\s+(?:{either(said['spans'])}))\b"
    yield "after", rf"\b(?P<all>{number}\s+(?:{either(said['stretch'])})\s+(?:{either(said['spans'])}))\b"
    counted = rf"{number}\s+(?P<u>{either(said['spans'])})"
    before, behind = (either(said["ago"][side]) for side in ("before", "behind"))
    yield "ago", rf"\b(?:{before})\s+{counted}\b" if before else rf"\b{counted}\s+(?:{behind})\b"
    if said["part_of"]:
        yield "lone_year", rf"\b(?P<all>(?:{either(said['part_of'])})-{year})\b"
    if said["weeks"]:
        yield (
            "week_of",
            rf"\b(?:{either(lang['ordinals'])}|ultima)\s+(?:{either(said['weeks'])})\s+(?:of|de)\s+{month}(?:{to_year}\b|\b)",
        )
    day = rf"(?P<w>{either(lang['weekdays'])})"
    coming, gone, now = (either(said["weekday"][key]) for key in ("coming", "gone", "now"))
    yield (
        "weekday",
        rf"\b(?P<all>(?:(?:(?P<coming>{coming})|(?P<gone>{gone})|(?:{now}))\s+)?{day}(?:\s+(?:(?P<coming2>{coming})|(?P<gone2>{gone})))?)\b",
    )
    past = rf"(?:\s+(?P<past>{either(said['past_after'])}))?" if said["past_after"] else "(?P<past>$)?"
    cue = either(said["month_cues"])
    yield "bare_month", rf"\b(?:{cue})\s+(?P<all>(?P<m>{either(full)}){past})\b(?!\s+\d)"
    if said["year_articles"]:
        yield (
            "lone_year",
            rf"\b(?:{either(said['year_articles'])})\s+(?P<all>(?P<y>19\d\d|20[0-3]\d))\b(?=\s+[a-z]+\w*[^s\W]\b)",
        )
    yield (
        "lone_year",
        rf"(?:\b(?:{either(said['year_cues'])})\s+|\()(?P<all>{year})\b(?!\s*(?:ha|km|t)\b|[.,]\d|-\w)",
    )
