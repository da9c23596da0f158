"""A profile as the text of a `source.yml`: what the file decides with its evidence above it, FILL-IN where it does not."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from vereda.pipeline.drafting_words import say, word
from vereda.sources import FILL_IN
from vereda.sources.profiling import Column, Figures, Profile, Proposed
from vereda.sources.profiling.headers import slug

MANY = 12  # columns of figures beyond which the draft reads none of them until a person says which
_BARE = re.compile(r"[^\W\d_][\w ()/.-]*[\w)]|[^\W\d_]|0|[1-9]\d*|\d{4}-\d{4}")
_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
_WIDTH = 108
_NO_DEFAULT = {"encoding": "utf-8", "delimiter": ",", "header_line": 1}


@dataclass(slots=True)
class Draft:
    """The lines of a draft, one under the other."""

    lang: str
    lines: list[str] = field(default_factory=list)

    def remark(self, text: str, depth: int = 0) -> None:
        """A comment, broken where the line ends."""
        lead = "  " * depth + "# "
        self.lines += [
            lead + line for line in wrap(" ".join(text.split()), _WIDTH - len(lead), break_on_hyphens=False)
        ]

    def because(self, proposed: Proposed, depth: int = 0) -> None:
        """What was seen, as comments."""
        for one in proposed.because:
            self.remark(say(one, self.lang), depth)

    def key(self, key: str, value: object = None, depth: int = 0) -> None:
        """One line `key: value`; without a value the key of a section."""
        said = "" if value is None else f" {quoted(value)}"
        self.lines.append(f"{'  ' * depth}{quoted(key)}:{said}")

    def proposed(self, key: str, proposed: Proposed, depth: int = 0) -> None:
        """A key with its evidence above it; FILL-IN where the file does not decide."""
        self.because(proposed, depth)
        self.key(key, proposed.value if proposed.decided else FILL_IN, depth)


def quoted(value: object) -> str:
    """A text as YAML reads it back: bare where it can be."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(quoted(one) for one in value)}]"
    text = str(value)
    bare = _BARE.fullmatch(text) and text.casefold() not in _WORDS
    return text if bare else json.dumps(text, ensure_ascii=False)


def draft(profile: Profile, file: str, sha256: str, lang: str = "en") -> str:
    """The text of a `source.yml` for the profiled file."""
    out = Draft(lang)
    out.remark(word("head", lang, file=file, sha256=sha256[:12], mark=FILL_IN))
    out.remark(word("read_all" if profile.opened.whole else "read_sample", lang, **read(profile)))
    _person(out, file)
    _written(out, profile)
    out.proposed("layout", profile.layout.layout)
    out.remark(word("ask_estimator", lang))
    out.key("estimator", FILL_IN)
    _place(out, profile)
    _period(out, profile)
    _series(out, profile)
    _numbers(out, profile)
    _ignore(out, profile)
    _end(out, profile)
    return "\n".join(out.lines) + "\n"


def read(profile: Profile) -> dict[str, object]:
    """How much of the file was profiled."""
    return {"rows": f"{profile.opened.rows:,}", "sample": f"{profile.opened.text.num_rows:,}"}


def _person(out: Draft, file: str) -> None:
    for key in ("title", "publisher", "address", "licence", "terms", "obtained"):
        out.remark(word(f"ask_{key}", out.lang))
        out.key(key, FILL_IN)
    out.key("file", file)
    out.remark(word("ask_vintage", out.lang))
    out.key("vintage", FILL_IN)


def _written(out: Draft, profile: Profile) -> None:
    for key, proposed in profile.opened.said.items():
        if key == "final_newline":
            continue
        if _NO_DEFAULT.get(key) == proposed.value:
            out.because(proposed)  # the reader's own default need not be said, its evidence may
        else:
            out.proposed(key, proposed)


def _place(out: Draft, profile: Profile) -> None:
    place = profile.place
    out.key("place")
    if place.column is None:
        out.proposed("column", place.said["column"], 1)
        out.remark(word("or_fixed", out.lang), 1)
        return
    out.proposed("column", place.said["column"], 1)
    for key in ("prefix", "width", "lost_zeros", "name", "parent"):
        if key in place.said and place.said[key].value != "":
            out.proposed(key, place.said[key], 1)
    _codes(out, profile)
    if place.known_as:
        out.remark(word("known_as", out.lang, places=len(place.known_as)), 1)
        out.key("known_as", depth=1)
        for code, names in place.known_as.items():
            out.remark(word("called", out.lang, code=code, names="; ".join(names)), 2)
            out.key(code, [f"{FILL_IN} {name}" for name in names], 2)
    if place.empty:
        out.remark(word("place_empty", out.lang, rows=place.empty), 1)
        out.key("when_empty", FILL_IN, 1)


