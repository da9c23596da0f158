"""What the name of a column says, in English and Spanish: a unit, a year, a share, an identifier, a coordinate.

A name is a publisher's word, not a measurement: it decides only what it says outright.
"""

import re

from vereda.terms.place import fold

_UNITS = (
    (re.compile(r"(?:^|[ _(/.])(?:ha|hectares?|hectareas?|has)(?:$|[ _)/.])"), "ha"),
    (re.compile(r"(?:^|[ _(/.])km_?(?:2|²)(?:$|[ _)/.])|areaoficialkm2"), "km2"),
    (re.compile(r"(?:^|[ _(/.])(?:kg|kilos?|kilogramos?|kilograms?)(?:$|[ _)/.])"), "kg"),
    (re.compile(r"(?:^|[ _(/.])km(?:$|[ _)/.])"), "km"),
    (re.compile(r"(?:^|[ _(/.])(?:usd|us\$)(?:$|[ _)/.])"), "USD"),
    (re.compile(r"%|(?:^|[ _(])(?:pct|percent|porcentaje|por ciento)(?:$|[ _)])"), "%"),
)
#: A scale, a base or a second unit beside the unit: the figure is not simply in that unit.
_NOT_PLAIN = re.compile(
    r"thousand|million|miles|millones|mil_|_bn|_m$|constant|_per_|_por_|/|_by_|per_?100|real"
)
_WHOLE = {
    "hectarea": "ha",
    "hectareas": "ha",
    "hectares": "ha",
    "ha": "ha",
    "kilogramo": "kg",
    "kilogramos": "kg",
    "kg": "kg",
}
_PERCENT = re.compile(r"^(?:porcentaje|percent|per cent|%)")
_YEAR = re.compile(
    r"(?:^|[ _])(?:years?|ano|anio|anno|annee|vigencia|periodo?|period|fiscal_?year|fecha(?:_?hecho)?|fecha|date|mes)(?:$|[ _])"
)
_FISCAL = re.compile(r"fiscal")
_UNIT_COLUMN = re.compile(r"(?:^|[ _])(?:unidad(?:es)?|unit|units)(?:$|[ _])")
_SHARE = re.compile(
    r"(?:^|[ _])(?:rate|tasa|pct|percent|porcentaje|share|part|participacion|index|indice|ratio|mean|media|median|promedio|"
    r"average|avg|density|densidad|cobertura|coverage|per|por_?\d+|percapita|stddev|ipm|temp)(?:$|[ _\d])|%|_per_|_pc_"
)
_IDENTIFIER = re.compile(r"^(?:id|fid|oid|objectid|gid|index|unnamed: 0|_id|:id)$|(?:^|[ _])id$|^id_")
_CODE = re.compile(
    r"cod|divipola|dane|mpio|muni|depto|dpto|depart|district|distrit|provinc|canton|ubigeo|adm|place|lugar|iso|country|pais"
)
_CALENDAR = re.compile(r"^(?:mes|month|dia|day|semana|week|trimestre|quarter|hora|hour)(?:$|_)")
_COORDINATE = re.compile(
    r"^(?:lat|lon|lng|long|latitud|longitud|latitude|longitude|coord.*|x|y|.*_(?:lon|lat))$"
)


def plain(name: str) -> str:
    """A header in lower case, without accents, its words parted by `_`; `averageMean` has two words."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[\s.-]+", "_", fold(parted)).strip("_")


def unit(name: str) -> str | None:
    """The unit that a header states outright."""
    said = plain(name)
    if _NOT_PLAIN.search(said):
        return None
    return next((unit for form, unit in _UNITS if form.search(said)), None)


def unit_word(text: str) -> str | None:
    """The unit that a cell of a column of units names."""
    said = fold(text)
    return _WHOLE.get(said) or ("%" if _PERCENT.match(said) else None)


def is_period(name: str) -> bool:
    """Whether a header says that its column holds years or days."""
    return bool(_YEAR.search(plain(name)))


def is_fiscal(name: str) -> bool:
    """Whether a header says that its years are fiscal years."""
    return bool(_FISCAL.search(plain(name)))


def is_unit(name: str) -> bool:
    """Whether a header says that its column holds units."""
    return bool(_UNIT_COLUMN.search(plain(name)))


def is_share(name: str) -> bool:
    """Whether a header names a share, a rate, a mean or an index, which no sum means anything of."""
    return bool(_SHARE.search(plain(name)))


def is_identifier(name: str) -> bool:
    """Whether a header names an identifier of rows."""
    return bool(_IDENTIFIER.search(plain(name)))


def is_coordinate(name: str) -> bool:
    """Whether a header names a coordinate."""
    return bool(_COORDINATE.match(plain(name)))


def is_code(name: str) -> bool:
    """Whether a header says that its column holds codes, or names a kind of place."""
    return bool(_CODE.search(plain(name)))


def is_calendar(name: str) -> bool:
    """Whether a header names a part of a year or a day."""
    return bool(_CALENDAR.match(plain(name)))


def slug(name: str) -> str:
    """An id made of a header."""
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_") or "value"
