"""Who was exposed and with whom they were compared, on a map: diamonds, neighbours, donors by their weight."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from html import escape

from vereda.publication.maps import WIDTH, Field, graticule
from vereda.terms.place import Gazetteer

NAMED = 8  # so many exposed places still find room for their names


def effect_map(
    field: Field,
    gazetteer: Gazetteer,
    exposed: Collection[str],
    ring: Collection[str],
    weights: Mapping[str, tuple[float, str]],
    label: str,
    ground: str = "",
) -> str:
    """The map as SVG. weights: code -> weight and how it is written; ground: address of the outlines, or ""."""
    largest = max((w for w, _ in weights.values()), default=1.0) or 1.0
    sized = replace(field, largest=largest * 2)  # circles no larger than they need be
    under = f'<image href="{ground}" width="{WIDTH}" height="{field.height}"/>' if ground else ""
    near, donors, chosen, names = [], [], [], []
    for code in ring:
        if at := _seat(code, field, gazetteer):
            near.append(f"M{at[0] - 4:.1f} {at[1]}h8m-4-4v8")
    for code, (weight, said) in sorted(weights.items(), key=lambda pair: -pair[1][0]):
        if weight > 0 and (at := _seat(code, field, gazetteer)):
            title = f"<title>{escape(gazetteer.places[code].name)}: {escape(said)}</title>"
            donors.append(f'<circle cx="{at[0]}" cy="{at[1]}" r="{sized.radius(weight)}">{title}</circle>')
    for code in exposed:
        if at := _seat(code, field, gazetteer):
            size = 9 if len(exposed) <= NAMED else 5.5
            title = f"<title>{escape(gazetteer.places[code].name)}</title>"
            chosen.append(
                f'<path d="M{at[0]} {at[1] - size:.1f}l{size} {size}-{size} {size}-{size}-{size}z">{title}</path>'
            )
            if len(exposed) <= NAMED:
                names.append(_name(gazetteer.places[code].name, *at))
    return (
        f'<svg class="map who" role="img" aria-label="{escape(label, quote=True)}" viewBox="0 0 {WIDTH} {field.height}">'
        f'{under}{graticule(field)}<path class="near" d="{"".join(near)}"/><g class="bub">{"".join(donors)}</g>'
        f'<g class="exp">{"".join(chosen)}</g>{"".join(names)}</svg>'
    )


def _seat(code: str, field: Field, gazetteer: Gazetteer) -> tuple[float, float] | None:
    place = gazetteer.places.get(code)
    if place is None or place.lon is None or place.lat is None or not field.inside(place.lon, place.lat):
        return None
    return field.point(place.lon, place.lat)


def _name(name: str, x: float, y: float) -> str:
    short = name.split(" de ")[-1] if len(name) > 18 else name
    left = x > WIDTH * 0.62
    where = f'x="{x - 12 if left else x + 12:.1f}" y="{y + 4:.1f}" text-anchor="{"end" if left else "start"}"'
    return f'<text class="lab" {where}>{escape(short)}</text>'