def _codes(out: Draft, profile: Profile) -> None:
    """Texts of the place column that are no code: named by the gazetteer, or left to fill in."""
    place = profile.place
    listed = place.texts if place.by_name else dict.fromkeys(place.lines_unjoined)
    if not listed:
        return
    missing = len(place.lines_unjoined)
    if missing:
        out.remark(word("unjoined", out.lang, texts=missing, rows=sum(place.lines_unjoined.values())), 1)
    out.key("codes", depth=1)
    for text, code in sorted(listed.items(), key=lambda pair: (pair[1] is not None, pair[0])):
        if code is None:
            out.remark(word("rows", out.lang, rows=place.lines_unjoined.get(text, 0)), 2)
        out.key(text, f"{FILL_IN} {code}" if code and place.confirm else code or FILL_IN, 2)


def _period(out: Draft, profile: Profile) -> None:
    period = profile.period
    out.key("period")
    for key in ("columns", "column", "fixed", "prefix", "dates"):
        if key in period.said:
            out.proposed(key, period.said[key], 1)
    if period.codes:
        out.remark(word("odd_periods", out.lang, texts=len(period.codes)), 1)
        out.key("codes", depth=1)
        for text, meant in period.codes.items():
            out.key(text, meant or FILL_IN, 2)


def values(profile: Profile) -> tuple[Column, ...]:
    """Columns of figures that the draft reads; none of them where there are many, or one column a year."""
    found = () if profile.layout.layout.value == "wide" else profile.of("value")
    return () if len(found) > MANY else found


def _series(out: Draft, profile: Profile) -> None:
    read, apart = values(profile), profile.layout.series_from
    texts = [text for text in profile.texts if text.strip()]
    names = _names(read, texts)
    if apart is not None:
        out.because(apart)
        out.key("series_from")
        out.key("column", apart.value if apart.decided else FILL_IN, 1)
        if texts:
            out.key("codes", depth=1)
            for text in texts:
                out.key(text, slug(text), 2)
    for one in profile.seen:
        out.remark(say(one, out.lang))
    if profile.layout.layout.value != "wide":
        _value_columns(out, profile, read, bool(texts))
    unit = next((c for c in profile.columns if c.role == "unit"), None)
    if unit is not None:
        _unit_column(out, unit)
    out.remark(word("series_named", out.lang))
    out.key("series")
    for name, column in names or [(FILL_IN, None)]:
        out.key(name, depth=1)
        said = (
            unit.unit
            if unit is not None and unit.unit.decided
            else column.unit
            if column
            else _unit_of_years(profile)
        )
        out.proposed("unit", said, 2)
        out.remark(word("ask_name", out.lang), 2)
        out.key("name", FILL_IN, 2)
        if column is not None and not texts:
            _bounds(out, column)
        if column is not None and column.never_summed:
            out.remark(word("never_summed", out.lang), 2)


def _bounds(out: Draft, column: Column) -> None:
    figures = column.figures
    if figures is not None and figures.least is not None:
        out.remark(word("bounds", out.lang, least=f"{figures.least:.10g}", most=f"{figures.most:.10g}"), 2)


def _names(read: Sequence[Column], texts: Sequence[str]) -> list[tuple[str, Column | None]]:
    if texts:
        first = [(slug(text), read[0] if read else None) for text in texts]
        more = [(f"{slug(text)}.{slug(column.name)}", column) for column in read[1:] for text in texts]
        return list(dict([*first, *more]).items())
    return [(slug(column.name), column) for column in read]


def _unit_of_years(profile: Profile) -> Proposed:
    years = profile.of("year")
    return years[0].unit if years else Proposed()


def _value_columns(out: Draft, profile: Profile, read: Sequence[Column], several: bool) -> None:
    if not profile.of("value"):
        out.remark(word("no_figures", out.lang))
        out.key("each_row")
        out.key("series", FILL_IN, 1)
        return
    if not read:
        out.remark(word("many_figures", out.lang, columns=len(profile.of("value"))))
    out.key("values")
    for i, column in enumerate(read):
        series = "{}" if several and i == 0 else f"{{suffix: {quoted('.' + slug(column.name))}}}" if several else (
            f"{{series: {slug(column.name)}}}"
        )  # fmt: skip
        out.lines.append(f"  {quoted(column.name)}: {series}")
    if not read:
        out.lines.append(f"  {FILL_IN}: {{series: {FILL_IN}}}")


