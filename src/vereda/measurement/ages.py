"""How old the factors are: field work carried forward tells less each year, and after its declared life too little."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vereda.errors import BadDesign
from vereda.measurement.parameters import Parameter, ParameterSet
from vereda.measurement.quantities import QUANTITIES


@dataclass(frozen=True, slots=True)
class Age:
    """A factor in use in a year. age: years since its field work, None where none is known; below zero: taken back to
    a year before it. life: years declared for the quantity, None where none is declared."""

    parameter: Parameter
    year: int
    age: int | None
    life: int | None

    @property
    def warning(self) -> str:
        """What to tell the reader; "" where there is nothing to tell."""
        p = self.parameter
        if self.age is None:
            return f"{p.label}: no field work is known behind it ({p.locator})."
        if self.age < 0:
            return f"{p.label}: used for {self.year}, surveyed later, in {p.survey_year} ({p.locator})."
        if self.life is not None and self.age > self.life:
            return f"{p.label}: surveyed {self.age} years before {self.year}, declared good for {self.life} ({p.locator})."
        return ""


def factor_ages(
    held: ParameterSet, names: Sequence[str], year: int, life: Mapping[str, int]
) -> tuple[Age, ...]:
    """The age of every factor in use in a year, by region; life: years for which a quantity's field work is good."""
    if unknown := [n for n in (*names, *life) if n not in QUANTITIES]:
        raise BadDesign(f"No such quantities: {', '.join(unknown)}. There are: {', '.join(QUANTITIES)}.")
    used = {p: None for n in names for r in held.regions if (p := held.find(n, r, year))}
    return tuple(
        Age(p, year, None if p.survey_year is None else year - p.survey_year, life.get(p.name)) for p in used
    )
