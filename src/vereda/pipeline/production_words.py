"""What an answer about production says: templates whose Spanish stands in the catalogue of the publication."""

from collections.abc import Mapping

from vereda.terms.figure import Figure, Message, Step

SAYS = {
    "potential": "Potential, not actual: the cocaine there would be if every leaf of the year's coca were harvested and "
    "processed. It is not what was made, nor what was sold, nor what can be seized.",
    "national": "Factors by region are not held, so national ones are used; what is missing is listed.",
    "regional": "Computed region by region and added up.",
    "apart": "The areas of the regions add up to {total}; published for all of them together: {published}. The result is of "
    "the former.",
    "interval": "The interval holds what printed figures leave open: rounding, and how much area produced. The errors of "
    "area and yields are not printed, so the true value may well lie outside it.",
    "interval_given": "The interval holds the ranges given by hand, beside what printed figures leave open. It is as good as "
    "they are.",
    "not_computed": "It cannot be computed for {year}: parameters are missing, and none has a default.",
    "inside": "The published figure, {published}, lies inside what the factors in use give on this area, {expected}.",
    "outside": "The published figure, {published}, lies outside what the factors in use give on this area, {expected}. It "
    "rests on other factors than these: not the area alone changed.",
    "other_purity": "What was published for {year} is stated at the purity then used, and what is computed is pure: the two "
    "cannot be compared.",
    "not_published": "No figure published for {year} is held, so there is nothing to compare with.",
    "leaked": "The figure for {year} was not published by its owner; it became known through others.",
    "given": "Given by hand: {given}. Published figures stay as they are.",
    "change": "From {before} to {after}: {change}.",
    "area": "{part} ({share}) is a change of the area.",
    "growth": "{part} ({share}) is a change of a factor that was measured in the field in both years.",
    "re-measurement": "{part} ({share}) is a change of a factor that was not measured in the field in both years and all "
    "regions. That is re-measurement, not growth: when the field changed is not known.",
    "method": "{part} ({share}) is a step of method: the same cocaine, stated otherwise.",
    "no_field_work": "No field work is reported between the two.",
}
WARNINGS = {
    "no_field_work": "no field work is known behind it",
    "carried": "carried forward {years} years",
    "carried_too_long": "carried forward {years} years; held to be good for {life}",
    "surveyed_long_ago": "surveyed {years} years before; held to be good for {life}",
}
ASSUMES = {
    "double_counting": "No double counting is subtracted: no share of it is published.",
    "losses": "No losses are subtracted: none are published.",
    "domestic": "Seizures are those of the country's own forces, wherever they made them.",
    "balance": "There is no balance of the chemical: what lawfully came in that year is not held.",
    "base": "Base cannot be turned into hydrochloride: its purity and its yield are not held. The ratio is of unlike things.",
}
DEFINITIONS = {
    "seized_over": "S (1 - d) p / H: seized, less what two services count, at purity p, over potential",
    "base_over": "B q h (1 - d) / H: base as hydrochloride, over potential; never added to the ratio of hydrochloride",
    "available": "H - S p - losses: potential less seizures at their purity, less losses; below zero is said, never cut",
    "need": "H k: potential times the chemical for a kilogram; an upper bound, because other chemicals can replace it",
    "supplied": "H k over what lawfully came in: above 100 % the supply cannot have been enough by itself",
    "net": "E (1 - r): eradicated hectares that stayed without coca; both publishers of r have an interest in it",
    "pledge": "baseline (1 - cut) against what came, for every baseline and every edition",
}
FACTORS = {
    "area": "area",
    "yield": "cocaine of a hectare, as the published figures imply it",
    "leaf": "fresh leaf of a hectare, as the published figures imply it",
    "conversion": "cocaine from a tonne of leaf, as the published figures imply it",
    "method": "step of purity",
}


class Ways:
    """The way back of every number that is computed for an answer, by its key."""

    def __init__(self, place: str, when: str, estimator: str) -> None:
        self.place, self.when, self.estimator = place, when, estimator
        self.steps: dict[str, Step] = {}

    def figure(
        self, what: str, value: float | None, unit: str, how: str, inputs: Mapping[str, Figure] | tuple[Figure, ...] = (),
        low: float | None = None, high: float | None = None, status: str = "",
    ) -> Figure:  # fmt: skip
        """A computed number with its way back; without a value, the status says why."""
        if low == high:
            low = high = None  # no width, no interval
        key = f"production@{self.place}:{self.when}~{self.estimator}~{what}"
        behind = tuple(inputs.values()) if isinstance(inputs, Mapping) else inputs
        parts = tuple(Step(_kind(f), f.trace, "", f.trace, f.value, f.unit) for f in dict.fromkeys(behind))
        if low is not None and high is not None and value is not None:
            how = f"{how}; {low:.6g} to {high:.6g}"
        self.steps[key] = Step("production", what.replace("_", " "), how, key, value, unit, inputs=parts)
        state = status or ("not_computed" if value is None else "computed")
        return Figure(value, unit, key, low, high, state, self.place, self.when, self.estimator)


def _kind(figure: Figure) -> str:
    head = figure.trace.partition("@")[0]
    return head if head in {"production", "parameter"} else "observation"


def message(name: str, **values: Figure | str | int) -> Message:
    """A sentence of SAYS with its values."""
    return Message(SAYS[name], values)