def _unit_column(out: Draft, unit: Column) -> None:
    out.because(unit.unit)
    out.key("unit_column")
    out.key("column", unit.name, 1)
    if unit.unit.decided:
        text = str(unit.unit.because[0].values["text"])
        out.key("codes", depth=1)
        out.key(text, unit.unit.value, 2)
    else:
        out.key("codes", depth=1)
        for text in unit_texts(unit):
            out.key(text, FILL_IN, 2)


def unit_texts(unit: Column) -> list[str]:
    """Different texts of a column of units."""
    return [str(text) for text in unit.texts if text.strip()]


def _numbers(out: Draft, profile: Profile) -> None:
    figured = [c for c in (*profile.of("year"), *values(profile)) if c.figures is not None]
    if not figured:
        return
    said = {c.name: _format(c.figures, out.lang) for c in figured if c.figures}
    common = Counter(tuple(lines) for lines in said.values()).most_common(1)[0][0]
    first = next(c for c in figured if tuple(said[c.name]) == common)
    out.remark(word("numbers", out.lang))
    out.key("numbers")
    out.remark(word("of_column", out.lang, column=first.name), 1)
    _column(out, "default", first, common)
    for column in figured:
        if tuple(said[column.name]) != common:
            _column(out, column.name, column, tuple(said[column.name]))


def _column(out: Draft, key: str, column: Column, lines: Sequence[str]) -> None:
    assert column.figures is not None
    out.because(column.figures.decimal, 1)
    for remark in _remarks(column.figures, out.lang):
        out.remark(remark, 1)
    out.lines.append(f"  {quoted(key)}: {{{', '.join(lines)}}}")


def _format(figures: Figures, lang: str) -> list[str]:
    lines = [f'decimal: "{figures.decimal.value}"' if figures.decimal.decided else f"decimal: {FILL_IN}"]
    lines += [f'thousands: "{figures.thousands}"'] if figures.thousands else []
    lines += [f"zero: {quoted(figures.zero)}"] if figures.zero else []
    lines += ["exponent: true"] if figures.exponent else []
    lines += [f"empty: {FILL_IN}"] if figures.empty else []
    lines += [f"{FILL_IN}: {quoted(tuple(figures.odd))}"] if figures.odd else []
    marked = tuple(f"{FILL_IN} {text}" for text in figures.sentinels)
    return [*lines, f"none: {quoted(marked)}"] if marked else lines


def _remarks(figures: Figures, lang: str) -> Iterator[str]:
    if figures.zero:
        yield word("dash_zero", lang, texts=", ".join(map(repr, figures.zero)))
    if figures.empty:
        yield word("empty", lang, cells=f"{figures.empty:,}")
    if figures.odd:
        yield word("odd", lang, texts=_counted(figures.odd))
    if figures.sentinels:
        yield word("sentinels", lang, texts=_counted(figures.sentinels))


def _counted(texts: Mapping[str, int]) -> str:
    return ", ".join(f"{text!r} ({count:,})" for text, count in texts.items())


def _ignore(out: Draft, profile: Profile) -> None:
    read = {column.name for column in values(profile)}
    left = [c for c in profile.columns if c.role == "value" and c.name not in read]
    rest = profile.of("again", "one_text", "row_number", "open")
    if not rest and not left:
        return
    out.remark(word("ignore", out.lang))
    out.key("ignore")
    for column in rest:
        for one in column.seen:
            if column.role == "open":
                out.remark(say(one, out.lang), 1)
        out.key(column.name, FILL_IN if column.role == "open" else say(column.seen[0], out.lang), 1)
    for i, column in enumerate(left):
        reason = f"&rest {FILL_IN}" if i == 0 else "*rest"
        out.lines.append(f"  {quoted(column.name)}: {reason}")


def _end(out: Draft, profile: Profile) -> None:
    period, lang = profile.period, out.lang
    out.key("covers")
    out.remark(word("ask_places", lang), 1)
    out.key("places", FILL_IN, 1)
    known = period.first is not None and period.last is not None
    if not known:
        out.remark(word("ask_years", lang), 1)
    span = f"{period.first}" if period.first == period.last else f"{period.first}-{period.last}"
    out.key("years", span if known else FILL_IN, 1)
    out.key("absent")
    zeros = sum(1 for c in profile.of("value", "year") if c.figures and c.figures.least == 0)
    out.remark(word("ask_absent", lang, zeros=zeros, columns=len(profile.of("value", "year"))), 1)
    out.key("means", FILL_IN, 1)
    out.key("why", FILL_IN, 1)
    out.key("expect")
    out.key("rows", profile.opened.rows, 1)
    if "final_newline" in profile.opened.said:
        out.proposed("final_newline", profile.opened.said["final_newline"], 1)
    out.remark(word("ask_totals", lang), 1)
